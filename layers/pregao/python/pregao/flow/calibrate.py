"""What is known after a session, made of candles and kept for the sessions to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from pregao.domain.calibration.live import calibrations
from pregao.domain.market.candles import Candles, Floats, Ints
from pregao.wire.calibration_v1 import Grid

if TYPE_CHECKING:
    from pregao.domain.calibration.live import Calibration
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candle import Candle
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.ports.calibration import CalibrationBook
    from pregao.flow.ports.desk import CandleBook

DAYS = 200
"""Calendar days of candles that a calibration is made of; about 130 sessions."""
PAGE = 1500


@dataclass(frozen=True, slots=True)
class Calibrating:
    """What the story works with; `clock` gives epoch seconds."""

    candles: CandleBook
    book: CalibrationBook
    clock: Callable[[], float]


def calibrate(
    instrument: Instrument, settings: DetectorSettings, timeframe: str, day: date, deps: Calibrating
) -> Calibration | None:
    """Calibrate the session of a day (at the exchange) that is over, from the candles kept until its end.

    Returns what was kept; None where the day has no candles, is not over, or is calibrated already.
    """
    zone = ZoneInfo(instrument.timezone)
    start, end = (
        int(datetime.combine(day + timedelta(off), time(0), zone).timestamp()) for off in (-DAYS, 1)
    )
    kept = candles_of(_kept(instrument, timeframe, start, end, deps.candles))
    if not len(kept) or instrument.local_date(int(kept.time[-1])) != day:
        return None
    made = calibrate_history(kept, instrument, settings, timeframe, deps.book, deps.clock(), since=day)
    return made[0] if made else None


def calibrate_history(
    candles: Candles,
    instrument: Instrument,
    settings: DetectorSettings,
    timeframe: str,
    book: CalibrationBook,
    now: float,
    *,
    since: date = date.min,
) -> list[Calibration]:
    """Keep what is known after each session from `since` on; returns those that were not kept already.

    Each is made of its session and those before it alone, so all of a history may be kept before any of its
    candles is judged: detection takes one of a session before the candle's. One that is not over at `now`
    (epoch seconds) is left out.
    """
    grid = Grid.of(instrument, timeframe)
    return [
        one
        for one in calibrations(candles, instrument, settings)
        if one.session >= since and _over(instrument, one.session, now) and book.keep(grid, one, now)
    ]


def _over(instrument: Instrument, day: date, now: float) -> bool:
    """Tell whether no candle of a day's session is still to come; without regular hours, of the day."""
    span = instrument.session_of(day)
    midnight = datetime.combine(day + timedelta(1), time(0), ZoneInfo(instrument.timezone))
    return now >= (span[1] if span else midnight.timestamp())


def _kept(instrument: Instrument, timeframe: str, start: int, end: int, book: CandleBook) -> Iterable[Candle]:
    """Yield the kept candles that open from `start` to before `end`, oldest first."""
    while page := book.since(instrument.name, timeframe, start, PAGE):
        yield from (one for one in page if one.time < end)
        start = page[-1].time + 1
        if start >= end:
            return


def candles_of(rows: Iterable[Candle]) -> Candles:
    """Return candles as columns; their spread is not kept and is 0."""
    kept = list(rows)

    def prices(name: str) -> Floats:
        return np.array([getattr(one, name) for one in kept], dtype=np.float64)

    def counts(name: str) -> Ints:
        return np.array([getattr(one, name) for one in kept], dtype=np.int64)

    return Candles(
        time=counts("time"),
        open=prices("open"),
        high=prices("high"),
        low=prices("low"),
        close=prices("close"),
        tick_volume=counts("tick_volume"),
        real_volume=counts("real_volume"),
        spread=np.zeros(len(kept), dtype=np.int64),
    )
