"""A close beyond the extreme of the candles before (Donchian channel)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.firings import Firings, Rows, shifted, sided, silent
from pregao.domain.detectors.indicators import rolling_max
from pregao.domain.detectors.prices import UNITS_PER_TICK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.settings import LevelBreak
    from pregao.domain.market.candles import Floats


def find(series: Series, settings: LevelBreak, atr: Floats, first: int = 0) -> Firings:
    """Fire where the close passes the level by more than the buffer and the candle before did not.

    The level is the highest high (lowest low) of the `lookback` candles before, the current one excluded;
    the candle before is held against its own level and buffer. Prices are raw within a contract; across a
    roll they are less its gap. `atr` is in units. Candles before `first` are not asked for.
    """
    highest, lowest = levels(series, settings.lookback)
    closes = series.closes - series.roll_shift
    above, below, reach = closes - highest, lowest - closes, reach_of(settings, atr)
    broken = np.array((above > reach, below > reach))
    if not broken[:, first:].any():
        return silent(len(series))
    sides = sided(*(broken > shifted(broken, 1)))

    def reasons(rows: Rows) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        long = sides[rows] > 0
        level = np.where(long, highest[rows], lowest[rows]) + series.roll_shift[rows]
        return {
            "level": series.difference(level),
            "margin": series.difference(np.where(long, above[rows], below[rows])),
            "atr": series.price(atr[rows]),
        }

    return Firings(sides, reasons)


def levels(series: Series, lookback: int) -> tuple[Floats, Floats]:
    """Return the highest high and the lowest low of the `lookback` candles before each, NaN where fewer.

    In units, in the frame of closes less `roll_shift`.
    """
    ends = np.array((series.highs - series.roll_shift, series.roll_shift - series.lows))
    level = np.empty(ends.shape)
    level[:, :lookback], level[:, lookback:] = np.nan, rolling_max(ends[:, :-1], lookback)
    return level[0], -level[1]


def reach_of(settings: LevelBreak, atr: Floats) -> Floats | float:
    """Return by how much, in units, each close must pass the level."""
    ticks = UNITS_PER_TICK * settings.buffer_ticks
    return ticks + settings.buffer_atr * atr if settings.buffer_atr else ticks
