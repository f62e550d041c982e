"""A body that swallows the body before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.firings import Firings, Rows, sided, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.settings import Engulfing
    from pregao.domain.market.candles import Floats, Ints


def find(series: Series, settings: Engulfing, atr: Floats, first: int = 0) -> Firings:
    """Fire by TA-Lib's CDLENGULFING, then by two filters in ATR (units) of the candle before.

    The body is above `min_body_atr`; the `trend_candles` before moved more than `trend_atr` against the
    side. A filter at 0 is off. Prices are raw within a contract; across a roll they are less its gap.
    Candles before `first` are not asked for.
    """
    candles, closes = series.candles, series.closes - series.roll_shift
    long, short = _engulfs(series.opens - series.roll_shift, closes)
    if not (long | short)[first:].any():
        return silent(len(series))
    body = np.abs(series.closes - series.opens)
    trend = _moves_before(closes, settings.trend_candles)
    yardstick = np.empty(len(atr))
    yardstick[:1], yardstick[1:] = np.nan, atr[:-1]
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


def _engulfs(opens: Ints, closes: Ints) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the flags of white engulfing black and of black engulfing white.

    One end of the two bodies may be equal, not both.
    """
    white = closes >= opens
    long, short = np.zeros((2, len(white)), dtype=np.bool_)
    above, below = closes[1:] - opens[:-1], opens[1:] - closes[:-1]
    differs = (above | below) != 0
    long[1:] = (white[1:] > white[:-1]) & (above >= 0) & (below <= 0) & differs
    short[1:] = (white[1:] < white[:-1]) & (below >= 0) & (above <= 0) & differs
    return long, short


def _moves_before(closes: Ints, candles: int) -> Ints:
    """Return close[t - 1] - close[t - 1 - candles]; 0 where there are fewer."""
    moves = np.zeros(len(closes), dtype=np.int64)
    moves[candles + 1 :] = closes[candles:-1] - closes[: -candles - 1]
    return moves
