"""A body that swallows the body before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.firings import Firings, Rows, sided

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.settings import Engulfing
    from pregao.domain.market.candles import Candles, Floats, Ints


def find(series: Series, settings: Engulfing, atr: Floats) -> Firings:
    """Fire by TA-Lib's CDLENGULFING on raw prices, then by two filters in ATR (units) of the candle before.

    The body is above `min_body_atr`; the `trend_candles` before moved more than `trend_atr` against the
    side. A filter at 0 is off.
    """
    candles = series.candles
    long, short = _engulfs(candles, candles.close >= candles.open)
    body = np.abs(series.closes - series.opens)
    trend = _moves_before(series.closes, settings.trend_candles)
    yardstick = np.full_like(atr, np.nan)
    yardstick[1:] = atr[:-1]
    if settings.min_body_atr > 0:
        large = body > settings.min_body_atr * yardstick
        long, short = long & large, short & large
    if settings.trend_atr > 0:
        against = settings.trend_atr * yardstick
        long, short = long & (-trend > against), short & (trend > against)

    def reasons(rows: Rows) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        return {
            "body": series.difference(body[rows]),
            "atr": series.price(yardstick[rows]),
            "prev_open": candles.open[rows - 1],
            "prev_close": candles.close[rows - 1],
            "trend": series.difference(trend[rows]),
        }

    return Firings(sided(long, short), reasons)


def _engulfs(candles: Candles, white: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the flags of white engulfing black and of black engulfing white.

    One end of the two bodies may be equal, not both.
    """
    open_, close = candles.open, candles.close
    meets = (open_[1:] == close[:-1]) & (close[1:] == open_[:-1])
    long, short = np.zeros_like(white), np.zeros_like(white)
    long[1:] = white[1:] & ~white[:-1] & (close[1:] >= open_[:-1]) & (open_[1:] <= close[:-1]) & ~meets
    short[1:] = ~white[1:] & white[:-1] & (open_[1:] >= close[:-1]) & (close[1:] <= open_[:-1]) & ~meets
    return long, short


def _moves_before(closes: Ints, candles: int) -> Ints:
    """Return close[t - 1] - close[t - 1 - candles]; 0 where there are fewer."""
    moves = np.zeros_like(closes)
    moves[candles + 1 :] = closes[candles:-1] - closes[: -candles - 1]
    return moves
