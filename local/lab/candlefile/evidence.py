"""What a file's candles say of a reading: whether they lie in session, and on which days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from local.lab.candlefile.clocks import DAY_S, to_wall
from pregao.domain.market.sessions import MIDNIGHT

if TYPE_CHECKING:
    from datetime import time

    from numpy.typing import NDArray

    from local.lab.candlefile.facts import Market
    from pregao.domain.market.candles import Ints
    from pregao.domain.market.sessions import Sessions

HOLDS = 0.95
"""So many candles of a true reading lie in session; auctions and a forgotten season are the rest."""

_EPOCH_DAY = date(1970, 1, 1)
_LATE_CANDLES = 6
_NEAR_DAYS = 5
_MOST_DAYS_WITH = 0.5
_HOUR_S = 3600
_NEW_YORK_CLOSE_S = 17 * _HOUR_S


@dataclass(frozen=True, slots=True)
class Hours:
    """Each row's session that day, in seconds of the wall clock; both 0 where there is none."""

    second: Ints
    opens: Ints
    closes: Ints
    day: Ints


@dataclass(frozen=True, slots=True)
class Edges:
    """Days (or weeks) of a file by what stands at their ends, told by the stamps as written.

    `early`: those that begin at the opening (`at_open`) or one candle later (`after_open`). `late`: those
    with a stamp near the close; `at_close` have one at it or just after.
    """

    early: int
    at_open: int
    after_open: int
    late: int
    at_close: int

    @property
    def says_open(self) -> bool:
        """A candle that ends at the opening belongs to no session: such stamps are openings."""
        return self.at_open > 0 and self.at_open >= _MOST_DAYS_WITH * self.early

    @property
    def says_close(self) -> bool:
        """Days begin one candle after the opening and end at the close: the stamps are closings."""
        begins = self.after_open > 0 and self.at_open == 0
        return begins and self.at_close > 0 and self.at_close >= _MOST_DAYS_WITH * self.late

    @property
    def hints_close(self) -> bool:
        """One end of the sessions looks as if the stamps were closings, and the other does not deny it."""
        begins = self.after_open > 0 and self.at_open == 0
        ends = self.late > 0 and self.at_close >= _MOST_DAYS_WITH * self.late
        return (begins and (ends or not self.late)) or (ends and not self.early)


def session_share(opens: Ints, timeframe: int, market: Market) -> float | None:
    """Return the share of candles (opens in UTC) that lie in session; None where sessions are not known."""
    if market.sessions is None:
        return None
    hours = _hours(opens, market.sessions, market.timezone)
    inside = (hours.second + timeframe > hours.opens) & (hours.second < hours.closes)
    return float(inside.mean())


def edges(stamps: Ints, timeframe: int, market: Market) -> Edges | None:
    """Return what stands at the ends of the sessions; at those of the weeks, where days have no end.

    None where neither is seen: a stretch of one week of a market that never closes in a day.
    """
    if market.sessions is None or market.sessions.usual.close == MIDNIGHT:
        return _week_edges(stamps, timeframe, market.timezone)
    hours = _hours(np.sort(stamps), market.sessions, market.timezone)
    _, starts = np.unique(hours.day, return_index=True)
    known = (hours.closes > 0)[starts]
    floor = hours.opens // timeframe * timeframe
    first = _per_day(np.where(hours.second >= floor, hours.second, DAY_S), starts, np.minimum)
    last = _per_day(hours.second, starts, np.maximum)
    opens, floors, closes = hours.opens[starts], floor[starts], hours.closes[starts]
    early = known & (first <= opens + timeframe)
    late = known & (last >= closes - _LATE_CANDLES * timeframe)
    at_open = (first == floors) | (first == opens)  # grids begin at midnight or at the opening
    after_open = (first == floors + timeframe) | (first == opens + timeframe)
    return Edges(
        int(early.sum()),
        int((early & at_open).sum()),
        int((early & after_open & ~at_open).sum()),
        int(late.sum()),
        int((late & (last >= closes) & (last < closes + timeframe)).sum()),
    )


def _week_edges(stamps: Ints, timeframe: int, zone: str) -> Edges | None:
    """Return what stands around the pauses of a day or more: weekends and holidays.

    Markets open and close at a whole hour. Candles of an hour or more are all on one: for them it is the
    zone's midnight or 17:00 in New York, where the currency market's week begins and ends.
    """
    times = np.sort(stamps)
    pauses = np.flatnonzero(np.diff(times) >= DAY_S)
    if not len(pauses) or timeframe >= DAY_S:
        return None
    last, first = times[pauses], times[pauses + 1]
    at_open, after_open = _may_open(first, timeframe, zone), _may_open(first - timeframe, timeframe, zone)
    at_close = _may_open(last, timeframe, zone)
    return Edges(
        len(pauses), int(at_open.sum()), int((after_open & ~at_open).sum()), len(pauses), int(at_close.sum())
    )


def _may_open(times: Ints, timeframe: int, zone: str) -> NDArray[np.bool_]:
    wall = to_wall(times, zone)
    if timeframe < _HOUR_S:
        return np.asarray(wall % _HOUR_S == 0)
    evening = to_wall(times, "America/New_York") % DAY_S == _NEW_YORK_CLOSE_S
    return np.asarray((wall % DAY_S == 0) | evening)


def near_share(days: Ints) -> float | None:
    """Return the share of a file's dates that follow the one before within five days; None for one date."""
    gaps = np.diff(np.unique(days))
    return float((gaps <= _NEAR_DAYS).mean()) if len(gaps) else None


def idle_share(days: Ints, market: Market) -> float | None:
    """Return the share of dates without a session; None where the calendar is not known."""
    if market.sessions is None:
        return None
    dates = [_EPOCH_DAY + timedelta(int(day)) for day in np.unique(days)]
    return sum(market.sessions.on(day) is None for day in dates) / len(dates)


def _per_day(values: Ints, starts: Ints, how: np.ufunc) -> Ints:
    found: Ints = how.reduceat(values, starts)
    return found


def _hours(opens: Ints, sessions: Sessions, zone: str) -> Hours:
    wall = to_wall(opens, zone)
    days, row_day = np.unique(wall // DAY_S, return_inverse=True)
    found = [sessions.on(_EPOCH_DAY + timedelta(int(day))) for day in days]
    opening = np.array([_seconds(one.open) if one else 0 for one in found], dtype=np.int64)
    closing = np.array([(_seconds(one.close) or DAY_S) if one else 0 for one in found], dtype=np.int64)
    return Hours(wall % DAY_S, opening[row_day], closing[row_day], wall // DAY_S)


def _seconds(moment: time) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second
