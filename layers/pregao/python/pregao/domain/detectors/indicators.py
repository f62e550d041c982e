"""Kernels of the patterns. Each value depends on its trailing candles only, bit for bit.

They are built from elementwise shifted operations and exact integer sums, so the same candle has the same
value in every window that holds its memory; a recursive filter or a running sum of floats would not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

from pregao.domain.detectors.settings import MEMORY, PERIOD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints

KEPT = 1 - 1 / PERIOD
"""What Wilder's smoothing keeps of the value before."""

Number = TypeVar("Number", np.int64, np.float64)
_RSI_DECIMALS, _ATR_DECIMALS = 10, 6


def rsi_and_atr(series: Series) -> tuple[Floats, Floats]:
    """Return Wilder's RSI (0 to 100) and ATR (in units) of 14 over the trailing memory of 180 changes.

    J. W. Wilder, New Concepts in Technical Trading Systems (1978), as TA-Lib computes them on the trailing
    181 candles; without any change RSI is 0 like there. NaN where the memory is incomplete. Both are rounded
    beyond any meaning, so that what is equal by the formula is equal in the comparisons too.
    """
    moves = np.empty((3, len(series)), dtype=np.int64)
    change = series.closes - series.closes_before
    np.maximum(change, 0, out=moves[0])
    np.subtract(moves[0], change, out=moves[1])
    moves[2] = true_ranges(series)
    rises, falls, ranges = wilder_sums(moves)
    total = rises + falls
    share = np.divide(rises, total, out=total.copy(), where=total != 0)
    return (100.0 * share).round(_RSI_DECIMALS), (ranges / PERIOD).round(_ATR_DECIMALS)


def true_ranges(series: Series) -> Ints:
    """Return the true range of every candle in units, gap-adjusted: a session's first has its own range."""
    return series.true_ranges


def wilder_sums(changes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return PERIOD times Wilder's average of each row (rows, n) over the trailing MEMORY of its changes.

    The first PERIOD changes of the memory seed the average by their mean, the others smooth it. NaN before
    index MEMORY: change 0 has no candle before it.
    """
    smoothed = MEMORY - PERIOD
    sums = np.empty(changes.shape)
    sums[:, :MEMORY] = np.nan
    if changes.shape[-1] > MEMORY:
        seed = rolling_sum(changes[:, 1:-smoothed], PERIOD)[:, PERIOD - 1 :]
        later = geometric_sums(changes[:, PERIOD + 1 :].astype(np.float64), KEPT, smoothed)
        np.add(later, KEPT**smoothed * seed, out=sums[:, MEMORY:])
    return sums


def geometric_sums(rows: NDArray[np.float64], ratio: float, terms: int) -> NDArray[np.float64]:
    """Return sum of ratio**j * rows[:, t - j] over j < terms for each t >= terms - 1: (rows, n - terms + 1).

    By doubling: S_2m(t) = S_m(t) + r^m S_m(t - m).
    """
    sums, length = rows, 1
    for bit in f"{terms:b}"[1:]:
        sums = sums[:, length:] + sums[:, :-length] * ratio**length
        length *= 2
        if bit == "1":
            sums = rows[:, length:] + sums[:, :-1] * ratio
            length += 1
    return sums


def rolling_max(values: NDArray[Number], window: int) -> NDArray[Number]:
    """Return the largest of each `window` values of each row that follow one another: (..., n - window + 1).

    By doubling; at least `window` values.
    """
    largest, length = values, 1
    while length < window:
        step = min(length, window - length)
        largest = np.maximum(largest[..., step:], largest[..., :-step])
        length += step
    return largest


def rolling_sum(values: Ints, window: int) -> Ints:
    """Return the exact sum (modulo 2**64) of the last `window` integers of each row (..., n).

    Before index window - 1: of those that there are.
    """
    running = values.cumsum(axis=-1)
    sums = running.copy()
    later = sums[..., window:]
    later -= running[..., :-window]
    return sums
