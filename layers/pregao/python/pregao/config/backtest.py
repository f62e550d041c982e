"""The shape of config/backtest.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pregao.config.strict import Strict
from pregao.domain.backtest.rules import Costs, Gates, Rules, Truth

if TYPE_CHECKING:
    from pregao.domain.market.instrument import Instrument


@dataclass(frozen=True, kw_only=True)
class BacktestConfig(Strict):
    """config/backtest.yaml."""

    truth: Truth = field(default_factory=Truth)
    gates: Gates = field(default_factory=Gates)
    costs: dict[str, Costs] = field(default_factory=dict)

    def rules(self, instrument: Instrument) -> Rules:
        """Return how the instrument's alerts are judged; without costs of its own it costs nothing."""
        costs = self.costs.get(instrument.name, Costs())
        return Rules(
            truth=self.truth,
            gates=self.gates,
            costs=costs,
            cost_points=costs.points(instrument),
            point_value=instrument.point_value,
        )
