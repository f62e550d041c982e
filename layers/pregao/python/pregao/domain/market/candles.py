"""Columns of closed candles of one symbol and timeframe, oldest first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """Seven columns of equal length n, oldest first.

    time: int64, candle **open**, epoch seconds UTC, strictly increasing; open, high, low, close: float64,
    the instrument's own numbers; tick_volume, real_volume, spread: int64.
    """

    time: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    tick_volume: Ints
    real_volume: Ints
    spread: Ints

    def __len__(self) -> int:
        return len(self.time)

    @property
    def step(self) -> int:
        """The timeframe in seconds, as the nearest two candles tell it; 0 with fewer than two."""
        return int(np.diff(self.time).min()) if len(self) > 1 else 0

    def __getitem__(self, rows: slice) -> Candles:
        """Return the candles of a slice; the columns are views, nothing is copied."""
        return Candles(
            self.time[rows],
            self.open[rows],
            self.high[rows],
            self.low[rows],
            self.close[rows],
            self.tick_volume[rows],
            self.real_volume[rows],
            self.spread[rows],
        )
