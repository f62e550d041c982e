"""How often would chance do as well? The same alerts, moved to other candles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pregao.domain.backtest.truth import Flags
    from pregao.domain.market.candles import Ints


def luck(alerts: Mapping[int, Ints], opportunities: Mapping[int, Flags]) -> float | None:
    """Return the share of moves of the alerts that hit at least as many opportunities as they did in place.

    `alerts` counts them per candle, `opportunities` flags the candles, both by side +1 and -1 over the same n
    candles. All alerts are moved together by every number of candles from 0 to n - 1, past the end to the
    beginning: a permutation test (R. A. Fisher, The Design of Experiments, 1935) that keeps their number,
    their sides and how they cluster, and needs no dice. None without alerts.

    Hits of all moves at once are the circular correlation of the two, by the Fourier transform.
    """
    count = len(alerts[1])
    if not sum(int(of_side.sum()) for of_side in alerts.values()):
        return None
    spectrum = sum(
        np.conj(np.fft.rfft(alerts[side])) * np.fft.rfft(opportunities[side].astype(np.float64))
        for side in (1, -1)
    )
    hits = np.rint(np.fft.irfft(spectrum, n=count))
    return float((hits >= hits[0]).mean())
