"""The shape of config/backtest.yaml, and of config/calibration.yaml, which a backtest writes."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from pregao.config.detectors import Count, NotNegative, Positive, Strict
from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.backtest.rules import Costs, Gates, Truth

Part = Annotated[float, Field(ge=0, le=1)]


class TruthConfig(Strict):
    """See `pregao.domain.backtest.rules.Truth`."""

    target_atr: Positive = 2.0
    stop_atr: Positive = 1.0
    horizon: Count = 12
    lead: Annotated[int, Field(ge=0)] = 2


class GatesConfig(Strict):
    """See `pregao.domain.backtest.rules.Gates`."""

    capture: Part = 0.85
    false_positives: Part = 0.10
    win_rate: Part = 0.60
    evidence: Count = 30


class CostsConfig(Strict):
    """See `pregao.domain.backtest.rules.Costs`."""

    fees: NotNegative = 0.0
    slippage_ticks: NotNegative = 0.0


class BacktestConfig(Strict):
    """config/backtest.yaml."""

    truth: TruthConfig = TruthConfig()
    gates: GatesConfig = GatesConfig()
    costs: dict[str, CostsConfig] = Field(default_factory=dict)

    def rules(self) -> tuple[Truth, Gates]:
        """Return truth and gates as the domain knows them."""
        return Truth(**dict(self.truth)), Gates(**dict(self.gates))

    def costs_of(self, instrument: str) -> Costs:
        """Return the costs of an instrument, none where none are given."""
        return Costs(**dict(self.costs.get(instrument, CostsConfig())))


class MeasuredConfig(Strict):
    """The precision of one pattern and side: alerts on an opportunity of their side, of how many."""

    precision: Part
    alerts: Count


class CalibrationConfig(Strict):
    """What a backtest measured for one instrument, with which detectors, on which candles.

    `first` and `last` are the sessions measured on; it holds for that timeframe and for detectors of that
    digest only.
    """

    measured: date
    first: date
    last: date
    timeframe_s: Count
    detectors_digest: str
    patterns: dict[Pattern, dict[Direction, MeasuredConfig]]


class CalibrationFile(Strict):
    """config/calibration.yaml; without it nothing is known."""

    instruments: dict[str, CalibrationConfig] = Field(default_factory=dict)

    def confidence(
        self, instrument: str, timeframe_s: int, detectors_digest: str, pattern: Pattern, direction: Direction
    ) -> float | None:
        """Return the measured precision of such an alert, None where none was measured under these rules."""
        known = self.instruments.get(instrument)
        if known is None or (known.timeframe_s, known.detectors_digest) != (timeframe_s, detectors_digest):
            return None
        measured = known.patterns.get(pattern, {}).get(direction)
        return measured.precision if measured else None
