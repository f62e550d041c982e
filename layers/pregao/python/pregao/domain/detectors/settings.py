"""What may be tuned about the patterns: names, bounds and the blueprint's values. No numpy here.

Audit records of years ago lack newer keys and mean these values, so they do not change; config/alertas.yaml
ships what was measured since.

These are the classes that config/alertas.yaml is read into; what their bounds refuse there is told with its
line. Made by code, they hold what they are given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from pregao.domain.alerts.signal import DETECTED, SIDED, Levels, Pattern, Severity
from pregao.domain.detectors.bounds import STRICT, held

PERIOD = 14
"""Wilder's period of RSI and ATR, in candles."""

MEMORY = 180
"""Changes that RSI and ATR look back on: the first PERIOD seed the mean, the rest smooth it."""

WILDER_CANDLES = MEMORY + 1
Positive = Annotated[float, held(gt=0)]
NotNegative = Annotated[float, held(ge=0)]
Count = Annotated[int, held(ge=1)]


@dataclass(frozen=True, slots=True)
class LevelSettings(Levels):
    """Distances from the close in ATR, within their bounds."""

    __pydantic_config__ = STRICT

    entry_atr: NotNegative = 0.25
    stop_atr: Positive = 1.5
    target_atr: Positive = 1.5


class Trade(StrEnum):
    """The side taken against (reversal) or with (continuation) an extreme move."""

    REVERSAL = "reversal"
    CONTINUATION = "continuation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """What all patterns share: on or off, how loud."""

    __pydantic_config__ = STRICT

    enabled: bool = True
    severity: Severity = Severity.MEDIUM

    @property
    def memory(self) -> int:
        """Candles up to and including the current one that decide whether the pattern fires."""
        return WILDER_CANDLES


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternSettings(Switch):
    """What the patterns with a side share: where entry, stop and target stand, too."""

    levels: LevelSettings = field(default_factory=LevelSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class VolatilityExtreme(PatternSettings):
    """|close - mean| > sigma x std over `window` closes, for exactly `confirm` candles of one sign."""

    severity: Severity = Severity.HIGH
    window: Annotated[int, held(ge=2)] = 20
    sigma: Positive = 2.0
    confirm: Count = 2
    trade: Trade = Trade.REVERSAL

    @property
    def memory(self) -> int:
        """The run and the candle before it, each with its window."""
        return max(self.window + self.confirm, WILDER_CANDLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engulfing(PatternSettings):
    """TA-Lib's CDLENGULFING with two filters in ATR of the candle before; 0 switches a filter off."""

    min_body_atr: NotNegative = 1.0
    trend_atr: NotNegative = 1.0
    trend_candles: Count = 5

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
    left: Count = 5
    right: Count = 2
    min_distance: Count = 5
    max_distance: Count = 60

    def __post_init__(self) -> None:
        """Raise ValueError where no two pivots could ever pair."""
        if self.min_distance > self.max_distance:
            raise ValueError("min_distance is above max_distance; pivots could never pair")

    @property
    def memory(self) -> int:
        """The oldest RSI compared, with its own memory."""
        return self.right + self.max_distance + self.left + WILDER_CANDLES


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelBreak(PatternSettings):
    """A close beyond the extreme of the `lookback` candles before, by more than the buffer.

    The buffer is `buffer_ticks` ticks and `buffer_atr` times the ATR of the candle itself.
    """

    lookback: Count = 20
    buffer_ticks: NotNegative = 0.0
    buffer_atr: NotNegative = 0.0

    @property
    def memory(self) -> int:
        """The level and the buffer of this candle and of the one before."""
        return max(self.lookback + 2, WILDER_CANDLES + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnusualRange(Switch):
    """The last candles are at least `factor` times as wide as is usual at their time of day; no side."""

    severity: Severity = Severity.HIGH
    factor: Positive = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """Where `missing` or more candles of a session are gone, nothing fires on the `hold` candles after them.

    What happened meanwhile is not known: the move across a hole is no candle's own. 0 switches it off.
    """

    __pydantic_config__ = STRICT

    missing: Annotated[int, held(ge=0)] = 2
    hold: Annotated[int, held(ge=0)] = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorSettings:
    """The settings of all patterns for one instrument; `warmup` in candles covers every memory."""

    __pydantic_config__ = STRICT

    warmup: Count = 250
    hole: Hole = field(default_factory=Hole)
    volatility_extreme: VolatilityExtreme = field(default_factory=VolatilityExtreme)
    engulfing: Engulfing = field(default_factory=Engulfing)
    rsi_divergence: RsiDivergence = field(default_factory=RsiDivergence)
    level_break: LevelBreak = field(default_factory=LevelBreak)
    unusual_range: UnusualRange = field(default_factory=UnusualRange)

    def __post_init__(self) -> None:
        """Raise ValueError naming what looks back further than the warm-up."""
        if self.hole.hold >= self.warmup:
            raise ValueError(f"hole.hold is {self.hole.hold} candles, the warm-up is {self.warmup}")
        short = [
            f"{pattern} looks back {self.of(pattern).memory} candles, the warm-up is {self.warmup}"
            for pattern in DETECTED
            if self.of(pattern).memory > self.warmup
        ]
        if short:
            raise ValueError("; ".join(short))

    @property
    def enabled(self) -> tuple[Pattern, ...]:
        """The patterns with a side that are on, in the order of Pattern."""
        return tuple(pattern for pattern in SIDED if self.of(pattern).enabled)

    def of(self, pattern: Pattern) -> Switch:
        """Return what the pattern shares with the others."""
        shared: Switch = getattr(self, pattern.value)
        return shared

    def levels(self, pattern: Pattern) -> Levels:
        """Return the distances of entry, stop and target in ATR of a pattern with a side."""
        own: PatternSettings = getattr(self, pattern.value)
        return own.levels

    def severity(self, pattern: Pattern) -> Severity:
        """Return how loud the pattern's alerts are."""
        return self.of(pattern).severity
