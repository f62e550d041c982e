"""Would the detectors have said the same without the future? Asked of histories cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.calibration.size import sizes
from pregao.domain.detectors.prices import Series
from pregao.domain.detectors.scan import columns

if TYPE_CHECKING:
    from pregao.domain.calibration.size import Size
    from pregao.domain.detectors.scan import Columns
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument

CUTS = 12
SIZE_CUT = 0.53
"""The share of a history after which it is cut to ask for sizes again."""
_JUDGED = 300  # candles before each cut that must agree


def disagreement(
    candles: Candles, instrument: Instrument, settings: DetectorSettings, whole: Columns
) -> int | None:
    """Return a candle (index) that a cut history judges otherwise than the whole one, or None.

    Histories are cut evenly, and right after candles that fired, CUTS of each pattern: who peeks ahead has
    its signals from there. Each cut history begins one warm-up before what is compared, so it asks two
    things: that nothing after a candle counts, and nothing before its warm-up.
    """
    first = settings.warmup - 1
    for cut in _cuts(len(candles), settings.warmup, whole):
        start = max(0, cut - first - _JUDGED)
        part = columns(candles[start:cut], instrument, settings)
        here, there = slice(start + first, cut), slice(first, None)
        differs = whole.atr[here] != part.atr[there]
        for pattern, sides in part.sides.items():
            differs |= whole.sides[pattern][here] != sides[there]
        if differs.any():
            return start + first + int(np.flatnonzero(differs)[0])
    return None


def size_disagreement(
    candles: Candles, instrument: Instrument, settings: DetectorSettings, whole: Size
) -> int | None:
    """Return a candle (index) of which a cut history says another size than the whole one, or None.

    Cut in the middle and right after the last ring: who looks a candle or a session ahead has something else
    to say of the last ones.
    """
    rings = np.flatnonzero(whole.fires)
    for cut in (int(SIZE_CUT * len(candles)), int(rings[-1]) + 1 if len(rings) else 0):
        if not cut:
            continue
        series = Series(candles[:cut], instrument.tick_size, instrument.timezone, instrument.contract_on)
        part = sizes(series, columns(candles[:cut], instrument, settings).atr, settings)
        differs = whole.fires[:cut] != part.fires
        for name in ("low", "high"):
            mine, its = getattr(whole.expected, name)[:cut], getattr(part.expected, name)
            differs |= ~np.isclose(mine, its, rtol=1e-9, equal_nan=True)
        for name in ("range_of_candle", "ahead_of_candle"):
            mine, its = getattr(whole.usual, name)[:cut], getattr(part.usual, name)
            differs |= ~((mine == its) | (np.isnan(mine) & np.isnan(its)))
        if differs.any():
            return int(np.flatnonzero(differs)[0])
    return None


def _cuts(length: int, warmup: int, whole: Columns) -> list[int]:
    """Return where to cut: each number is how many candles are left."""
    if length < warmup:
        return []
    even = np.linspace(warmup, length, CUTS + 1, dtype=int)[:-1]
    fired = [np.flatnonzero(sides) + 1 for sides in whole.sides.values()]
    chosen = [rows[np.linspace(0, len(rows) - 1, CUTS, dtype=int)] for rows in fired if len(rows)]
    return sorted(set(np.concatenate([even, *chosen]).tolist()))
