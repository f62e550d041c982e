"""The size of what comes, per candle of a history: unusual ranges, and the outlook beside every candle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.outcome import EVENT, HORIZON, USUAL_AHEAD
from pregao.domain.alerts.signal import Outlook
from pregao.domain.calibration.expected_range import LEVEL, Expected, Model, expected, hours_of, terms_of
from pregao.domain.calibration.usual import Usual, ranges_ahead, usual
from pregao.domain.detectors import unusual_range
from pregao.domain.detectors.prices import local_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Floats, Ints

DAY_S = 86_400


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
        low, high = self.expected.low[row], self.expected.high[row]
        usual_ahead = self.usual.ahead_of_candle[row]
        if not np.isfinite(low + high + usual_ahead):
            return None
        told = self.series.difference(np.array([low, high, usual_ahead]))
        return Outlook(HORIZON, float(told[0]), float(told[1]), float(told[2]), LEVEL)

    def reason(self, row: int) -> dict[str, float]:
        """Return the numbers that made an unusual range fire."""
        ahead = self.usual.ahead_of_candle[row]
        known = {USUAL_AHEAD: float(self.series.difference(ahead))} if np.isfinite(ahead) else {}
        return {"heat": round(float(self.heat[row]), 6), "candles": unusual_range.CANDLES} | known


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


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known at the end of a session for the next one, as live detection is handed it.

    ranges, ahead: usual ranges per slot (seconds of the exchange's day) in units; see `Usual`.
    """

    ranges: Mapping[int, float]
    ahead: Mapping[int, float]
    model: Model

    def usual(self, series: Series) -> Usual:
        """Return it as columns of a window: for the candles of its newest session, unknown for others."""
        clock = local_seconds(series.candles.time, series.timezone) % DAY_S
        clocks, slot = np.unique(clock, return_inverse=True)
        session = (np.arange(len(series)) >= series.session_firsts[-1]).astype(np.int64)
        rows = [
            np.array([[np.nan] * len(clocks), [known.get(one, np.nan) for one in clocks.tolist()]])
            for known in (self.ranges, self.ahead)
        ]
        return Usual(clocks.astype(np.int64), rows[0], rows[1], session, slot.astype(np.int64))


def calibrate(series: Series, atr: Floats) -> Calibration:
    """Return what is known after the last session of a series; `atr` is in units."""
    known, ahead = usual(series), ranges_ahead(series)
    pairs = zip(known.clocks.tolist(), known.ranges[-1].tolist(), known.ahead[-1].tolist(), strict=True)
    rows = [row for row in pairs if np.isfinite(row[1])]
    return Calibration(
        {clock: own for clock, own, _ in rows},
        {clock: later for clock, _, later in rows if np.isfinite(later)},
        expected(series, atr, known, ahead).model,
    )


def live_sizes(series: Series, atr: Floats, settings: DetectorSettings, known: Calibration) -> Size:
    """Return what is known of sizes in a window's newest session, given the calibration of the one before.

    What came is not known: `ahead` is -1 throughout.
    """
    usual_now = known.usual(series)
    fires = np.zeros(len(series), dtype=np.bool_)
    if settings.unusual_range.enabled:
        fires = unusual_range.find(series, settings.unusual_range, usual_now.range_of_candle)
        fires[: settings.warmup - 1] = False
    terms = terms_of(series, atr, usual_now.ahead_of_candle)
    low, high = known.model.band(terms, hours_of(usual_now))
    return Size(
        series=series,
        usual=usual_now,
        expected=Expected(low, high, known.model),
        heat=unusual_range.heat(series, usual_now.range_of_candle),
        fires=fires,
        ahead=np.full(len(series), -1, dtype=np.int64),
    )
