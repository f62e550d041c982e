"""By which a backtest judges: truth, gates and costs. Without numpy: the configuration reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pregao.domain.market.instrument import Instrument


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The rules of truth: barriers in ATR, patience in candles, and how early an alert may be.

    An alert captures an episode when it is inside it or up to `lead` candles before.
    """

    target_atr: float = 2.0
    stop_atr: float = 1.0
    horizon: int = 12
    lead: int = 2


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
