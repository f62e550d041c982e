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

    from local.lab.candlefile.facts import Market
    from pregao.domain.market.candles import Ints
    from pregao.domain.market.sessions import Sessions

HOLDS = 0.95
"""So many candles of a true reading lie in session; auctions and a forgotten season are the rest."""

_EPOCH_DAY = date(1970, 1, 1)
_LATE_CANDLES = 6
_NEAR_DAYS = 5
_MOST_DAYS_WITH = 0.5


@dataclass(frozen=True, slots=True)
class Hours:
    """Each row's session that day, in seconds of the wall clock; both 0 where there is none."""

    second: Ints
    opens: Ints
    closes: Ints
    day: Ints


@dataclass(frozen=True, slots=True)
class Edges:
    """Days of a file by what stands at the session's ends, told by the stamps as written.

    `early`: days that begin at the opening (`at_open`) or one candle later (`after_open`). `late`: days with
    a stamp near the close; `at_close` have one at it or just after.
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
    """Return what stands at the ends of the sessions; None for a market that never closes in a day."""
    if market.sessions is None or market.sessions.usual.close == MIDNIGHT:
        return None
    hours = _hours(np.sort(stamps), market.sessions, market.timezone)
    _, starts = np.unique(hours.day, return_index=True)
    floor = hours.opens // timeframe * timeframe
    known = (hours.closes > 0)[starts]
    first = _per_day(np.where(hours.second >= floor, hours.second, DAY_S), starts, np.minimum)
    last = _per_day(hours.second, starts, np.maximum)
    floors, closes = floor[starts], hours.closes[starts]
    early = known & (first <= floors + timeframe)
    late = known & (last >= closes - _LATE_CANDLES * timeframe)
    return Edges(
        int(early.sum()),
        int((early & (first == floors)).sum()),
        int((early & (first == floors + timeframe)).sum()),
        int(late.sum()),
        int((late & (last >= closes) & (last < closes + timeframe)).sum()),
    )


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
