"""`pregao up`: the whole system on this machine, until Ctrl-C."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from local.cli.console import page, phones, where
from local.cli.paths import ROOT, STATE

if TYPE_CHECKING:
    from local.stack.running import StackInfo


def up(
    port: Annotated[
        int | None, typer.Option(help="porta do emulador · the emulator's port; any free one")
    ] = None,
    replay: Annotated[
        bool, typer.Option(help="alertas de velas históricas tocam · alerts of historical candles ring")
    ] = True,
) -> None:
    """Sobe o sistema nesta máquina até Ctrl-C · brings the system up on this machine until Ctrl-C."""
    from local.stack.artefacts import Builder
    from local.stack.reload import reloading
    from local.stack.up import stack_up

    console = Console(stderr=True, highlight=False)
    parameters = {"AllowReplay": str(replay).lower(), "LoopbackPush": "true", **where()}

    def say(line: str, **values: str) -> None:
        console.print(f"· {line.format(**values) if values else line}", markup=False, soft_wrap=True)

    with stack_up(ROOT, STATE, parameters, progress=say, port=port) as stack:
        _addresses(console, stack)
        with page(stack, say), phones(stack, say), reloading(stack, Builder.at(ROOT), say):
            threading.Event().wait()


def _addresses(console: Console, stack: StackInfo) -> None:
    for label, value in (
        ("velas · candles", f"{stack.http_url}/candles"),
        ("saúde · health", f"{stack.http_url}/health"),
        ("alertas · alerts", stack.websocket_url),
        ("AWS", stack.endpoint),
        ("log", str(stack.state_dir / "emulator.log")),
    ):
        console.print(f"  [bold]{label:<18}[/bold]{value}", soft_wrap=True)
    console.print("· functions/, layers/pregao/ and config/ reload when saved; Ctrl-C ends it")
