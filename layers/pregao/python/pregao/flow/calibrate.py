"""What is known after a session, made of candles and kept for the sessions to come."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from pregao.domain.calibration.live import calibrations
from pregao.domain.calibration.scores import with_scores
from pregao.domain.detectors.prices import local_days
from pregao.domain.market.candles import Candles, Floats, Ints
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.flow.steps.sessions.session_ledger import SessionClosing, close_session
from pregao.wire.calibration_v1 import Grid

if TYPE_CHECKING:
    from pregao.domain.calibration.ledger import SessionLedger
    from pregao.domain.calibration.live import Calibration
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.feeds.feed import FeedKey
    from pregao.domain.market.candle import Candle
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.ports.calibration import CalibrationBook
    from pregao.flow.ports.desk import CandleBook

DAYS = 200
"""Calendar days of candles that a calibration is made of; about 130 sessions."""
PAGE = 1500
CATCH_UP = 5
"""Sessions back that a round makes up for; an older calibration is not taken any more."""
FEED_S = 120.0
"""Time budget in seconds of a feed's sessions, if every call runs into its timeout."""


@dataclass(frozen=True, slots=True)
class Calibrating:
    """Dependencies of `calibrate`; `clock` gives epoch seconds."""

    candles: CandleBook
    book: CalibrationBook
    clock: Callable[[], float]


def calibrate_all(
    feeds: Iterable[FeedKey], deps: Calibrating, closing: SessionClosing, time: TimeLeft
) -> list[SessionLedger]:
    """Calibrate and close every feed's sessions that are over and not closed; returns their ledgers.

    A feed that fails is left to the next round. Raises an ExceptionGroup of what failed, after all had their
    turn.
    """
    closed: list[SessionLedger] = []
    failures = Failures()
    for name, timeframe in failures.each(feeds, FEED_S, time):
        with failures.kept():
            closed += close_new(closing.config.traded()[name], timeframe, deps, closing)
    failures.tell(
        f"not every feed was calibrated, only {[(one.instrument, one.timeframe) for one in closed]}"
    )
    return closed


def close_new(
    instrument: Instrument, timeframe: str, deps: Calibrating, closing: SessionClosing
) -> list[SessionLedger]:
    """Calibrate and close what is over of the CATCH_UP newest sessions and was left out.

    The one before the first of them is closed again: candles that came late may have changed what became of
    its alerts. If nothing is due, this costs two or three reads.
    """
    feed = instrument.name, timeframe
    newest = newest_over(instrument, timeframe, deps)
    if newest is None or closing.ledgers.there(feed, newest):
        return []
    kept = kept_until(instrument, timeframe, newest, deps)
    sessions = sessions_of(kept, instrument)[-CATCH_UP - 1 :]
    left_out = [one for one in sessions[-CATCH_UP:] if not closing.ledgers.there(feed, one)]
    settings = closing.config.detectors_for(instrument.name)
    calibrate_history(kept, instrument, settings, timeframe, deps.book, deps.clock(), since=left_out[0])
    before = sessions[: sessions.index(left_out[0])][-1:]
    again = [one for one in before if closing.ledgers.there(feed, one)]
    return [close_session(instrument, timeframe, one, kept, closing) for one in [*again, *left_out]]


def newest_over(instrument: Instrument, timeframe: str, deps: Calibrating) -> date | None:
    """Return the newest session of the kept candles of which no candle is still to come."""
    now = deps.clock()
    until = int(now) + 1
    while newest := deps.candles.before(instrument.name, timeframe, until, 1):
        day = instrument.local_date(newest[0].time)
        if is_over(instrument, day, now):
            return day
        until = _midnight(instrument, day)
    return None


def sessions_of(candles: Candles, instrument: Instrument) -> list[date]:
    """Return the dates at the exchange that candles are of, in order."""
    days = np.unique(local_days(candles.time, instrument.timezone))
    return [date(1970, 1, 1) + timedelta(int(day)) for day in days]


def kept_until(instrument: Instrument, timeframe: str, day: date, deps: Calibrating) -> Candles:
    """Return the candles kept of the DAYS until the end of a day at the exchange."""
    start, end = (_midnight(instrument, day + timedelta(off)) for off in (-DAYS, 1))
    return candles_of(_kept(instrument, timeframe, start, end, deps.candles))


def calibrate(
    instrument: Instrument, settings: DetectorSettings, timeframe: str, day: date, deps: Calibrating
) -> Calibration | None:
    """Calibrate the session of a day (at the exchange) that is over, from the candles kept until its end.

    Returns what was kept; None where the day has no candles, is not over, or is calibrated already.
    """
    kept = kept_until(instrument, timeframe, day, deps)
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
    made = list(calibrations(candles, instrument, settings))
    return [
        one
        for one in with_scores(made, candles, instrument, settings, since)
        if is_over(instrument, one.session, now) and book.keep(grid, one, now)
    ]


def is_over(instrument: Instrument, day: date, now: float) -> bool:
    """Tell whether no candle of a day's session is still to come; without regular hours, of the day."""
    span = instrument.session_of(day)
    return now >= (span[1] if span else _midnight(instrument, day + timedelta(1)))


def _midnight(instrument: Instrument, day: date) -> int:
    return int(datetime.combine(day, time(0), ZoneInfo(instrument.timezone)).timestamp())


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
