"""By which a backtest judges: truth, gates and costs. Without numpy: the configuration reads it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pregao.domain.alerts.outcome import HORIZON

if TYPE_CHECKING:
    from pregao.domain.market.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """How long an alert is followed, and which moves of the market are there to be captured.

    horizon: candles after the alert's own, never beyond the session. A leg of the zigzag turns by
    `leg_reversal_atr` and counts from `leg_size_atr` on, both in ATR(14) at its starting extreme.
    """

    horizon: int = HORIZON
    leg_reversal_atr: float = 1.5
    leg_size_atr: float = 4.0

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the rules: two reports compare only where it is the same."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()

    @property
    def is_standard(self) -> bool:
        """Whether these are the project's own rules; a report by others never passes."""
        return self == Truth()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """What a score must reach. `evidence` is the least number of cases that a share is judged on."""

    capture: float = 0.85
    false_positives: float = 0.10
    win_rate: float = 0.60
    evidence: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Per contract and round trip: fees in the account's money, slippage in ticks."""

    fees: float = 0.0
    slippage_ticks: float = 0.0

    def points(self, instrument: Instrument) -> float:
        """Return what a round trip costs in price points."""
        return self.fees / instrument.point_value + self.slippage_ticks * instrument.tick_size


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything by which the alerts of one instrument are judged; `cost_points` are those of `costs`."""

    truth: Truth
    gates: Gates
    costs: Costs
    cost_points: float
