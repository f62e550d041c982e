"""The triple barrier: from a candle on, which comes first, the target, the stop or the end of patience.

M. Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 3; here the third barrier is a
number of candles or the end of the session, whichever comes first, and a candle that holds both prices
counts as the stop, because inside it nobody knows which came first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pregao.domain.detectors.firings import Rows
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints

TARGET, STOP, TIME = 1, -1, 0


@dataclass(frozen=True, slots=True)
class Exits:
    """How each entry ended: `touched` is TARGET, STOP or TIME, `row` the candle it ended on."""

    touched: NDArray[np.int8]
    row: Rows


def first_touch(
    series: Series, rows: Rows, sign: Ints | int, target: Floats, stop: Floats, horizon: int
) -> Exits:
    """Return how trades that begin after the candles `rows` end within the next `horizon` candles.

    `sign` is +1 for long, -1 for short, per entry or for all; `target` and `stop` are in units (see
    `Series`), per entry. A price is touched when high or low reaches it. Entries on the session's last
    candle end there by TIME.
    """
    touched = np.zeros(len(rows), dtype=np.int8)
    ended = np.minimum(rows + horizon, series.session_last[rows])
    signs = np.broadcast_to(np.asarray(sign, dtype=np.int64), rows.shape)
    highs, lows = series.highs, series.lows
    open_ = np.flatnonzero(ended > rows)
    for step in range(1, horizon + 1):
        if not len(open_):
            break
        at, long = rows[open_] + step, signs[open_] > 0
        best, worst = np.where(long, highs[at], -lows[at]), np.where(long, lows[at], -highs[at])
        stopped = worst <= signs[open_] * stop[open_]
        reached = ~stopped & (best >= signs[open_] * target[open_])
        done = stopped | reached
        touched[open_] = np.where(stopped, STOP, reached)
        ended[open_[done]] = at[done]
        open_ = open_[~done & (ended[open_] > at)]
    return Exits(touched, ended)
