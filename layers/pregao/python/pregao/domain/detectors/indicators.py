"""Kernels of the patterns. Each value depends on its trailing candles only, bit for bit.

They are built from elementwise shifted operations and exact integer sums, so the same candle has the same
value in every window that holds its memory; a recursive filter or a running sum of floats would not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.settings import MEMORY, PERIOD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints

KEPT = 1 - 1 / PERIOD
"""What Wilder's smoothing keeps of the value before."""

_RSI_DECIMALS, _ATR_DECIMALS = 10, 6


def rsi_and_atr(series: Series) -> tuple[Floats, Floats]:
    """Return Wilder's RSI (0 to 100) and ATR (in units) of 14 over the trailing memory of 180 changes.

    J. W. Wilder, New Concepts in Technical Trading Systems (1978), as TA-Lib computes them on the trailing
    181 candles; without any change RSI is 0 like there. NaN where the memory is incomplete. Both are rounded
    beyond any meaning, so that what is equal by the formula is equal in the comparisons too.
    """
    moves = np.zeros((3, len(series)))
    before = series.closes_before
    change = series.closes - before
    np.maximum(change, 0, out=moves[0], casting="unsafe")
    np.subtract(moves[0], change, out=moves[1])
    moves[2] = true_ranges(series)
    rises, falls, ranges = wilder_sums(moves)
    total = rises + falls
    share = np.divide(rises, total, out=total.copy(), where=total != 0)
    return np.round(100.0 * share, _RSI_DECIMALS), np.round(ranges / PERIOD, _ATR_DECIMALS)


def true_ranges(series: Series) -> Ints:
    """Return the true range of every candle in units, gap-adjusted: a session's first has its own range."""
    return series.true_ranges


def wilder_sums(changes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return PERIOD times Wilder's average of each row (rows, n) over the trailing MEMORY of its changes.

    The first PERIOD changes of the memory seed the average by their mean, the others smooth it. NaN before
    index MEMORY: change 0 has no candle before it.
    """
    smoothed = MEMORY - PERIOD
    sums = geometric_sums(changes, KEPT, smoothed)
    if changes.shape[-1] > MEMORY:
        seed = geometric_sums(changes[:, :-smoothed], 1.0, PERIOD)
        sums[:, MEMORY:] += KEPT**smoothed * seed[:, PERIOD:]
    sums[:, :MEMORY] = np.nan
    return sums


def geometric_sums(rows: NDArray[np.float64], ratio: float, terms: int) -> NDArray[np.float64]:
    """Return sum of ratio**j * rows[:, t - j] over j < terms, by doubling: S_2m(t) = S_m(t) + r^m S_m(t - m).

    Complete from index terms - 1 on.
    """
    sums, length = rows.copy(), 1
    for bit in f"{terms:b}"[1:]:
        later = sums[:, length:]  # a name of its own: `sums[:, length:] +=` would copy the sum onto itself
        later += ratio**length * sums[:, :-length]
        length *= 2
        if bit == "1":
            np.add(rows[:, 1:], ratio * sums[:, :-1], out=sums[:, 1:])
            length += 1
    return sums


def rolling_max(values: Floats, window: int) -> Floats:
    """Return the largest of the last `window` values of each row (..., n), the current one included.

    By doubling; complete from index window - 1 on.
    """
    largest, length = values.copy(), 1
    while length < window:
        step = min(length, window - length)
        largest[..., step:] = np.maximum(largest[..., step:], largest[..., :-step])
        length += step
    return largest


def rolling_sum(values: Ints, window: int) -> Ints:
    """Return the exact sum of the last `window` integers (modulo 2**64); 0 before index window - 1."""
    sums = np.zeros_like(values)
    running = np.cumsum(values)
    sums[window - 1 :] = running[window - 1 :]
    sums[window:] -= running[:-window]
    return sums
