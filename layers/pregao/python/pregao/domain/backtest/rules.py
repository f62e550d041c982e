"""By which a backtest judges: truth, gates and costs. Without numpy: the configuration reads it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from pregao.domain.alerts.outcome import HORIZON
from pregao.domain.detectors.bounds import STRICT
from pregao.domain.detectors.settings import Count, NotNegative, Positive

if TYPE_CHECKING:
    from pregao.domain.market.instrument import Instrument

Part = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Truth:
    """How long an alert is followed, and which moves of the market are there to be captured.

    horizon: candles after the alert's own, never beyond the session. A leg of the zigzag turns by
    `leg_reversal_atr` and counts from `leg_size_atr` on, both in ATR(14) at its starting extreme.
    """

    horizon: Count = HORIZON
    leg_reversal_atr: Positive = 1.5
    leg_size_atr: Positive = 4.0

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the rules: two reports compare only where it is the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def is_standard(self) -> bool:
        """Whether these are the project's own rules; a report by others never passes."""
        return self == Truth()


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Gates:
    """What a score must reach. `evidence` is the least number of cases that a share is judged on."""

    capture: Part = 0.85
    false_positives: Part = 0.10
    win_rate: Part = 0.60
    evidence: Count = 30


@dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)
class Costs:
    """Per contract and round trip: fees in the account's money, slippage in ticks."""

    fees: NotNegative = 0.0
    slippage_ticks: NotNegative = 0.0

    def points(self, instrument: Instrument) -> float:
        """Return what a round trip costs in price points."""
        return self.fees / instrument.point_value + self.slippage_ticks * instrument.tick_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything by which the alerts of one instrument are judged; `cost_points` are those of `costs`.

    `point_value` is what a point of a contract is worth in the account's money.
    """

    truth: Truth
    gates: Gates
    costs: Costs
    cost_points: float
    point_value: float
