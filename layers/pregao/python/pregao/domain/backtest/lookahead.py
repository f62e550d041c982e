"""Would the detectors have said the same without the future? Asked of histories cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.scan import columns

if TYPE_CHECKING:
    from pregao.domain.detectors.scan import Columns
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument

CUTS = 12
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


def _cuts(length: int, warmup: int, whole: Columns) -> list[int]:
    """Return where to cut: each number is how many candles are left."""
    if length < warmup:
        return []
    even = np.linspace(warmup, length, CUTS + 1, dtype=int)[:-1]
    fired = [np.flatnonzero(sides) + 1 for sides in whole.sides.values()]
    chosen = [rows[np.linspace(0, len(rows) - 1, CUTS, dtype=int)] for rows in fired if len(rows)]
    return sorted(set(np.concatenate([even, *chosen]).tolist()))
