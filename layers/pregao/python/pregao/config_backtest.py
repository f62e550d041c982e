"""The shape of config/backtest.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pregao.config_detectors import Count, NotNegative, Positive, Strict
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
