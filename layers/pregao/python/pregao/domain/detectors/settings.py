"""What may be tuned about the four patterns; the defaults are those of the design. No numpy here."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from pregao.domain.alerts.alert import Levels
from pregao.domain.alerts.signal import Pattern, Severity

PERIOD = 14
"""Wilder's period of RSI and ATR, in candles."""

MEMORY = 180
"""Changes that RSI and ATR look back on: the first PERIOD seed the mean, the rest smooth it."""

WILDER_CANDLES = MEMORY + 1
DEFAULT_LEVELS = Levels(entry_atr=0.25, stop_atr=1.5, target_atr=1.5)


class Trade(StrEnum):
    """The side taken against (reversal) or with (continuation) an extreme move."""

    REVERSAL = "reversal"
    CONTINUATION = "continuation"


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternSettings:
    """What all patterns share: on or off, how loud, where entry, stop and target stand."""

    enabled: bool = True
    severity: Severity = Severity.MEDIUM
    levels: Levels = DEFAULT_LEVELS

    @property
    def memory(self) -> int:
        """Candles up to and including the current one that decide whether the pattern fires."""
        return WILDER_CANDLES


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityExtreme(PatternSettings):
    """|close - mean| > sigma x std over `window` closes, for exactly `confirm` candles of one sign."""

    severity: Severity = Severity.HIGH
    window: int = 20
    sigma: float = 2.0
    confirm: int = 2
    trade: Trade = Trade.REVERSAL

    @property
    def memory(self) -> int:
        """The run and the candle before it, each with its window."""
        return max(self.window + self.confirm, WILDER_CANDLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engulfing(PatternSettings):
    """TA-Lib's CDLENGULFING with two filters in ATR of the candle before; 0 switches a filter off."""

    min_body_atr: float = 1.0
    trend_atr: float = 1.0
    trend_candles: int = 5

    @property
    def memory(self) -> int:
        """The trend before, or the ATR of the candle before."""
        return max(self.trend_candles + 2, WILDER_CANDLES + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class RsiDivergence(PatternSettings):
    """Two pivots of RSI that disagree with price, `min_distance` to `max_distance` candles apart.

    A pivot is a strict extreme over `left` candles before and `right` after.
    """

    severity: Severity = Severity.HIGH
    left: int = 5
    right: int = 2
    min_distance: int = 5
    max_distance: int = 60

    @property
    def memory(self) -> int:
        """The oldest RSI compared, with its own memory."""
        return self.right + self.max_distance + self.left + WILDER_CANDLES


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelBreak(PatternSettings):
    """A close beyond the extreme of the `lookback` candles before, by more than `buffer_ticks` ticks."""

    lookback: int = 20
    buffer_ticks: float = 0.0

    @property
    def memory(self) -> int:
        """The level of this candle and of the one before."""
        return max(self.lookback + 2, WILDER_CANDLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Where `missing` or more candles of a session are gone, nothing fires on the `hold` candles after them.

    What happened meanwhile is not known: the move across a hole is no candle's own. 0 switches it off.
    """

    missing: int = 2
    hold: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings:
    """The settings of all patterns for one instrument; `warmup` in candles covers every memory."""

    warmup: int = 250
    hole: Hole = field(default_factory=Hole)
    volatility_extreme: VolatilityExtreme = field(default_factory=VolatilityExtreme)
    engulfing: Engulfing = field(default_factory=Engulfing)
    rsi_divergence: RsiDivergence = field(default_factory=RsiDivergence)
    level_break: LevelBreak = field(default_factory=LevelBreak)

    def __post_init__(self) -> None:
        """Raise ValueError naming what looks back further than the warm-up."""
        if self.hole.hold >= self.warmup:
            raise ValueError(f"hole.hold is {self.hole.hold} candles, the warm-up is {self.warmup}")
        short = [
            f"{pattern} looks back {self.of(pattern).memory} candles, the warm-up is {self.warmup}"
            for pattern in Pattern
            if self.of(pattern).memory > self.warmup
        ]
        if short:
            raise ValueError("; ".join(short))

    @property
    def enabled(self) -> tuple[Pattern, ...]:
        """The patterns that are on, in the order of Pattern."""
        return tuple(pattern for pattern in Pattern if self.of(pattern).enabled)

    def of(self, pattern: Pattern) -> PatternSettings:
        """Return what the pattern shares with the others."""
        shared: PatternSettings = getattr(self, pattern.value)
        return shared

    def levels(self, pattern: Pattern) -> Levels:
        """Return the distances of entry, stop and target in ATR."""
        return self.of(pattern).levels

    def severity(self, pattern: Pattern) -> Severity:
        """Return how loud the pattern's alerts are."""
        return self.of(pattern).severity
