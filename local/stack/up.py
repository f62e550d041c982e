"""The stack from nothing to answering, and back to nothing."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NoReturn

from local.stack import running
from local.stack.access import bridge_keys
from local.stack.artefacts import Builder
from local.stack.deploy import STACK, deploy
from local.stack.ministack import emulator
from local.stack.ministack.emulator import REGION, Emulator
from local.stack.ministack.shims import complete_stack
from local.stack.probe import probe
from local.stack.process import Process
from local.stack.running import StackInfo

WEBSOCKET_STAGE = "alertas"
Progress = Callable[[str], None]


def _quiet(_line: str) -> None:
    """Take progress and say nothing."""


@contextmanager
def stack_up(
    root: Path,
    state_dir: Path,
    parameters: Mapping[str, str] | None = None,
    config_dir: Path | None = None,
    progress: Progress = _quiet,
    port: int | None = None,
) -> Iterator[StackInfo]:
    """Hold the whole system up for the length of a with block; raises StackError when it does not come up.

    `root` is the checkout, `state_dir` takes the log and the state file, `parameters` are template.yaml's,
    `config_dir` goes into the layer instead of `config/`. However the block, or this process, ends: nothing
    is left running.
    """
    root, state_dir = root.resolve(), state_dir.resolve()
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    state_dir.chmod(0o700)  # one that is older, too: keys and logs lie there
    running.refuse_second(state_dir)
    me = Process.here()
    with _ending_on_signals(), _claimed(state_dir, me):
        progress("building functions and layers")
        builder = Builder.at(root, config_dir.resolve() if config_dir else None)
        archives = {name: builder.packed(name, folder) for name, folder in builder.build_all().items()}
        progress("starting the emulator")
        with _emulating(root, state_dir, port) as up:
            running.claim(state_dir, me, up.process)
            progress("deploying template.yaml")
            stack = _deploy(builder, up, archives, parameters or {}, state_dir)
            progress("waking the functions")
            probe(stack.client("lambda"), builder.template, STACK)
            running.claim(state_dir, me, up.process, stack)
            yield stack


def _deploy(
    builder: Builder,
    up: Emulator,
    archives: Mapping[str, bytes],
    parameters: Mapping[str, str],
    state_dir: Path,
) -> StackInfo:
    clients = partial(running.client, up.endpoint, REGION, up.keys)
    outputs = deploy(clients, builder.template, archives, parameters)
    apis = f"{up.endpoint}/_aws/execute-api"
    http_url = f"{apis}/{outputs['HttpApiId']}"
    sockets = f"{apis}/{outputs['WebSocketApiId']}/{WEBSOCKET_STAGE}"
    complete_stack(clients, builder.template, STACK, sockets, http_url)
    websocket_url = sockets.replace("http://", "ws://", 1)
    access_key, secret_key = bridge_keys(clients("iam"), outputs["BridgePolicyArn"])
    return StackInfo(
        endpoint=up.endpoint,
        region=REGION,
        http_url=http_url,
        websocket_url=websocket_url,
        outputs={**outputs, "HttpUrl": http_url, "WebSocketUrl": websocket_url},
        bridge_access_key=access_key,
        bridge_secret_key=secret_key,
        root_access_key=up.keys.access,
        root_secret_key=up.keys.secret,
        owner_pid=Process.here().pid,
        state_dir=state_dir,
    )


@contextmanager
def _claimed(state_dir: Path, me: Process) -> Iterator[None]:
    running.claim(state_dir, me)
    try:
        yield
    finally:
        running.forget(state_dir)


@contextmanager
def _emulating(root: Path, state_dir: Path, port: int | None) -> Iterator[Emulator]:
    up = emulator.start(root, state_dir, port)
    try:
        yield up
    finally:
        up.stop()
        shutil.rmtree(state_dir / "emulator", ignore_errors=True)


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Let SIGTERM and SIGHUP leave through the with blocks, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, _exit_on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit_on_signal(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)
