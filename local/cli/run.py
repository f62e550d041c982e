"""`pregao run`: the whole way with one word. What `make run` calls."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local.cli.candle_options import reads_candles
from local.cli.console import page, where
from local.cli.market import trading_days
from local.cli.paths import ROOT, STATE
from local.cli.replay import factor, replay_into, settle_account
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from local.lab.market import sample
from local.stack.up import stack_up


@reads_candles
def run(
    candles: Annotated[
        Path | None, typer.Option(help="a candle file; the generated sample without it")
    ] = None,
    symbol: Annotated[str, typer.Option(help="WIN$N, WINFUT, WDO$N, EURUSD ...")] = "WIN$N",
    speed: Annotated[str, typer.Option(help="a factor of real time, or max")] = "60",
    once: Annotated[bool, typer.Option(help="end when every alert has settled")] = False,
    report: Annotated[Path | None, typer.Option(help="write the account as JSON")] = None,
    quiet: Annotated[bool, typer.Option(help="do not show the alerts")] = False,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Bring the stack up, replay candles into it, show what rings, account for it.

    With --once it ends by itself: exit code 0 only if nothing was lost. Without, the stack stays up until
    Ctrl-C, so that `pregao listen`, `pregao replay` and a browser can use it.
    """
    pace = factor(speed)
    if candles is not None and not candles.is_file():
        raise typer.BadParameter(f"{candles}: no such file", param_hint="--candles")
    say = Console(stderr=True, highlight=False).print

    def tell(line: str) -> None:
        say(f"· {line}")

    with (
        stack_up(ROOT, STATE, parameters={"AllowReplay": "true", **where()}, progress=tell) as stack,
        page(stack, tell),
    ):
        say(f"· candles to {stack.http_url}/candles, alerts from {stack.websocket_url}")
        file = candles or sample(STATE / "sample.csv", trading_days())
        outcome = replay_into(
            stack, file, symbol.replace("$$", "$"), pace, ["ana"], quiet=quiet, choices=choices
        )
        code = settle_account(outcome, report)
        if not once:
            say("· still up: `pregao listen` and `pregao replay FILE` from another terminal; Ctrl-C ends it")
            signal.pause()
    raise typer.Exit(code)
