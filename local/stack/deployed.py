"""A deployed stack as the commands see it: its outputs and clients for it, here or in an account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.stack.errors import StackError
from local.stack.running import load

if TYPE_CHECKING:
    from pathlib import Path


class Deployed(Protocol):
    """What a command needs of a stack."""

    @property
    def outputs(self) -> Mapping[str, str]:
        """The template's outputs."""
        ...

    def client(self, service: str) -> Any:
        """Return a boto3 client for the place where it stands."""
        ...


@dataclass(frozen=True)
class InAccount:
    """A stack in AWS, reached with the environment's own credentials."""

    outputs: Mapping[str, str]

    def client(self, service: str) -> Any:
        """Return a boto3 client; see Deployed."""
        return boto3.client(service)


def deployed(name: str | None, state_dir: Path) -> Deployed:
    """Return the stack of that name in the account, or the one running here; raises StackError."""
    if name is None:
        return load(state_dir)
    try:
        (found,) = boto3.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    except (ClientError, BotoCoreError) as error:
        raise StackError(
            f"a pilha '{name}' não pode ser lida na conta"
            f" · no stack '{name}' can be read in the account: {error}"
        ) from error
    return InAccount({one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])})
