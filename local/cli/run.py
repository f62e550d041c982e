"""`pregao run`: starts the stack, replays candles and reports. `make run` calls it."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local.cli.console import page, phones, where
from local.cli.paths import ROOT, STATE
from local.cli.replay import factor, replay_into, settle_account, tape_of
from local.cli.sample import trading_days
from local.cli.shared.candle_options import reads_candles
from local.cli.shared.language import Speaker, spoken
from local.cli.shared.moments import a_day
from local.lab.candlefile.facts import BY_EVIDENCE, Choices

SESSIONS = 45
"""Of the generated sample: the last is replayed, those before fill the chart and calibrate it, chance too."""


@reads_candles
def run(
    candles: Annotated[
        Path | None, typer.Option(help="arquivo de velas; sem ele, a amostra gerada · a candle file")
    ] = None,
    symbol: Annotated[
        str, typer.Option(help="símbolo do feed · the feed's symbol: WINFUT, EURUSD")
    ] = "WIN$N",
    speed: Annotated[
        str | None, typer.Option(help="vezes o tempo real, ou max · a factor; 60, with --once max")
    ] = None,
    since: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            parser=a_day,
            metavar="DATE",
            help="dia em que o replay começa; antes é histórico · first day: 2026-11-27, 27/11/2026",
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option(help="encerra quando tudo assentou · end when all is settled")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="grava a conta em JSON · the account as JSON")] = None,
    quiet: Annotated[bool, typer.Option(help="não mostra os alertas · do not show the alerts")] = False,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Sobe o sistema e faz um replay · bring the stack up, replay candles, show what rings, account for it.

    Sem arquivo, faz o replay do último pregão de um mercado gerado; os anteriores são história no gráfico.
    Um arquivo vai inteiro, ou de --from em diante. Com --once termina sozinho: código 0 só se nada se
    perdeu. Sem ele fica de pé até Ctrl-C, para `pregao listen`, `pregao replay` e um navegador.

    Without a file it replays the last session of a generated market; those before it are history on the
    chart. A file is replayed whole, or from --from on. With --once it ends by itself: exit code 0 only if
    nothing was lost. Without, the stack stays up until Ctrl-C, so that `pregao listen`, `pregao replay` and a
    browser can use it.
    """
    from local.load.replay import INTERRUPTED
    from local.stack.up import stack_up

    pace = factor(speed or ("max" if once else "60"))
    if candles is not None and not candles.is_file():
        raise typer.BadParameter(f"{candles}: não existe · no such file", param_hint="--candles")
    first = since.date() if since else None
    say = Speaker(Console(stderr=True, highlight=False), spoken(os.environ))
    tape = tape_of(candles or _made(), symbol.replace("$$", "$"), choices, first=first, made=candles is None)
    with (
        stack_up(
            ROOT, STATE, parameters={"AllowReplay": "true", "LoopbackPush": "true", **where()}, progress=say
        ) as stack,
        page(stack, say),
        phones(stack, say),
    ):
        say(
            "candles to {http}/candles, alerts from {websocket}",
            http=stack.http_url,
            websocket=stack.websocket_url,
        )
        outcome = replay_into(
            stack,
            tape,
            pace,
            [tape.config.operators[0].id],
            quiet=quiet,
            say=say,
        )
        code = settle_account(outcome, report)
        if outcome.stopped == INTERRUPTED:
            raise typer.Exit(128 + signal.SIGINT)  # Ctrl-C ends the replay and the stack
        if not once:
            say("still up: `pregao listen` and `pregao replay FILE` from another terminal; Ctrl-C ends it")
            signal.pause()
    raise typer.Exit(code)


def _made() -> Path:
    from local.lab.market import sample

    STATE.mkdir(parents=True, exist_ok=True)
    return sample(STATE / "sample.csv", trading_days(), sessions=SESSIONS)
