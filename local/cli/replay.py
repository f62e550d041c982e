"""`pregao replay`: a candle file through the bridge's code into the running stack."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from local.cli.paths import CONFIG, STATE
from local.cli.shared.candle_options import reads_candles
from local.cli.shared.candle_options import tell as tell_reading
from local.cli.shared.language import Language, Speaker, spoken
from local.cli.token import token_for
from local.errors import HistoryError
from local.lab.candlefile.facts import BY_EVIDENCE, Choices

if TYPE_CHECKING:
    from local.load.listener import Frame
    from local.load.run import Report
    from local.stack.running import StackInfo
    from pregao.config.loaded import Config
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument

LOST = 1
CLOSED = (
    "sessions over: {sessions}; alerts with their outcome on record: {alerts}, unlike a scan without a cause:"
    " {differing}; `pregao ledger` tells more"
)


@dataclass(frozen=True, slots=True)
class Tape:
    """A file's candles (UTC, oldest first): the first `start` are history, the others are replayed."""

    name: str
    candles: Candles
    start: int
    symbol: str
    instrument: Instrument
    config: Config
    made: bool = False


@reads_candles
def replay(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="arquivo de velas · a file of candles")
    ],
    symbol: Annotated[
        str, typer.Option(help="símbolo do feed · the feed's symbol: WINFUT, EURUSD")
    ] = "WIN$N",
    speed: Annotated[str, typer.Option(help="vezes o tempo real, ou max · a factor, or max")] = "60",
    report: Annotated[Path | None, typer.Option(help="grava a conta em JSON · the account as JSON")] = None,
    operator: Annotated[
        list[str] | None, typer.Option(help="quem escuta, repetível · who listens meanwhile, repeatable")
    ] = None,
    quiet: Annotated[bool, typer.Option(help="não mostra os alertas · do not show the alerts")] = False,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Faz o replay de um arquivo na pilha de pé · replays a file into the stack here, tells what was lost.

    Código 0 só se nada se perdeu; 2 quando o arquivo ou o símbolo é recusado, antes de postar.

    Exit code 0 only if nothing was lost; 2 when the file or the symbol is refused, before anything is posted.
    """
    from local.stack.running import load

    pace = factor(speed)
    tape = tape_of(file, symbol, choices)
    outcome = replay_into(load(STATE), tape, pace, operator or ["ana"], quiet=quiet)
    raise typer.Exit(settle_account(outcome, report))


def tape_of(
    file: Path,
    symbol: str,
    choices: Choices = BY_EVIDENCE,
    *,
    first: date | None = None,
    made: bool = False,
) -> Tape:
    """Read a file and say where its replay begins; raises HistoryError, UnknownSymbol.

    From the day `first` on, else all of it; a `made` market from the first signal of its last day, so that
    nobody waits for one. What came before is kept for the charts.
    """
    from local.lab.history import judged_candles, read_for
    from local.load.history_first import first_of, first_signal
    from pregao.config.reader import load as load_config

    config = load_config(CONFIG)
    instrument = config.instrument_for(symbol)
    reading = read_for(file, instrument, symbol, choices)
    tell_reading(reading)
    candles = judged_candles(reading)
    start = min(config.detectors.warmup, len(candles))
    if made:
        start = max(start, first_signal(candles, instrument, config.detectors_for(instrument.name)))
    elif first:
        start = max(start, first_of(candles, instrument, first))
    if start >= len(candles):
        raise HistoryError(file, 1, _nothing_left(candles, config.detectors.warmup, first))
    return Tape(file.name, candles, start, symbol, instrument, config, made)


def _nothing_left(candles: Candles, warmup: int, first: date | None) -> str:
    if first and len(candles) > warmup:
        return f"no candle on {first} or later; give an earlier day with --from"
    many = f"{len(candles)} candles, and the first {warmup} are the detectors' history"
    return f"nothing to replay: {many}; give a longer file"


def replay_into(
    stack: StackInfo,
    tape: Tape,
    speed: float | None,
    operators: list[str],
    *,
    quiet: bool,
    say: Speaker | None = None,
) -> Report:
    """Replay candles with a progress bar; raises NotLetIn."""
    from local.cli.shared.show import show
    from local.load.closing import close_replayed
    from local.load.history_first import calibrate, keep
    from local.load.load_clients import LoadClients
    from local.load.replay import timeframe_name
    from local.load.run import run

    console = Console(highlight=False, stderr=True)
    say = say or Speaker(console, spoken(os.environ))
    warmup, start = tape.config.detectors.warmup, tape.start
    _announce(say, tape, speed)
    timeframe = timeframe_name(tape.candles.step)
    keep(stack, tape.candles[:start], tape.instrument, timeframe)
    calibrate(stack, tape.config, tape.candles, start, tape.instrument, timeframe)
    candles = tape.candles[max(0, start - warmup) :]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

    def ring(alert: Frame) -> None:
        if not quiet:
            show(progress.console, alert, say.language)

    with Progress(*columns, console=console) as progress:
        bar = progress.add_task(f"{tape.symbol} {tape.name}", total=max(0, len(candles) - warmup))
        tokens = [token_for(stack, operator) for operator in operators]
        with LoadClients(stack.websocket_url, tokens, ring) as crowd:
            outcome = run(
                stack,
                tape.config,
                candles,
                tape.symbol,
                crowd,
                speed=speed,
                progress=lambda new: progress.advance(bar, new),
            )
    closed = close_replayed(stack, tape.config, tape.candles, start, tape.instrument, timeframe)
    unexplained = sum(one.differing("unexplained") for one in closed)
    if closed:
        outcomes = sum(row.result is not None for one in closed for row in one.rows)
        say(CLOSED, sessions=len(closed), alerts=outcomes, differing=unexplained)
    return replace(outcome, sessions=len(closed), unexplained=unexplained)


def _announce(say: Speaker, tape: Tape, speed: float | None) -> None:
    """Say how much history there is, which days are replayed, and how fast."""
    candles, start = tape.candles, tape.start
    if start >= len(candles):
        return
    local = ZoneInfo(tape.instrument.timezone)
    opens = [datetime.fromtimestamp(int(candles.time[at]), local) for at in (0, start, -1)]
    style = "%d/%m/%Y" if say.language is Language.PT_BR else "%Y-%m-%d"
    days = [f"{one:{style}}" for one in opens]
    if start:
        say("history: {count} candles since {first}", count=start, first=days[0])
    pace = say.text("as fast as it goes") if speed is None else _pace(say, speed, candles.step)
    say(
        "replay of {days}: {symbol}, a {made} market, from {first}, {pace}",
        days=days[1] if days[1] == days[2] else f"{days[1]} - {days[2]}",
        symbol=tape.symbol,
        made=say.text("synthetic" if tape.made else "recorded"),
        first=f"{opens[1]:%H:%M}",
        pace=pace,
    )


def _pace(say: Speaker, speed: float, step: int) -> str:
    return say.text(
        "{speed} times real time: a candle of {minutes} min every {seconds} s",
        speed=f"{speed:g}",
        minutes=step // 60,
        seconds=f"{step / speed:.3g}",
    )


def settle_account(outcome: Report, report: Path | None) -> int:
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
        raise typer.BadParameter(
            f"{speed}: um número positivo, ou · a positive number, or max", param_hint="--speed"
        )
    return value
