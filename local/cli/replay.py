"""`pregao replay`: a candle file through the bridge's code into the running stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from local.cli.candle_options import reads_candles
from local.cli.candle_options import tell as tell_reading
from local.cli.paths import CONFIG, STATE
from local.cli.show import show
from local.cli.token import token_for
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from local.lab.history import judged_candles, read_for
from local.load import run as lab
from local.load.listener import Frame
from local.load.load_clients import LoadClients
from local.stack.running import StackInfo, load
from pregao.config.reader import load as load_config

LOST = 1


@reads_candles
def replay(
    file: Annotated[Path, typer.Argument(help="candles, in any format `pregao detect` reads")],
    symbol: Annotated[str, typer.Option(help="WIN$N, WINFUT, WDO$N, EURUSD ...")] = "WIN$N",
    speed: Annotated[str, typer.Option(help="a factor of real time, or max")] = "60",
    report: Annotated[Path | None, typer.Option(help="write the account as JSON")] = None,
    operator: Annotated[list[str] | None, typer.Option(help="who listens meanwhile; may be repeated")] = None,
    quiet: Annotated[bool, typer.Option(help="do not show the alerts")] = False,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Post a candle file to the running stack, listen meanwhile, and account for every alert."""
    outcome = replay_into(
        load(STATE), file, symbol, factor(speed), operator or ["ana"], quiet=quiet, choices=choices
    )
    raise typer.Exit(settle_account(outcome, report))


def replay_into(
    stack: StackInfo,
    file: Path,
    symbol: str,
    speed: float | None,
    operators: list[str],
    *,
    quiet: bool,
    choices: Choices = BY_EVIDENCE,
) -> lab.Report:
    """Replay a file with a progress bar; raises HistoryError, UnknownSymbol, NotLetIn."""
    config = load_config(CONFIG)
    reading = read_for(file, config.instrument_for(symbol), symbol, choices)
    tell_reading(reading)
    candles = judged_candles(reading)
    console = Console(highlight=False, stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

    def ring(alert: Frame) -> None:
        if not quiet:
            show(progress.console, alert, "pt-BR")

    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(f"{symbol} {file.name}", total=max(0, len(candles) - config.detectors.warmup))
        tokens = [token_for(stack, operator) for operator in operators]
        with LoadClients(stack.websocket_url, tokens, ring) as crowd:
            return lab.run(
                stack,
                config,
                candles,
                symbol,
                crowd,
                speed=speed,
                progress=lambda new: progress.advance(bar, new),
            )


def settle_account(outcome: lab.Report, report: Path | None) -> int:
    """Show the account, write it where asked, and return the exit code: 0 only when nothing was lost."""
    plain = outcome.plain()
    if report:
        report.write_text(json.dumps(plain, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    table = Table(show_header=False, box=None)
    for name, value in plain.items():
        table.add_row(name, json.dumps(value, ensure_ascii=False))
    Console(stderr=True, highlight=False).print(table)
    return LOST if outcome.lost or outcome.stopped or outcome.refused else 0


def factor(speed: str) -> float | None:
    """Read a speed: a positive number, or max (None)."""
    if speed == "max":
        return None
    try:
        value = float(speed)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise typer.BadParameter(f"{speed}: a positive number, or max", param_hint="--speed")
    return value
