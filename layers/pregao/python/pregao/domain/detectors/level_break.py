"""A close beyond the extreme of the candles before (Donchian channel)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.firings import Firings, Rows, shifted, sided
from pregao.domain.detectors.indicators import rolling_max
from pregao.domain.market.candle import decimals_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.settings import LevelBreak
    from pregao.domain.market.candles import Candles, Floats

# A tie in ticks stays one whatever the binary rounding of the prices; without a buffer nothing is rounded.
_SLACK = 1 + 1e-9


def find(series: Series, settings: LevelBreak, atr: Floats) -> Firings:
    """Fire where the close passes the level by more than the buffer and the candle before did not.

    The level is the highest high (lowest low) of the `lookback` raw candles before, the current one excluded;
    the candle before is held against its own level. `atr` is in units.
    """
    candles = series.candles
    highest, lowest = levels(candles, settings.lookback)
    above, below = candles.close - highest, lowest - candles.close
    reach = reach_of(series, settings)
    sides = sided(_begins(above > reach), _begins(below > reach))

    def reasons(rows: Rows) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        long = sides[rows] > 0
        return {
            "level": np.where(long, highest[rows], lowest[rows]),
            "margin": np.round(np.where(long, above[rows], below[rows]), 3 + decimals_of(series.tick)),
            "atr": series.price(atr[rows]),
        }

    return Firings(sides, reasons)


def levels(candles: Candles, lookback: int) -> tuple[Floats, Floats]:
    """Return the highest high and the lowest low of the `lookback` candles before each, NaN where fewer."""
    return _level(candles.high, lookback), -_level(-candles.low, lookback)


def reach_of(series: Series, settings: LevelBreak) -> float:
    """Return by how much, in price, a close must pass the level."""
    return settings.buffer_ticks * series.tick * _SLACK


def _level(highs: Floats, lookback: int) -> Floats:
    """Return the highest of the `lookback` values before each candle, NaN where there are fewer."""
    level = np.full_like(highs, np.nan)
    level[lookback:] = rolling_max(highs, lookback)[lookback - 1 : -1]
    return level


def _begins(broken: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return broken & ~shifted(broken, 1)
