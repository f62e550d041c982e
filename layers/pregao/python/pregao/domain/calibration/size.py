"""The size of what comes, per candle of a history: unusual ranges, and the outlook beside every candle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.outcome import EVENT, HORIZON, USUAL_AHEAD
from pregao.domain.alerts.signal import Outlook
from pregao.domain.calibration.expected_range import LEVEL, Expected, expected
from pregao.domain.calibration.usual import Usual, ranges_ahead, usual
from pregao.domain.detectors import unusual_range

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Floats, Ints


@dataclass(frozen=True)
class Size:
    """What is known of sizes at every candle, from the sessions before its own; units where not said.

    fires: an unusual range rings; heat: how many times as wide as usual the last candles are; ahead: what
    came, -1 where nothing did.
    """

    series: Series
    usual: Usual
    expected: Expected
    heat: Floats
    fires: NDArray[np.bool_]
    ahead: Ints

    @property
    def judged(self) -> NDArray[np.bool_]:
        """Candles of which it is known whether what came was unusual."""
        known: NDArray[np.bool_] = np.isfinite(self.usual.ahead_of_candle)
        return known

    @property
    def came(self) -> NDArray[np.bool_]:
        """Whether what came after each candle was unusual; not where it is not known."""
        with np.errstate(invalid="ignore"):
            came: NDArray[np.bool_] = self.ahead >= EVENT * self.usual.ahead_of_candle
        return came

    @property
    def told(self) -> NDArray[np.bool_]:
        """Candles with an outlook that can be judged: something came."""
        told: NDArray[np.bool_] = np.isfinite(self.expected.low) & (self.ahead >= 0)
        return told

    @property
    def covered(self) -> NDArray[np.bool_]:
        """Whether what came lay within the outlook."""
        with np.errstate(invalid="ignore"):
            covered: NDArray[np.bool_] = (self.ahead >= self.expected.low) & (
                self.ahead <= self.expected.high
            )
        return covered

    def outlook(self, row: int) -> Outlook | None:
        """Return the outlook at a candle, None where too little was known."""
        numbers: list[float] = self._outlooks[row].tolist()
        return _outlook(*numbers)

    @cached_property
    def _outlooks(self) -> Floats:
        """Low, middle, high and usual range of every candle, (n, 4), as they are told."""
        expected = self.expected
        columns = np.stack((expected.low, expected.middle, expected.high, self.usual.ahead_of_candle), axis=1)
        return self.series.difference(columns)

    def reason(self, row: int) -> dict[str, float]:
        """Return the numbers that made an unusual range fire."""
        return reason_of(self.series, float(self.heat[row]), float(self.usual.ahead_of_candle[row]))


def sizes(series: Series, atr: Floats, settings: DetectorSettings) -> Size:
    """Return what is known of sizes at every candle; `atr` is in units. Nothing fires before the warm-up."""
    known, ahead = usual(series), ranges_ahead(series)
    fires = np.zeros(len(series), dtype=np.bool_)
    if settings.unusual_range.enabled:
        fires = unusual_range.find(series, settings.unusual_range, known.range_of_candle)
        fires[: settings.warmup - 1] = False
    return Size(
        series=series,
        usual=known,
        expected=expected(series, atr, known, ahead),
        heat=unusual_range.heat(series, known.range_of_candle),
        fires=fires,
        ahead=ahead,
    )


def outlook_of(series: Series, band: Iterable[float], usual_ahead: float) -> Outlook | None:
    """Return the outlook of a band (`Model.band`) and a usual range, in units; None where one is NaN."""
    numbers: list[float] = series.difference(np.array([*band, usual_ahead])).tolist()
    return _outlook(*numbers)


def _outlook(low: float, middle: float, high: float, usual_range: float) -> Outlook | None:
    if not all(map(isfinite, (low, middle, high, usual_range))):
        return None
    return Outlook(HORIZON, low, high, usual_range, LEVEL, middle)


def reason_of(series: Series, heat: float, usual_ahead: float) -> dict[str, float]:
    """Return the numbers that made an unusual range fire; `usual_ahead` in units, NaN where not known."""
    known = {USUAL_AHEAD: float(series.difference(np.array(usual_ahead)))} if np.isfinite(usual_ahead) else {}
    return {"heat": round(heat, 6), "candles": unusual_range.CANDLES} | known
