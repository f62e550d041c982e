"""A close far from its mean, in standard deviations of the last closes (as Bollinger bands)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.firings import Firings, Rows, shifted, sided, silent
from pregao.domain.detectors.indicators import rolling_sum
from pregao.domain.detectors.settings import Trade, VolatilityExtreme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints


def find(series: Series, settings: VolatilityExtreme, first: int = 0) -> Firings:
    """Fire where the run of candles with |z| > sigma and one sign reaches exactly `confirm`.

    z = (close - mean) / std over the last `window` gap-adjusted closes, population std. With n closes x,
    S = sum x and Q = sum x^2 in whole units, z = (n x - S) / sqrt(n Q - S^2): numerator and radicand are
    exact, so a tie is a tie. std = 0 has no z and ends a run. Candles before `first` are not asked for.
    """
    count = settings.window
    z, total, spread2 = scores(series, count)
    extreme = np.array((z > settings.sigma, z < -settings.sigma))
    if not extreme[:, first:].any():
        return silent(len(series))
    rise, fall = _reaches(extreme, settings.confirm)
    sides = sided(fall, rise) if settings.trade is Trade.REVERSAL else sided(rise, fall)

    def reasons(rows: Rows) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
        own_frame = total[rows] + count * series.shift[rows]
        return {
            "z": z[rows],
            "mean": series.price(own_frame / count),
            "std": series.price(np.sqrt(spread2[rows]) / count),
            "run": np.full(len(rows), settings.confirm),
            "sigma": np.full(len(rows), settings.sigma),
        }

    return Firings(sides, reasons)


def scores(series: Series, count: int) -> tuple[Floats, Ints, Ints]:
    """Return z, S and n Q - S^2 (see `find`) of every candle over `count` closes; z is 0 without std."""
    closes = series.closes - series.shift
    total, squares = rolling_sum(np.array((closes, closes * closes)), count)
    spread2 = count * squares - total * total
    return _z(count * closes - total, spread2, count), total, spread2


def _z(distance: Ints, spread2: Ints, count: int) -> Floats:
    known = spread2 > 0
    known[: count - 1] = False
    return np.divide(distance, np.sqrt(spread2 * known), out=np.zeros(len(distance)), where=known)


def _reaches(extreme: NDArray[np.bool_], confirm: int) -> NDArray[np.bool_]:
    """Tell where a run of extreme candles has exactly this length."""
    run = extreme
    for back in range(1, confirm):
        run = run & shifted(extreme, back)
    return run > shifted(extreme, confirm)
