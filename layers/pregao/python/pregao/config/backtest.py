"""The shape of config/backtest.yaml."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from pregao.config.detectors import Count, NotNegative, Positive, Strict
from pregao.domain.alerts.outcome import HORIZON
from pregao.domain.backtest.rules import Costs, Gates, Rules, Truth

if TYPE_CHECKING:
    from pregao.domain.market.instrument import Instrument

Part = Annotated[float, Field(ge=0, le=1)]


class TruthConfig(Strict):
    """See `pregao.domain.backtest.rules.Truth`."""

    horizon: Count = HORIZON
    leg_reversal_atr: Positive = 1.5
    leg_size_atr: Positive = 4.0


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

    def rules(self, instrument: Instrument) -> Rules:
        """Return how the instrument's alerts are judged; without costs of its own it costs nothing."""
        costs = Costs(**dict(self.costs.get(instrument.name, CostsConfig())))
        return Rules(
            truth=Truth(**dict(self.truth)),
            gates=Gates(**dict(self.gates)),
            costs=costs,
            cost_points=costs.points(instrument),
        )
