"""What a detector says: a pattern, a side, a price and the numbers that fired it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Pattern(StrEnum):
    """The patterns, named as in the configuration and on the wire."""

    VOLATILITY_EXTREME = "volatility_extreme"
    ENGULFING = "engulfing"
    RSI_DIVERGENCE = "rsi_divergence"
    LEVEL_BREAK = "level_break"
    UNUSUAL_RANGE = "unusual_range"
    PRICE_LEVEL = "price_level"
    """An operator's own; no detector finds it. See price_level.py."""

    @property
    def sided(self) -> bool:
        """Tell whether it names a side to take: an unusual range and an operator's level name none."""
        return self not in (Pattern.UNUSUAL_RANGE, Pattern.PRICE_LEVEL)


DETECTED: tuple[Pattern, ...] = tuple(pattern for pattern in Pattern if pattern is not Pattern.PRICE_LEVEL)
"""The patterns that detectors find."""
SIDED = tuple(pattern for pattern in Pattern if pattern.sided)
"""The patterns with a side."""


class Direction(StrEnum):
    """The side an operator would take; none where only the size of a move is told."""

    LONG = "long"
    SHORT = "short"
    NONE = "none"

    @property
    def sign(self) -> int:
        """+1 for long, -1 for short, 0 for none."""
        return {"long": 1, "short": -1, "none": 0}[self.value]


SIDES = (Direction.LONG, Direction.SHORT)
"""The directions that an order can have."""


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
class Outlook:
    """The range that the next `horizon` candles are expected to cover, in the instrument's own numbers.

    low and high hold it `level` of the time; `usual` is the mean of such ranges after this time of day.
    `expected` is the model's own prediction, before the band's correction; None where an older version told
    the outlook.
    """

    horizon: int
    low: float
    high: float
    usual: float
    level: float
    expected: float | None = None


@dataclass(frozen=True, slots=True)
class Chance:
    """The measured share in which the alert's own target comes first, its 95 % interval, and of how many.

    `baseline` is what any candle has; `as_of` the session (ISO date) up to which it was measured.
    """

    p: float
    low: float
    high: float
    n: int
    baseline: float
    as_of: str


class Unmeasured(StrEnum):
    """Why an alert has no outlook, or no chance."""

    NO_CALIBRATION = "no_calibration"
    NO_MODEL = "no_model"
    UNKNOWN_SLOT = "unknown_slot"
    FEW_SESSIONS = "few_sessions"
    """Too few sessions before have this half hour."""
    NOT_RELIABLE = "not_reliable"
    """What was said lately was no better than the same share for every half hour."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One firing of one pattern on one closed candle.

    `time` is the candle's open in epoch seconds UTC, `price` its close in the instrument's own numbers,
    `atr` the average true range there in the same numbers, `reason` the numbers that fired it
    (prices in the instrument's own numbers, never gap-adjusted ones). `outlook` tells the range to come and
    `chance` how often the target comes first, or why that is not known; None where nobody asked.
    """

    time: int
    pattern: Pattern
    direction: Direction
    price: float
    atr: float
    reason: Mapping[str, float | int | str]
    outlook: Outlook | Unmeasured | None = None
    chance: Chance | Unmeasured | None = None


@dataclass(frozen=True, slots=True)
class Levels:
    """Distances from the close in average true ranges: half the entry band, the stop, the target."""

    entry_atr: float
    stop_atr: float
    target_atr: float
