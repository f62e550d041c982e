"""What was there to be captured: the legs of the market, and which alerts come early enough for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pregao.domain.backtest.rules import Truth
    from pregao.domain.detectors.firings import Rows
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints

Flags = NDArray[np.bool_]
Leg = tuple[int, int, int]
"""First and last row, both extremes included, and the side: +1 rises, -1 falls."""


@dataclass(frozen=True, slots=True)
class Legs:
    """Legs ordered by their first candle: first and last row, side +1 or -1."""

    first: Rows
    last: Rows
    side: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, which: Flags) -> Legs:
        """Return the legs chosen by a mask."""
        return Legs(self.first[which], self.last[which], self.side[which])

    @property
    def early_until(self) -> Rows:
        """The last row of the first third of each leg, rounded up: an alert later than that is too late."""
        candles: Rows = self.last - self.first + 1
        return self.first + (candles + 2) // 3 - 1

    def shifted(self, by: int) -> Legs:
        """Return the legs with every row so much further on."""
        return Legs(self.first + by, self.last + by, self.side)


def joined_legs(parts: Sequence[Legs]) -> Legs:
    """Return the legs of several histories as one table."""
    columns = (np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Legs))
    return Legs(*columns)


def find_legs(series: Series, atr: Floats, truth: Truth, warmup: int) -> Legs:
    """Return the legs of a zigzag over highs and lows, one zigzag per session, from the warm-up on.

    A leg begins at an extreme from which price has moved `leg_reversal_atr` times the ATR of that extreme's
    candle, and ends at the extreme where the next one begins, or at the session's last extreme. It counts
    when it measures at least `leg_size_atr` times the ATR of its first candle. A candle that extends a leg
    and reverses it extends first: the reversal is measured from the new extreme. `atr` is in units.
    """
    highs, lows, ranges = series.highs.tolist(), series.lows.tolist(), atr.tolist()
    lasts = series.session_last[series.session_firsts].tolist()
    found: list[Leg] = []
    for first, last in zip(series.session_firsts.tolist(), lasts, strict=True):
        begins = max(first, warmup - 1)
        for start, end, side in _zigzag(highs, lows, ranges, begins, last, truth.leg_reversal_atr):
            size = highs[end] - lows[start] if side > 0 else highs[start] - lows[end]
            if size >= truth.leg_size_atr * ranges[start]:
                found.append((start, end, side))
    found.sort()
    columns = np.array(found, dtype=np.int64).reshape(-1, 3).T
    return Legs(columns[0].astype(np.intp), columns[1].astype(np.intp), columns[2].astype(np.int8))


def leg_of_candle(legs: Legs, length: int) -> Ints:
    """Return per side (0 long, 1 short) and candle the leg that an alert there captures, -1 where none.

    A captured leg is of the alert's side, and the candle is in its first third; no candle is in the first
    third of two legs of one side.
    """
    found = np.full((2, length), -1, dtype=np.int64)
    places = zip(legs.first.tolist(), legs.early_until.tolist(), legs.side.tolist(), strict=True)
    for at, (first, last, side) in enumerate(places):
        found[int(side < 0), first : last + 1] = at
    return found


def _zigzag(
    highs: Sequence[int], lows: Sequence[int], atr: Sequence[float], first: int, last: int, reversal: float
) -> Iterator[Leg]:
    begun = _first_leg(highs, lows, atr, first, last, reversal)
    if begun is None:
        return
    start, extreme, side = begun
    for at in range(extreme + 1, last + 1):
        if (highs[at] > highs[extreme]) if side > 0 else (lows[at] < lows[extreme]):
            extreme = at
        back = highs[extreme] - lows[at] if side > 0 else highs[at] - lows[extreme]
        if 0 < back >= reversal * atr[extreme]:
            yield start, extreme, side
            start, extreme, side = extreme, at, -side
    yield start, extreme, side


def _first_leg(
    highs: Sequence[int], lows: Sequence[int], atr: Sequence[float], first: int, last: int, reversal: float
) -> Leg | None:
    """Return the session's first leg as it begins: away from an extreme of an earlier candle.

    Of two that begin on one candle the one that moved further; of two equal ones the rising one.
    """
    top = bottom = first
    for at in range(first + 1, last + 1):
        top = at if highs[at] > highs[top] else top
        bottom = at if lows[at] < lows[bottom] else bottom
        rise, fall = highs[at] - lows[bottom], highs[top] - lows[at]
        rises = bottom < at and 0 < rise >= reversal * atr[bottom]
        falls = top < at and 0 < fall >= reversal * atr[top]
        if rises and (rise >= fall or not falls):
            return bottom, at, 1
        if falls:
            return top, at, -1
    return None
