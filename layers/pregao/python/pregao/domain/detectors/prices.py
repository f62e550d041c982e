"""Candles as exact integers, and the overnight gap taken out.

Prices become integers in units of a thousandth of a tick, a fixed grid so that every window of a series sees
the same numbers: sums and differences of them are exact, wherever in a series they are formed. int64
arithmetic is modulo 2**64, so a difference that fits is exact even where the sums before it wrapped.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from pregao.domain.market.candle import decimals_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from pregao.domain.market.candles import Candles, Floats, Ints
    from pregao.domain.market.instrument import Instrument

UNITS_PER_TICK = 1000
_EPOCH = date(1970, 1, 1)
_HOUR_S = 3600
DAY_S = 86_400
_WEEK_S = 7 * DAY_S


class Series:
    """Candles of one instrument with what all patterns derive from them, each column formed on first use.

    All columns have the length of the candles. `contract_on` tells the contract of a date at the exchange;
    without it all candles are of one contract.
    """

    def __init__(
        self,
        candles: Candles,
        tick_size: float,
        timezone: str,
        contract_on: Callable[[date], str] | None = None,
    ) -> None:
        self.candles = candles
        self.tick = tick_size
        self.timezone = timezone
        self._contract_on = contract_on

    def __len__(self) -> int:
        return len(self.candles)

    def price(self, units: NDArray[Any]) -> Floats:
        """Return what so many units are in the instrument's own numbers."""
        priced: Floats = units / UNITS_PER_TICK * self.tick
        return priced

    def difference(self, units: NDArray[Any]) -> Floats:
        """Return a difference of prices without binary dust: 2.9999999e-05 is 3e-05."""
        return np.round(self.price(units), 3 + decimals_of(self.tick))

    @cached_property
    def _units(self) -> tuple[Ints, ...]:
        """Opens, highs, lows and closes in units."""
        candles = self.candles
        return tuple(self.units(np.array((candles.open, candles.high, candles.low, candles.close))))

    @cached_property
    def opens(self) -> Ints:
        """Opens in units."""
        return self._units[0]

    @cached_property
    def highs(self) -> Ints:
        """Highs in units."""
        return self._units[1]

    @cached_property
    def lows(self) -> Ints:
        """Lows in units."""
        return self._units[2]

    @cached_property
    def closes(self) -> Ints:
        """Closes in units."""
        return self._units[3]

    @cached_property
    def closes_before(self) -> Ints:
        """The gap-adjusted close before each candle, in the candle's own frame, in units.

        At the first candle of a session that is its open: the gap is no move. At index 0 likewise.
        """
        before = np.empty_like(self.closes)
        before[1:] = self.closes[:-1]
        firsts = self.session_firsts
        before[firsts] = self.opens[firsts]
        return before

    @cached_property
    def true_ranges(self) -> Ints:
        """The true range of every candle in units, gap-adjusted: a session's first has its own range."""
        before = self.closes_before
        ranges: Ints = np.maximum(self.highs, before) - np.minimum(self.lows, before)
        return ranges

    @cached_property
    def shift(self) -> Ints:
        """Sum of the gaps (first open - last close before) since the series began, in units.

        A price of candle i in the frame of candle t is price[i] - shift[i] + shift[t].
        """
        return self._gaps_before(self.session_firsts[1:])

    @cached_property
    def roll_shift(self) -> Ints:
        """Sum of the gaps from one contract to the next since the series began, in units.

        Prices less it stand in one frame: what they differ by is no roll. The roll's gap is that of its
        night: first open of the new contract - last close of the old one.
        """
        return self._gaps_before(self._roll_firsts())

    def _gaps_before(self, firsts: NDArray[np.intp]) -> Ints:
        gaps = np.zeros(len(self), dtype=np.int64)
        if not len(firsts):
            return gaps
        gaps[firsts] = self.opens[firsts] - self.closes[firsts - 1]
        return gaps.cumsum()

    def _roll_firsts(self) -> NDArray[np.intp]:
        """Return the indices of the first candles of another contract than the candle before."""
        firsts = self.session_firsts
        if self._contract_on is None or len(firsts) < 2:
            return firsts[:0]
        days = [_EPOCH + timedelta(day) for day in (self.wall[firsts] // DAY_S).tolist()]
        if self._contract_on(days[0]) == self._contract_on(days[-1]):
            return firsts[:0]  # a contract that has expired does not come back
        contracts = list(map(self._contract_on, days))
        return firsts[1:][[one != before for before, one in pairwise(contracts)]]

    @cached_property
    def wall(self) -> Ints:
        """The exchange's wall clock of every candle, written as if it were UTC."""
        return local_seconds(self.candles.time, self.timezone)

    @cached_property
    def session_firsts(self) -> NDArray[np.intp]:
        """Indices of the first candles of a date at the exchange, index 0 among them; one per session."""
        days = self.wall // DAY_S
        new = np.empty(len(days), dtype=np.bool_)
        new[:1] = True
        np.not_equal(days[1:], days[:-1], out=new[1:])
        return new.nonzero()[0]

    @cached_property
    def session_first(self) -> NDArray[np.intp]:
        """Index of the first candle of each candle's session."""
        return np.repeat(self.session_firsts, self._session_lengths)

    @cached_property
    def session_last(self) -> NDArray[np.intp]:
        """Index of the last candle of each candle's session."""
        return np.repeat(self.session_firsts + self._session_lengths - 1, self._session_lengths)

    def holes(self, missing: int, step: int) -> NDArray[np.intp]:
        """Return the indices of the candles before which `missing` or more of `step` seconds are gone.

        Inside a session: what lies between two is no hole.
        """
        time = self.candles.time
        gaps = np.zeros(len(time), dtype=np.bool_)
        np.greater(time[1:] - time[:-1], missing * step, out=gaps[1:])
        gaps[self.session_firsts] = False
        return gaps.nonzero()[0]

    def since_hole(self, missing: int, step: int) -> NDArray[np.intp]:
        """Return how many candles of the session lie between each candle and the newest hole before it.

        0 right after a hole. The series' length where the session has had none.
        """
        place, newest = np.arange(len(self)), np.full(len(self), -1)
        holes = self.holes(missing, step)
        newest[holes] = holes
        np.maximum.accumulate(newest, out=newest)
        since: NDArray[np.intp] = np.where(newest >= self.session_first, place - newest, len(self))
        return since

    @cached_property
    def _session_lengths(self) -> NDArray[np.intp]:
        return np.concatenate((self.session_firsts[1:], (len(self),))) - self.session_firsts

    def units(self, prices: Floats) -> Ints:
        """Return prices in the instrument's own numbers as units."""
        return np.rint(prices * (UNITS_PER_TICK / self.tick)).astype(np.int64)


def local_days(times: Ints, timezone: str) -> Ints:
    """Return the day number (days since 1970-01-01) at the exchange of each epoch second UTC."""
    return local_seconds(times, timezone) // DAY_S


def local_seconds(times: Ints, timezone: str) -> Ints:
    """Return the exchange's wall clock, written as if it were UTC, of each epoch second UTC."""
    if not len(times):
        return times
    first, last = int(times[0]) // _WEEK_S, int(times[-1]) // _WEEK_S
    if first == last or _same_offset(timezone, first, last):
        offset = _week_offset(timezone, first)
        if offset is not None:
            return times + offset
    local, weeks = times.copy(), times // _WEEK_S
    edges = np.flatnonzero(np.diff(weeks)) + 1
    for rows in np.split(np.arange(len(times)), edges):
        local[rows] += _offsets(times[rows], timezone, int(weeks[rows[0]]))
    return local


def _same_offset(timezone: str, first: int, last: int) -> bool:
    offsets = {_week_offset(timezone, week) for week in range(first, last + 1)}
    return len(offsets) == 1


def _offsets(times: Ints, timezone: str, week: int) -> Ints | int:
    offset = _week_offset(timezone, week)
    if offset is not None:
        return offset
    return np.array([_offset(timezone, int(moment)) for moment in times], dtype=np.int64)


@lru_cache(maxsize=4096)
def _week_offset(timezone: str, week: int) -> int | None:
    """Return the offset from UTC in seconds that holds all that week, None when it changes within."""
    before, after = _offset(timezone, week * _WEEK_S), _offset(timezone, (week + 1) * _WEEK_S)
    return before if before == after else None


def _offset(timezone: str, moment: int) -> int:
    offset = datetime.fromtimestamp(moment, UTC).astimezone(ZoneInfo(timezone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def in_session(series: Series, instrument: Instrument) -> NDArray[np.bool_]:
    """Return what `Instrument.in_session` says of every candle, asked once per session."""
    days, clock = np.divmod(local_seconds(series.candles.time, series.timezone), DAY_S)
    firsts = series.session_firsts
    hours = [instrument.sessions.on(_EPOCH + timedelta(day)) for day in days[firsts].tolist()]
    opens = [_seconds(one.open) if one else DAY_S for one in hours]
    closes = [(_seconds(one.close) or DAY_S) if one else 0 for one in hours]
    lengths = np.diff(firsts, append=len(series))
    inside: NDArray[np.bool_] = (clock >= np.repeat(opens, lengths)) & (clock < np.repeat(closes, lengths))
    return inside


def _seconds(clock: time) -> int:
    return clock.hour * _HOUR_S + clock.minute * 60 + clock.second
