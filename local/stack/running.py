"""The stack that runs: what it is called where, kept in a file for the other commands."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.stack.errors import StackError
from local.stack.ministack.emulator import Keys
from local.stack.process import Process

FILE = "stack.json"


@dataclass(frozen=True)
class StackInfo:
    """A deployed stack: addresses, the template's outputs, a bridge's keys, and who holds it up."""

    endpoint: str
    region: str
    http_url: str
    websocket_url: str
    outputs: dict[str, str]
    bridge_access_key: str
    bridge_secret_key: str
    root_access_key: str
    root_secret_key: str
    owner_pid: int
    state_dir: Path

    def client(self, service: str) -> Any:
        """Return a boto3 client aimed at the emulator, as its root."""
        return client(self.endpoint, self.region, self.root, service)

    @property
    def root(self) -> Keys:
        """Return the keys of the emulator's root."""
        return Keys(self.root_access_key, self.root_secret_key)


def client(endpoint: str, region: str, keys: Keys, service: str) -> Any:
    """Return a boto3 client aimed at an emulator, as its root, whatever the environment says."""
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=keys.access,
        aws_secret_access_key=keys.secret,
        config=Config(
            proxies={},
            retries={"mode": "standard", "max_attempts": 3},
            read_timeout=90,
            max_pool_connections=32,
        ),
    )


def load(state_dir: Path) -> StackInfo:
    """Return the running stack; raises StackError when none runs."""
    kept = _read(state_dir)
    if not kept or "stack" not in kept or not Process(**kept["owner"]).alive():
        raise StackError(
            "nenhuma pilha roda aqui; inicie uma em outro terminal com"
            " · no stack is running here; start one in another terminal with: pregao up"
        )
    return StackInfo(**{**kept["stack"], "state_dir": Path(kept["stack"]["state_dir"])})


def refuse_second(state_dir: Path) -> None:
    """Raise StackError while another process runs a stack here; delete what a crashed run left."""
    kept = _read(state_dir)
    if not kept:
        return
    owner = Process(**kept["owner"])
    if owner.alive():
        raise StackError(
            f"já há uma pilha, do processo {owner.pid}; encerre-a antes"
            f" · a stack is up already, held by process {owner.pid};"
            f" end it first (Ctrl-C there, or: kill {owner.pid})"
        )
    if "emulator" in kept:
        Process(**kept["emulator"]).kill_group()
    forget(state_dir)


def claim(
    state_dir: Path, owner: Process, emulator: Process | None = None, stack: StackInfo | None = None
) -> None:
    """Write down which process runs the stack, and what is known of it so far."""
    kept: dict[str, Any] = {"owner": asdict(owner)}
    if emulator:
        kept["emulator"] = asdict(emulator)
    if stack:
        kept["stack"] = {**asdict(stack), "state_dir": str(stack.state_dir)}
    scratch = state_dir / f".{FILE}.{owner.pid}"
    scratch.touch(mode=0o600)
    scratch.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    scratch.replace(state_dir / FILE)


def forget(state_dir: Path) -> None:
    """Remove what `claim` wrote."""
    (state_dir / FILE).unlink(missing_ok=True)


def _read(state_dir: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads((state_dir / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}
    return kept
