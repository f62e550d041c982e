"""The last candles together are far wider than is usual at this time of day: a large move is likely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.firings import shifted
from pregao.domain.detectors.indicators import rolling_sum, true_ranges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.settings import UnusualRange
    from pregao.domain.market.candles import Floats

CANDLES = 6
"""Whose true ranges are added up."""
QUIET = 12
"""Candles before, in the session, none of which may be hot."""


def find(series: Series, settings: UnusualRange, usual: Floats, first: int = 0) -> NDArray[np.bool_]:
    """Fire on a hot candle none of whose QUIET predecessors in the session is hot.

    Hot: the true ranges of the last CANDLES, all of one session, sum to at least `factor` times the sum of
    `usual`, which is per candle and in units, NaN where it is not known. Candles before `first` are not
    asked for.
    """
    hot: NDArray[np.bool_] = heat(series, usual) >= settings.factor
    fires = hot.copy()
    fires[:first] = False
    if not fires.any():
        return fires
    place = np.arange(len(series)) - series.session_first
    for back in range(1, QUIET + 1):
        fires &= ~(shifted(hot, back) & (place >= back))
    return fires


def heat(series: Series, usual: Floats) -> Floats:
    """Return how many times the usual ranges the last CANDLES measure; NaN where that is not known."""
    ranges = rolling_sum(true_ranges(series), CANDLES)
    wanted = np.empty(len(series))
    wanted[: CANDLES - 1] = np.nan
    if len(usual) >= CANDLES:
        wanted[CANDLES - 1 :] = sum(usual[back : len(usual) - CANDLES + 1 + back] for back in range(CANDLES))
    known = wanted > 0
    for first in series.session_firsts.tolist():
        known[first : first + CANDLES - 1] = False
    times: Floats = np.divide(ranges, wanted, out=np.full(len(series), np.nan), where=known)
    return times
