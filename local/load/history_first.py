"""Where a replay begins: candles before it are stored as history, for charts; no alert is raised on them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import fields
from typing import TYPE_CHECKING

from pregao import clock
from pregao.aws.tables.market.calibration_book import CalibrationBook
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.domain.detectors.scan import scan
from pregao.domain.market.candle import Candle
from pregao.flow.calibrate import calibrate_history
from pregao.flow.ports.desk import Series

if TYPE_CHECKING:
    from datetime import date

    from local.stack.running import StackInfo
    from pregao.config.loaded import Config
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument

NAMES = tuple(field.name for field in fields(Candle))


def first_of(candles: Candles, instrument: Instrument, day: date) -> int:
    """Return the index of the first candle of an exchange date or later."""
    return bisect_left(candles.time.tolist(), day, key=instrument.local_date)


def first_signal(candles: Candles, instrument: Instrument, settings: DetectorSettings) -> int:
    """Return the index of the first candle of the last day that raises a signal; the day's first without."""
    opens = first_of(candles, instrument, instrument.local_date(int(candles.time[-1])))
    found = scan(candles, instrument, settings, since=opens)
    return bisect_left(candles.time.tolist(), found[0].time) if found else opens


def keep(stack: StackInfo, candles: Candles, instrument: Instrument, timeframe: str) -> None:
    """Keep candles that nobody will judge in the stack's table, each under the contract of its day."""
    book = CandleBook(stack.client("dynamodb"), stack.outputs["CandlesTable"])
    columns = [getattr(candles, name).tolist() for name in NAMES]
    by_contract: dict[str, list[Candle]] = {}
    for row in zip(*columns, strict=True):
        contract = instrument.contract_on(instrument.local_date(row[0]))
        by_contract.setdefault(contract, []).append(Candle(*row))
    for contract, some in by_contract.items():
        book.keep(Series(instrument.name, contract, timeframe, judged=False), some, clock.now())


def calibrate(
    stack: StackInfo,
    config: Config,
    candles: Candles,
    start: int,
    instrument: Instrument,
    timeframe: str,
) -> int:
    """Keep what is known after the sessions of a history, for the candles from index `start` on.

    Returns how many sessions were calibrated. The session before `start` is the first that is needed.
    """
    book = CalibrationBook(stack.client("dynamodb"), stack.outputs["AdmissionTable"])
    opens = first_of(candles, instrument, instrument.local_date(int(candles.time[start])))
    since = instrument.local_date(int(candles.time[max(0, opens - 1)]))
    settings = config.detectors_for(instrument.name)
    return len(calibrate_history(candles, instrument, settings, timeframe, book, clock.now(), since=since))
