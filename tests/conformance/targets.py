"""What the suite runs against: moto, the emulator as local/stack runs it, LocalStack, an account."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from local.stack.ministack import emulator
from tests.conformance.naming import a_name, the_tags
from tests.conformance.stand import Stand, stand_up

NAMES = ("moto", "local", "localstack", "aws")
HERE = ("moto", "local")
"""Those that need nothing but this machine: what `make test` runs against."""


def why_not(names: Iterable[str], environment: Mapping[str, str]) -> str | None:
    """Return why these targets are not to be run, as a remedy; None where they are."""
    elsewhere = environment.get("AWS_ENDPOINT_URL")
    if unknown := set(names) - set(NAMES):
        return f"no target {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}"
    if "localstack" in names and not elsewhere:
        return "say where LocalStack is: AWS_ENDPOINT_URL=http://127.0.0.1:4566"
    if "aws" in names and elsewhere:
        return "AWS_ENDPOINT_URL is set, so this would not be an account: unset it"
    if "aws" in names and environment.get("CONFIRM") != "yes":
        return (
            "this makes and removes resources in the account of your credentials and costs US cents (see"
            " tests/conformance/README.md); if that is meant: make conformance TARGET=aws CONFIRM=yes"
        )
    return None


@dataclass
class Target:
    """Where clients lead; `patience` in seconds for what is eventual, `silence` for what must not come."""

    name: str
    session: boto3.Session
    patience: float
    silence: float
    pause: float
    endpoint: str | None = None
    removals: ExitStack = field(default_factory=ExitStack)
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """Return the region all of it is in."""
        return str(self.session.region_name)

    def client(self, service: str) -> Any:
        """Return the client of a service, as who runs the suite."""
        if service not in self._clients:
            self._clients[service] = self.client_as(self.session, service)
        return self._clients[service]

    def client_as(self, session: boto3.Session, service: str, at: str | None = None) -> Any:
        """Return a client as somebody, at another address where one is given."""
        endpoint = at or self.endpoint
        direct = Config(proxies={}) if self.endpoint else None  # what is on this machine is behind no proxy
        return session.client(service, endpoint_url=endpoint, config=direct)

    def session_of(self, keys: tuple[str, str]) -> boto3.Session:
        """Return a session of a user, by access key and secret key."""
        return boto3.Session(*keys, region_name=self.region)

    @property
    def ends_by_itself(self) -> bool:
        """Tell whether everything is gone when the run ends, whoever forgot to remove it."""
        return self.name in HERE

    @cached_property
    def stand(self) -> Stand:
        """The functions, queues and APIs of stand.yaml, deployed at the first question."""
        return stand_up(self.client, a_name(), the_tags(), self.removals, self.patience)

    def eventually(self, ask: Callable[[], Any], within: float | None = None) -> Any:
        """Ask until the answer is true; returns it, or fails with the last one."""
        deadline = time.monotonic() + (within or self.patience)
        while not (answer := ask()):
            assert time.monotonic() < deadline, f"never came; last seen: {answer!r}"
            time.sleep(self.pause)
        return answer

    @staticmethod
    def policy(*statements: dict[str, Any]) -> str:
        """Return a policy document."""
        return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})

    def url_of(self, api: str, stage: str = "") -> str:
        """Return where an HTTP API, or a WebSocket API's stage, is reached by http."""
        if self.name == "local":
            base = f"{self.endpoint}/_aws/execute-api/{api}"
        else:
            base = self.client("apigatewayv2").get_api(ApiId=api)["ApiEndpoint"].replace("ws", "http", 1)
        return f"{base}/{stage}" if stage else base


def account() -> Target:
    """The account that the environment's credentials open."""
    session = boto3.Session()
    assert session.region_name, "name a region: AWS_REGION"
    return Target("aws", session, patience=180, silence=4, pause=1)


def localstack(endpoint: str) -> Target:
    """A LocalStack that somebody started."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    return Target("localstack", session, patience=60, silence=1, pause=0.3, endpoint=endpoint)


def emulated(up: emulator.Emulator) -> Target:
    """The emulator of local/stack."""
    session = boto3.Session(up.keys.access, up.keys.secret, region_name=emulator.REGION)
    return Target("local", session, patience=30, silence=0.5, pause=0.1, endpoint=up.endpoint)


def mocked() -> Target:
    """Moto in this process; somebody else switches it on."""
    return Target(
        "moto", boto3.Session("x", "x", region_name="us-east-1"), patience=10, silence=0.2, pause=0.1
    )
