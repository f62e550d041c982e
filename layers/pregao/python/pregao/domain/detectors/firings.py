"""What a pattern's function returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Sides = NDArray[np.int8]
"""Per candle: +1 fires long, -1 fires short, 0 does not fire."""

Rows = NDArray[np.intp]
"""Indices of candles."""


@dataclass(frozen=True, slots=True)
class Firings:
    """The side of every candle, and the numbers that fired it as columns for the rows asked for."""

    sides: Sides
    reasons: Callable[[Rows], Mapping[str, NDArray[np.float64] | NDArray[np.int64]]]

    def without(self, held: NDArray[np.bool_]) -> Firings:
        """Return the firings less those on the candles marked."""
        return replace(self, sides=np.where(held, np.int8(0), self.sides))


def silent(length: int) -> Firings:
    """Return the firings of so many candles of which none fires."""
    return Firings(np.zeros(length, dtype=np.int8), lambda _rows: {})


def sided(long: NDArray[np.bool_], short: NDArray[np.bool_]) -> Sides:
    """Return +1 where long, -1 where short; the two exclude each other."""
    return long.view(np.int8) - short.view(np.int8)


def shifted(flags: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """Return the flags (..., n) of `by` candles before, False where there is none."""
    before = np.zeros(flags.shape, dtype=np.bool_)
    before[..., by:] = flags[..., :-by]
    return before
