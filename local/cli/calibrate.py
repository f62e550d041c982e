"""`pregao calibrate`: what is usual and what to expect, kept for the sessions to come."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from local.cli.paths import CONFIG, STATE
from local.cli.shared.candle_options import reads_candles
from local.cli.shared.candle_options import tell as tell_reading
from local.cli.shared.options import Stack
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from local.lab.history import judged_candles, read_for
from local.load.replay import timeframe_name
from local.stack.deployed import deployed
from pregao import clock
from pregao.aws.tables.calibration_book import CalibrationBook
from pregao.aws.tables.candle_book import CandleBook
from pregao.config.reader import load
from pregao.flow.calibrate import Calibrating, calibrate_history
from pregao.flow.calibrate import calibrate as calibrate_session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pregao.domain.calibration.live import Calibration
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.ports.calibration import CalibrationBook as Book
    from pregao.flow.ports.desk import CandleBook as Kept


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
        str | None, typer.Option(help="o pregão, sem ele o último · the session, else the last: 2026-11-27")
    ] = None,
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
    json_out: Annotated[bool, typer.Option("--json", help="JSON em vez de texto · instead of text")] = False,
    stack: Stack = None,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Calibra pregões que terminaram · keeps in a stack what is known after sessions, for those to come.

    De um arquivo: todos os pregões. Das velas guardadas na pilha: um. Um pregão tem uma calibração, a
    primeira; a que já existe fica. Código 0; 2 quando o arquivo, o símbolo ou o dia é recusado, ou nada está
    de pé.

    From a file: all its sessions. From the candles that the stack has kept: one. A session has one
    calibration, the first; what is kept already is left as it is.
    Exit code 0; 2 when the file, the symbol or the day is refused, or no stack runs.
    """
    config = load(config_dir)
    instrument = config.instrument_for(symbol)
    settings = config.detectors_for(instrument.name)
    candles, book = _books(stack)
    if file is None:
        made = _of_stack(instrument, settings, timeframe, _day(day), candles, book)
    else:
        reading = read_for(file, instrument, symbol, choices)
        tell_reading(reading)
        since = _day(day) or date.min
        timeframe = timeframe_name(reading.timeframe_s)
        made = calibrate_history(
            judged_candles(reading), instrument, settings, timeframe, book, clock.now(), since=since
        )
    if json_out:
        typer.echo(json.dumps([_plain(one) for one in made]))
        return
    _tell(instrument, timeframe, made)


def _books(stack: str | None) -> tuple[Kept, Book]:
    there = deployed(stack, STATE)
    dynamo = there.client("dynamodb")
    return CandleBook(dynamo, there.outputs["CandlesTable"]), CalibrationBook(
        dynamo, there.outputs["AdmissionTable"]
    )


def _of_stack(
    instrument: Instrument,
    settings: DetectorSettings,
    timeframe: str,
    day: date | None,
    candles: Kept,
    book: Book,
) -> list[Calibration]:
    if day is None:
        newest = candles.before(instrument.name, timeframe, int(clock.now()) + 1, 1)
        if not newest:
            raise typer.BadParameter(
                f"the stack has no candles of {instrument.name} {timeframe}; give a file", param_hint="FILE"
            )
        day = instrument.local_date(newest[0].time)
    made = calibrate_session(instrument, settings, timeframe, day, Calibrating(candles, book, clock.now))
    return [made] if made else []


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text}: a day is written 2026-11-27", param_hint="--day") from None


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
