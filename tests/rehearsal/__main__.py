"""`make rehearsal`: docs/DEPLOY.md walked on the emulator, from an empty account to what a teardown leaves.

The commands are the page's own. In a region other than the emulator's default, with artefacts for the Python
at hand and with template.yaml as the emulator takes it; what that changes and what is not walked is printed.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import urllib3
from websockets.sync.client import ClientConnection, connect

from local.lab.market import synthesize
from local.stack.access import bridge_keys
from local.stack.artefacts import Builder
from local.stack.deploy import for_the_emulator, with_sources
from local.stack.errors import StackError
from local.stack.ministack import emulator
from local.stack.ministack.differences import DIFFERENCES
from local.stack.ministack.shims import complete_stack
from local.stack.running import StackInfo, client
from local.stack.template import Template
from local.stack.up import WEBSOCKET_STAGE
from tests.e2e.desk import batch_of, dump, post
from tests.rehearsal.page import said

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "DEPLOY.md").read_text(encoding="utf-8")
REGION = "us-east-1"
STACK = "pregao-dev"
BUCKET = "artefacts"
COMMAND_S = 300
HEARD_S = 120.0
ACCEPTED = 202
HEALTHY = 200
BUILT = [f"--assume-old={one}" for one in ("build", ".venv/.ready", ".tools/sam/.ready", "console")]
NOT_WALKED = {
    "SES: verifying a domain, leaving the sandbox": "every address is verified here",
    "Quotas": "the emulator has none",
    "make deploy ENV=prod": "its canary is CodeDeploy's; otherwise dev is the same template",
    "aws ...": "the AWS CLI is no part of the project; tests/e2e/test_bridge_credential.py has the bridge's",
    "CloudFront's edges and certificates": "distribution and invalidation are kept, nothing is served",
    "infra/trail.yaml, athena.yaml, apilogs.yaml": "nothing records or asks here; cfn-lint reads them",
}
"""Steps of the page that this machine cannot take, and why; docs/DEPLOY.md, "Never tried", says how to."""


class Step(NamedTuple):
    """What was done and how long it took in seconds."""

    what: str
    seconds: float


class Walk:
    """One walk: the emulator as an account of ours, and what was done so far."""

    def __init__(self, up: emulator.Emulator, scratch: Path) -> None:
        self.clients: Callable[[str], Any] = partial(client, up.endpoint, REGION, up.keys)
        self.up, self.scratch, self.steps = up, scratch, list[Step]()
        self._keys: tuple[str, str] | None = None

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Tell a step before and its time after; raises what it raises."""
        sys.stdout.write(f"· {what} ...\n")
        sys.stdout.flush()
        began = time.monotonic()
        yield
        self.steps.append(Step(what, time.monotonic() - began))
        sys.stdout.write(f"  {self.steps[-1].seconds:.0f} s\n")

    def run(self, command: str, *, flags: str = "", fails: bool = False) -> str:
        """Run a command of the page; returns what it printed. Raises StackError unless it ends so."""
        words = shlex.split(command)
        if words[0] == "make":
            words += [*BUILT, f"SAM_FLAGS={flags}"]
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_S,
        )
        told = done.stdout + done.stderr
        if bool(done.returncode) is not fails:
            ended = "ended well" if fails else f"ended with {done.returncode}"
            raise StackError(f"{command}\n{ended}:\n{told[-3_000:]}")
        return told

    def template(self, config: Path, change: Callable[[Template], None] = lambda _template: None) -> str:
        """Write template.yaml for the emulator, with artefacts beside it; returns SAM's flags for it."""
        builder = Builder.at(ROOT, config)
        uris = {}
        for name, folder in builder.build_all().items():
            (self.scratch / f"{name}.zip").write_bytes(builder.packed(name, folder))
            uris[name] = str(self.scratch / f"{name}.zip")
        told = for_the_emulator(with_sources(builder.template, uris))
        change(told)
        (self.scratch / "infra").mkdir(exist_ok=True)  # SAM looks for its settings from the template on
        shutil.copy(ROOT / "infra" / "samconfig.toml", self.scratch / "infra")
        path = self.scratch / "template.json"
        path.write_text(json.dumps(told), encoding="utf-8")
        return (
            f"--template-file {path} --no-resolve-s3 --s3-bucket {BUCKET} --no-confirm-changeset"
            " --no-progressbar"
        )

    def repaired(self) -> StackInfo:
        """Set what the emulator's CloudFormation drops, and return the stack as the tests address it."""
        apis = f"{self.up.endpoint}/_aws/execute-api"
        outputs = self.outputs(STACK)
        http, sockets = (
            f"{apis}/{outputs['HttpApiId']}",
            f"{apis}/{outputs['WebSocketApiId']}/{WEBSOCKET_STAGE}",
        )
        complete_stack(self.clients, Builder.at(ROOT).template, STACK, sockets, http)
        self._keys = self._keys or bridge_keys(self.clients("iam"), outputs["BridgePolicyArn"])
        socket = sockets.replace("http://", "ws://", 1)
        return StackInfo(
            self.up.endpoint,
            REGION,
            http,
            socket,
            outputs,
            *self._keys,
            self.up.keys.access,
            self.up.keys.secret,
            os.getpid(),
            self.scratch,
        )

    def outputs(self, stack: str) -> dict[str, str]:
        """Return a stack's outputs."""
        return {one["OutputKey"]: one["OutputValue"] for one in self._found(stack).get("Outputs", [])}

    def status(self) -> str:
        """Return the status of the stack."""
        return str(self._found(STACK)["StackStatus"])

    def _found(self, stack: str) -> dict[str, Any]:
        (found,) = self.clients("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return dict(found)

    def _environment(self) -> Mapping[str, str]:
        ours = {"AWS_ENDPOINT_URL": self.up.endpoint, "AWS_DEFAULT_REGION": REGION}
        return {**os.environ, **ours, **self.up.keys.variables()}


def walked(walk: Walk) -> None:
    """Walk the page; raises StackError or AssertionError at the step that did not hold."""
    deploy = {"MAIL_FROM=alertas@mesa.example": "MAIL_FROM=alertas@mesa.example"}
    first = said(PAGE, "make deploy ENV=dev", deploy)
    with walk.step(f"{first}    (an empty account, {REGION})"):
        flags = walk.template(ROOT / "config")
        walk.run(first, flags=flags)
        _is(walk.status(), "CREATE_COMPLETE")
    with walk.step(said(PAGE, "curl <HttpUrl>/health", {})):
        stack = walk.repaired()
        answers(stack)
    page = said(PAGE, "make deploy-console ENV=prod", {"ENV=prod": "ENV=dev"})
    with walk.step(page):
        url = published(walk, page)
    layers = carried(walk)
    update = said(
        PAGE,
        "make deploy ENV=prod MAIL_FROM=... SET=",
        {
            "ENV=prod": "ENV=dev",
            "MAIL_FROM=...": "MAIL_FROM=alertas@mesa.example",
            "<Url, with its https://>": url,
        },
    )
    with walk.step(f"{update}    (with a changed layer)"):
        walk.run(update, flags=walk.template(changed_config(walk.scratch)))
        _is(walk.status(), "UPDATE_COMPLETE")
        _is(carried(walk) != layers, True)
        stack = walk.repaired()
    with walk.step("the page's own token and address: an alert rings"):
        rings(walk, stack)
    with walk.step(f"{update}    (a resource that cannot be made: rolled back)"):
        layers = carried(walk)
        walk.run(update, flags=walk.template(ROOT / "config", broken), fails=True)
        _is(walk.status(), "UPDATE_ROLLBACK_COMPLETE")
        _is(carried(walk), layers)
        answers(walk.repaired())
    taken_away(walk)
    with walk.step(f"{first}    (again: refused, for the tables of before stand)"):
        _is("TablePrefix" in walk.run(first, flags=flags, fails=True), True)


def taken_away(walk: Walk) -> None:
    """Tear both stacks down by the page's commands, and look at what stays."""
    for name in (f"{STACK}-console", STACK):
        shown = said(PAGE, ".venv/bin/pregao teardown", {"pregao-console": name})
        with walk.step(shown):
            stays = [line.split()[-1] for line in walk.run(shown).splitlines() if line.startswith("+ fica")]
            walk.run(f"{shown} --confirm {name}")
    tables = set(walk.clients("dynamodb").list_tables()["TableNames"])
    kept = {one for one in stays if one.endswith("_audit")}
    _is(kept, tables)
    sys.stdout.writelines(f"  stays: {one}\n" for one in stays)


def answers(stack: StackInfo) -> None:
    """Ask /health."""
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        told = pool.request("GET", f"{stack.http_url}/health")
    if told.status != HEALTHY:
        raise StackError(f"/health answers {told.status}: {told.data.decode()[:1_000]}")


def published(walk: Walk, command: str) -> str:
    """Publish the page; returns its address. It must name this stack's socket."""
    walk.run(command, flags="--no-confirm-changeset --no-progressbar --region " + REGION)
    page, stack = walk.outputs(f"{STACK}-console"), walk.outputs(STACK)
    s3 = walk.clients("s3")
    config = json.loads(s3.get_object(Bucket=page["Bucket"], Key="config.json")["Body"].read())
    _is(config["websocket_url"], stack["WebSocketUrl"])
    _is(s3.head_object(Bucket=page["Bucket"], Key="index.html")["CacheControl"], "no-cache")
    return page["Url"]


def rings(walk: Walk, stack: StackInfo) -> None:
    """Open a socket by a token of the command line, post a candle that raises an alert, hear it."""
    token = walk.run(f".venv/bin/pregao token ana --stack {STACK}").split()[-1]
    market = synthesize(7, 5, date(2026, 3, 2))
    event = [one for one in market.events if one.pattern == "volatility_extreme"][-1]
    candles = market.candles[: market.candles.time.tolist().index(event.time) + 1]
    with connect(f"{stack.websocket_url}?token={token}", open_timeout=HEARD_S) as socket:
        socket.send('{"action": "subscribe"}')
        _hear(socket, "hello")
        _is(post(stack, dump(batch_of(candles)))[0], ACCEPTED)
        _hear(socket, "alert")


def _hear(socket: ClientConnection, action: str) -> None:
    """Read frames until one is of this kind; others (a candle, a feed's notice) may come before it."""
    deadline = time.monotonic() + HEARD_S
    while (heard := json.loads(socket.recv(timeout=HEARD_S))["action"]) != action:
        if time.monotonic() > deadline:
            raise StackError(f"no {action} within {HEARD_S:.0f} s, but {heard}")


def carried(walk: Walk) -> str:
    """Return the version of our own layer that detect carries."""
    told = walk.clients("lambda").get_function_configuration(FunctionName=f"{STACK}-detect")
    return " ".join(one["Arn"] for one in told["Layers"] if "Pregao" in one["Arn"])


def changed_config(scratch: Path) -> Path:
    """Return a folder of configuration that differs by a comment from ours: its layer is a new one."""
    folder = scratch / "config"
    shutil.copytree(ROOT / "config", folder)
    with (folder / "alertas.yaml").open("a", encoding="utf-8") as file:
        file.write("# rehearsal\n")
    return folder


def broken(template: Template) -> None:
    """Add a resource that no account can make."""
    template["Resources"]["Impossible"] = {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {"FunctionName": "nobody", "Qualifier": "live"},
    }


def _is(found: object, wanted: object) -> None:
    if found != wanted:
        raise StackError(f"expected {wanted!r}, found {found!r}")


def main() -> int:
    """Walk, and print how it went; 0 where every step held."""
    sys.stdout.write("What is otherwise here than in an account:\n")
    sys.stdout.writelines(f"  {one.how}: {one.what}; {one.why} ({one.read_by})\n" for one in DIFFERENCES)
    sys.stdout.write("What is not walked:\n")
    sys.stdout.writelines(f"  {what}: {why}\n" for what, why in NOT_WALKED.items())
    with TemporaryDirectory(prefix="rehearsal-") as scratch:
        up = emulator.start(ROOT, Path(scratch), None)
        walk = Walk(up, Path(scratch))
        try:
            walk.clients("s3").create_bucket(Bucket=BUCKET)
            walked(walk)
        except StackError as error:
            sys.stderr.write(f"rehearsal: {error}\n")
            return 1
        finally:
            up.stop()
    sys.stdout.write(f"walked: {len(walk.steps)} steps in {sum(one.seconds for one in walk.steps):.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
