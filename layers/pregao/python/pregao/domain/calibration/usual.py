"""What is usual at a time of day: mean ranges per slot over the sessions before.

A slot is the exchange's wall clock of a candle's open. Everything is built session by session: what stands
beside a candle comes from the sessions before its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.outcome import HORIZON
from pregao.domain.detectors.indicators import true_ranges
from pregao.domain.detectors.prices import DAY_S

if TYPE_CHECKING:
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints

SESSIONS = 20
"""Number of past sessions that a mean is made of."""
FEWEST = 10
"""Minimum number of them that must have the slot."""


@dataclass(frozen=True)
class Usual:
    """Means per session and slot, in units, NaN where fewer than FEWEST sessions have it.

    Row j of `ranges` (of the slot's candle) and `ahead` (of the HORIZON candles after it) is known before
    session j begins; there is one row more than sessions, for the session to come. `clocks` are the slots in
    seconds of the day; `session` and `slot` place every candle.
    """

    clocks: Ints
    ranges: Floats
    ahead: Floats
    session: Ints
    slot: Ints

    @cached_property
    def range_of_candle(self) -> Floats:
        """What was usual for every candle's own range."""
        return self.ranges[self.session, self.slot]

    @cached_property
    def ahead_of_candle(self) -> Floats:
        """What was usual for the range of the HORIZON candles after every candle."""
        return self.ahead[self.session, self.slot]


def usual(series: Series) -> Usual:
    """Return what is usual for every session of a series and for the one to come."""
    clock = series.wall % DAY_S
    clocks, slot = np.unique(clock, return_inverse=True)
    lengths = np.diff(series.session_firsts, append=len(series))
    session = np.repeat(np.arange(len(lengths)), lengths)
    ahead = ranges_ahead(series)
    known = ahead >= 0
    shape = len(lengths), len(clocks)
    own = _means(session, slot, true_ranges(series), shape)
    later = _means(session[known], slot[known], ahead[known], shape)
    return Usual(clocks.astype(np.int64), own, later, session.astype(np.int64), slot.astype(np.int64))


def ranges_ahead(series: Series) -> Ints:
    """Return the highest high less the lowest low of the next HORIZON candles of each candle's session.

    Fewer at the session's end; -1 at its last candle. In units.
    """
    place, last = np.arange(len(series)), series.session_last
    highs, lows = np.full(len(series), np.iinfo(np.int64).min), np.full(len(series), np.iinfo(np.int64).max)
    for step in range(1, HORIZON + 1):
        at = np.minimum(place + step, last)
        inside = place + step <= last
        highs = np.where(inside, np.maximum(highs, series.highs[at]), highs)
        lows = np.where(inside, np.minimum(lows, series.lows[at]), lows)
    return np.where(place < last, highs - lows, -1)


def _means(session: Ints, slot: Ints, values: Ints, shape: tuple[int, int]) -> Floats:
    """Return the means over the SESSIONS before each session and before the one to come, exact sums."""
    sums, counts = (np.zeros((shape[0] + 1, shape[1]), dtype=np.int64) for _ in range(2))
    sums[session + 1, slot], counts[session + 1, slot] = values, 1
    windows = []
    for column in (sums, counts):
        running = np.cumsum(column, axis=0)
        window = running.copy()
        window[SESSIONS:] -= running[:-SESSIONS]
        windows.append(window)
    total, count = windows
    means: Floats = np.divide(total, count, out=np.full(total.shape, np.nan), where=count >= FEWEST)
    return means
