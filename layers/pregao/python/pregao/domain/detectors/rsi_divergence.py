"""Price makes a new extreme between two pivots of RSI, RSI itself does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.firings import Firings, Rows
from pregao.domain.detectors.indicators import rolling_max

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.settings import RsiDivergence
    from pregao.domain.market.candles import Floats, Ints


def find(series: Series, settings: RsiDivergence, rsi: Floats, first: int = 0) -> Firings:
    """Fire on the candle that confirms a pivot; it never repaints. Candles before `first` are not asked for.

    Pivot low p: RSI[p] strictly below that of the `left` candles before and the `right` after. With q the
    latest earlier pivot low `min_distance` to `max_distance` candles before: long when the gap-adjusted low
    fell and RSI rose from q to p. Mirrored with highs: short. RSI is over gap-adjusted closes.
    """
    sides = np.zeros(len(series), dtype=np.int8)
    priors = np.zeros(len(series), dtype=np.intp)
    lows_and_highs = pivots_of(rsi, settings.left, settings.right)
    for side, prices, every in zip((1, -1), (series.lows, series.highs), lows_and_highs, strict=True):
        fresh = every[every.searchsorted(first - settings.right) :]
        if len(fresh):
            frame = side * (prices - series.shift)
            pivots, earlier = _divergent(frame, side * rsi, fresh, every, settings)
            sides[pivots + settings.right] = side
            priors[pivots + settings.right] = earlier

    def reasons(rows: Rows) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        pivots, earlier = rows - settings.right, priors[rows]
        candles = series.candles
        extreme = np.where(sides[rows] > 0, candles.low[pivots], candles.high[pivots])
        prior = np.where(sides[rows] > 0, candles.low[earlier], candles.high[earlier])
        return {
            "rsi": rsi[pivots],
            "rsi_prior": rsi[earlier],
            "pivot_time": candles.time[pivots],
            "prior_time": candles.time[earlier],
            "pivot_price": extreme,
            "prior_price": prior,
        }

    return Firings(sides, reasons)


def _divergent(
    lows: Ints, rsi: Floats, pivots: Rows, every: Rows, settings: RsiDivergence
) -> tuple[Rows, Rows]:
    """Return those of the pivot lows with a lower low and a higher RSI than the latest of `every` before it.

    And the earlier pivot of each.
    """
    place = every.searchsorted(pivots - settings.min_distance, side="right") - 1
    pivots, earlier = pivots[place >= 0], every[place[place >= 0]]
    diverge = (
        (pivots - earlier <= settings.max_distance)
        & (lows[pivots] < lows[earlier])
        & (rsi[pivots] > rsi[earlier])
    )
    return pivots[diverge], earlier[diverge]


def pivots_of(rsi: Floats, left: int, right: int) -> tuple[Rows, Rows]:
    """Return the candles whose RSI is strictly below that of `left` before and `right` after; those above."""
    depth = np.array((-rsi, rsi))
    middle = depth[:, left:-right]
    before, after = rolling_max(depth[:, : -right - 1], left), rolling_max(depth[:, left + 1 :], right)
    lowest, highest = (middle > before) & (middle > after)
    return lowest.nonzero()[0] + left, highest.nonzero()[0] + left
