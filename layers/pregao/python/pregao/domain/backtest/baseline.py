"""What chance gives: the same alerts on other days, at the same clock.

Session i's alerts are moved to session i + k, past the last to the first, with pattern and side. Their
levels come from the ATR there. A move that finds no judged candle at that clock is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pregao.domain.backtest.gates import FEWEST_SESSIONS
from pregao.domain.calibration.barrier import STOP, TARGET, follow

if TYPE_CHECKING:
    from pregao.domain.alerts.signal import Levels
    from pregao.domain.backtest.truth import Flags
    from pregao.domain.detectors.firings import Rows
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints

MOST_SHIFTS = 400
ABSENT = 3
"""Beside the ends of trades: there is no judged candle at that clock."""
_AT_ONCE = 2_000_000
"""Moves judged at once, so that their columns fit in memory."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The judged candles: `rows` by session and clock (-1 where none), and both numbers of every candle.

    A session is a day with a judged candle; a candle of another day has session -1. A clock is one at which
    some candle is judged; a candle that is not judged has clock -1.
    """

    rows: Ints
    session: Ints
    clock: Ints

    def __len__(self) -> int:
        return len(self.rows)


def grid_of(days: Ints, seconds: Ints, judged: Flags) -> Grid:
    """Return the grid of candles in order of time, of which day and second of the day at the exchange."""
    chosen = np.flatnonzero(judged)
    found_days = np.unique(days[chosen])
    session = np.where(np.isin(days, found_days), np.searchsorted(found_days, days), -1)
    clock = np.full(len(days), -1, dtype=np.int64)
    clocks, clock[chosen] = np.unique(seconds[chosen], return_inverse=True)
    rows = np.full((len(found_days), len(clocks)), -1, dtype=np.int64)
    rows[session[chosen], clock[chosen]] = chosen
    return Grid(rows, session, clock)


def shifts(sessions: int) -> Ints:
    """Return by how many sessions alerts are moved: 1 to all but one, or MOST_SHIFTS evenly spaced."""
    count = max(0, min(sessions - 1, MOST_SHIFTS))
    return np.rint(np.linspace(1, sessions - 1, count)).astype(np.int64)


def ends_anywhere(
    series: Series, atr: Floats, judged: Flags, levels: Sequence[Levels], horizon: int
) -> NDArray[np.int8]:
    """Return how an alert on every judged candle would end: (levels, 2 sides: long, short; candles)."""
    ends = np.full((len(levels), 2, len(series)), ABSENT, dtype=np.int8)
    rows: Rows = np.flatnonzero(judged)
    for at, one in enumerate(levels):
        for short, sign in enumerate((1, -1)):
            side = np.full(len(rows), sign, dtype=np.int8)
            ends[at, short, rows] = follow(series, rows, side, atr[rows], one, horizon).touched
    return ends


@dataclass(frozen=True, slots=True)
class Alerts:
    """Alerts to be moved: their candle, side (0 long, 1 short) and which levels, one row each."""

    row: Rows
    short: Ints
    levels: Ints

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True)
class Moved:
    """Per alert, over all shifts: how often it found a candle, reached its target, reached either level.

    `leg` has the leg (or -1) that each alert captures under each shift: (shifts, alerts).
    """

    landed: Ints
    hits: Ints
    resolved: Ints
    leg: NDArray[np.int32]

    def captures(self, which: Flags, legs: int) -> Ints:
        """Return under how many shifts each of so many legs is captured by some of the alerts `which`."""
        caught = np.zeros((len(self.leg), legs + 1), dtype=np.bool_)
        np.put_along_axis(caught, self.leg[:, which].astype(np.intp), values=True, axis=1)
        times: Ints = caught[:, :legs].sum(axis=0)
        return times


def move(grid: Grid, alerts: Alerts, ends: NDArray[np.int8], leg_of_candle: Ints) -> Moved:
    """Judge the alerts moved by every shift; `ends` as of `ends_anywhere`, legs per side and candle."""
    by = shifts(len(grid)) if len(grid) >= FEWEST_SESSIONS else np.zeros(0, dtype=np.int64)
    session, clock = grid.session[alerts.row], grid.clock[alerts.row]
    landed, hits, resolved = np.zeros((3, len(alerts)), dtype=np.int64)
    leg = np.full((len(by), len(alerts)), -1, dtype=np.int32)
    chunk = max(1, _AT_ONCE // max(1, len(alerts)))
    for first in range(0, len(by), chunk):
        some = by[first : first + chunk, None]
        rows = grid.rows[(session + some) % len(grid), clock]
        touched = np.where(rows < 0, np.int8(ABSENT), ends[alerts.levels, alerts.short, rows])
        landed += (touched != ABSENT).sum(axis=0)
        hits += (touched == TARGET).sum(axis=0)
        resolved += ((touched == TARGET) | (touched == STOP)).sum(axis=0)
        leg[first : first + chunk] = np.where(rows < 0, -1, leg_of_candle[alerts.short, rows])
    return Moved(landed, hits, resolved, leg)


def moved_events(grid: Grid, rows: Rows, judged: Flags, came: Flags) -> tuple[Ints, Ints]:
    """Return per ring, over all shifts: how often it finds a judged candle, and how often one that came."""
    by = shifts(len(grid)) if len(grid) >= FEWEST_SESSIONS else np.zeros(0, dtype=np.int64)
    there = grid.rows[(grid.session[rows] + by[:, None]) % max(1, len(grid)), grid.clock[rows]]
    known = (there >= 0) & judged[there]
    return known.sum(axis=0), (known & came[there]).sum(axis=0)
