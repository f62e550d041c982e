"""Would the detectors have said the same without the future? Asked of histories cut short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.scan import columns

if TYPE_CHECKING:
    from pregao.domain.candles import Candles
    from pregao.domain.detectors.scan import Columns
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.instrument import Instrument

CUTS = 12
_JUDGED = 300  # candles before each cut that must agree


def disagreement(
    candles: Candles, instrument: Instrument, settings: DetectorSettings, whole: Columns, cuts: int = CUTS
) -> int | None:
    """Return the first candle (index) that a cut history judges otherwise than the whole one, or None.

    The cuts are evenly spread; each is a history of its own that begins one warm-up before what is compared,
    so it asks two things: that nothing after a candle counts, and nothing before its warm-up.
    """
    first = settings.warmup - 1
    for cut in np.linspace(settings.warmup, len(candles), cuts + 1, dtype=int)[:-1]:
        start = max(0, int(cut) - first - _JUDGED)
        part = columns(candles[start:cut], instrument, settings)
        here, there = slice(start + first, int(cut)), slice(first, None)
        differs = whole.atr[here] != part.atr[there]
        for pattern, sides in part.sides.items():
            differs |= whole.sides[pattern][here] != sides[there]
        if differs.any():
            return start + first + int(np.flatnonzero(differs)[0])
    return None
