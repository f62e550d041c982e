"""What a detector says: a pattern, a side, a price and the numbers that fired it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Pattern(StrEnum):
    """The four patterns, named as in the configuration and on the wire."""

    VOLATILITY_EXTREME = "volatility_extreme"
    ENGULFING = "engulfing"
    RSI_DIVERGENCE = "rsi_divergence"
    LEVEL_BREAK = "level_break"


class Direction(StrEnum):
    """The side an operator would take."""

    LONG = "long"
    SHORT = "short"

    @property
    def sign(self) -> int:
        """+1 for long, -1 for short."""
        return 1 if self is Direction.LONG else -1


class Severity(StrEnum):
    """How loud an alert is; `rank` orders them."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"

    @property
    def rank(self) -> int:
        """3 for critical down to 1 for medium."""
        return {"critical": 3, "high": 2, "medium": 1}[self.value]


@dataclass(frozen=True, slots=True)
class Signal:
    """One firing of one pattern on one closed candle.

    `time` is the candle's open in epoch seconds UTC, `price` its close in the instrument's own numbers,
    `atr` the average true range there in the same numbers, `reason` the numbers that fired it
    (prices in the instrument's own numbers, never gap-adjusted ones).
    """

    time: int
    pattern: Pattern
    direction: Direction
    price: float
    atr: float
    reason: Mapping[str, float | int | str]
