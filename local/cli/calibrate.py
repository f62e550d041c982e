"""`pregao calibrate`: what is usual and what to expect, kept for the sessions to come."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from local.cli.paths import CONFIG, STATE
from local.cli.shared.candle_options import reads_candles
from local.cli.shared.candle_options import tell as tell_reading
from local.cli.shared.moments import a_day
from local.cli.shared.options import Stack
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from pregao import clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pregao.config.loaded import Config
    from pregao.domain.calibration.ledger import SessionLedger
    from pregao.domain.calibration.live import Calibration
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.calibrate import Calibrating
    from pregao.flow.steps.sessions.session_ledger import SessionClosing


@reads_candles
def calibrate(
    file: Annotated[
        Path | None,
        typer.Argument(
            exists=True, dir_okay=False, help="velas; sem ele, as da pilha · else the stack's own"
        ),
    ] = None,
    symbol: Annotated[str, typer.Option(help="símbolo do feed · the feed's symbol, e.g. WIN$N")] = "WIN$N",
    timeframe: Annotated[str, typer.Option(help="das velas da pilha · of the stack's candles")] = "M5",
    day: Annotated[
        datetime | None,
        typer.Option(
            parser=a_day,
            metavar="DATE",
            help="o pregão, sem ele o último · the session, else the last: 2026-11-27",
        ),
    ] = None,
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
    json_out: Annotated[bool, typer.Option("--json", help="JSON em vez de texto · instead of text")] = False,
    stack: Stack = None,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Calibra pregões que terminaram · keeps in a stack what is known after sessions, for those to come.

    De um arquivo: todos os pregões. Das velas guardadas na pilha: o que functions/calibrate faz a cada hora,
    os pregões que terminaram e não foram fechados; com --day esse, de novo se já foi: o resultado dos seus
    alertas, se uma varredura dá o que tocou, as linhas de `pregao ledger`. Um pregão tem uma calibração, a
    primeira; a que já existe fica. Código 0; 2 quando o arquivo, o símbolo ou o dia é recusado, ou nada está
    de pé.

    From a file: all its sessions. From the candles that the stack has kept: what functions/calibrate does
    each hour, the sessions that are over and not closed; with --day that one, again where it was closed
    already: the outcomes of its alerts, whether a scan gives what rang, the rows of `pregao ledger`.
    A session has one calibration, the first; what is kept already is left as it is.
    Exit code 0; 2 when the file, the symbol or the day is refused, or no stack runs.
    """
    from local.lab.history import judged_candles, read_for
    from local.load.replay import timeframe_name
    from pregao.config.reader import load
    from pregao.flow.calibrate import calibrate_history

    config = load(config_dir)
    instrument = config.instrument_for(symbol)
    settings = config.detectors_for(instrument.name)
    deps, ends = _of(stack, config)
    if file is None:
        closed = _close(instrument, timeframe, day.date() if day else None, deps, ends)
        _tell_closed(instrument, timeframe, closed, json_out=json_out)
        return
    reading = read_for(file, instrument, symbol, choices)
    tell_reading(reading)
    since = day.date() if day else date.min
    timeframe = timeframe_name(reading.timeframe_s)
    made = calibrate_history(
        judged_candles(reading), instrument, settings, timeframe, deps.book, clock.now(), since=since
    )
    if json_out:
        typer.echo(json.dumps([_plain(one) for one in made]))
        return
    _tell(instrument, timeframe, made)


def _of(stack: str | None, config: Config) -> tuple[Calibrating, SessionClosing]:
    from local.load.closing import calibrating, closing
    from local.stack.deployed import deployed

    there = deployed(stack, STATE)
    return calibrating(there), closing(there, config)


def _close(
    instrument: Instrument, timeframe: str, day: date | None, deps: Calibrating, closing: SessionClosing
) -> list[SessionLedger]:
    from pregao.flow.calibrate import calibrate as calibrate_session
    from pregao.flow.calibrate import close_new, kept_until, newest_over, sessions_of
    from pregao.flow.steps.sessions.session_ledger import close_session

    newest = newest_over(instrument, timeframe, deps)
    if newest is None:
        raise typer.BadParameter(
            f"a pilha não tem pregão terminado de {instrument.name} {timeframe}; dê um arquivo"
            f" · the stack has no session of {instrument.name} {timeframe} that is over; give a file",
            param_hint="FILE",
        )
    if day is None:
        return close_new(instrument, timeframe, deps, closing)
    if day > newest:
        raise typer.BadParameter(
            f"{day}: o último pregão terminado é · the newest session that is over is {newest}",
            param_hint="--day",
        )
    kept = kept_until(instrument, timeframe, day, deps)
    if day not in sessions_of(kept, instrument):
        raise typer.BadParameter(
            f"{day}: a pilha não tem velas desse pregão · the stack has no candles of that session",
            param_hint="--day",
        )
    calibrate_session(instrument, closing.config.detectors_for(instrument.name), timeframe, day, deps)
    return [close_session(instrument, timeframe, day, kept, closing)]


def _tell_closed(
    instrument: Instrument, timeframe: str, closed: Sequence[SessionLedger], *, json_out: bool
) -> None:
    if json_out:
        typer.echo(json.dumps([_closed_plain(one) for one in closed]))
        return
    if not closed:
        typer.echo(f"· {instrument.name} {timeframe}: nada a fechar, ou já feito · nothing to close, or done")
        return
    table = Table("pregão\nsession", "alertas\nalerts", "resultados\noutcomes", "diferenças\ndifferences")
    for one in closed:
        plain = _closed_plain(one)
        causes = ", ".join(f"{cause} {count}" for cause, count in plain["differences"].items()) or "-"
        table.add_row(plain["session"], str(plain["alerts"]), str(plain["outcomes"]), causes)
    Console(highlight=False).print(table)


def _closed_plain(one: SessionLedger) -> dict[str, Any]:
    return {
        "session": one.session.isoformat(),
        "alerts": len(one.rows),
        "outcomes": sum(row.result is not None for row in one.rows),
        "differences": dict(Counter(sorted(it.cause for it in one.differences))),
    }


def _plain(one: Calibration) -> dict[str, object]:
    model = one.model.coefficients is not None
    return {"session": one.session.isoformat(), "slots": len(one.ranges), "outlook": model}


def _tell(instrument: Instrument, timeframe: str, made: Sequence[Calibration]) -> None:
    if not made:
        typer.echo(
            f"· {instrument.name} {timeframe}: nada a calibrar, ou já feito · nothing to calibrate, or done"
        )
        return
    table = Table("pregão\nsession", "horários usuais\nusual slots", "amplitude esperada\nexpected range")
    for one in made:
        known = "sim · yes" if one.model.coefficients is not None else "ainda não · not yet"
        table.add_row(one.session.isoformat(), str(len(one.ranges)), known)
    Console(highlight=False).print(table)
