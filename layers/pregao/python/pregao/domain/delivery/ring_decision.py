"""What was decided of an alert for an operator: whether it rang, and why; attention.py decides it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

UNREACHABLE = 1e9
"""A threshold that no score reaches."""


class Ring(StrEnum):
    """Whether an operator was rung for an alert, or it was listed for them in silence."""

    RUNG = "rung"
    LISTED = "listed"


class Why(StrEnum):
    """What decided whether an alert rings."""

    JOINS = "joins"
    """Their opportunity has an alert already."""
    CONFLICT = "conflict"
    """Both sides on the opportunity's first candle."""
    BELOW = "below_threshold"
    REACHED = "reached_threshold"
    MUTED = "muted"
    """The operator muted its pattern or market for a while; see mute.py."""
    ALWAYS = "always"
    NO_BUDGET = "no_budget"
    """Their budget is 0: all ring."""
    NO_CALIBRATION = "no_calibration"
    """The alert has no score, or too few sessions are known for a threshold."""
    AGAIN = "again"
    """A delivery that starts over decides as before, whatever is known now."""


LISTING = frozenset({Why.JOINS, Why.CONFLICT, Why.BELOW, Why.MUTED})
"""Reasons for which an alert is only listed; every other reason rings."""


@dataclass(frozen=True, slots=True)
class RingDecision:
    """What was decided for an operator; score and threshold are None where they were not known."""

    ring: Ring
    why: Why
    score: float | None = None
    threshold: float | None = None

    @property
    def listed(self) -> bool:
        """Tell whether the operator was not rung."""
        return self.ring is Ring.LISTED

    def plain(self) -> dict[str, str | float | None]:
        """Return it as fields of an audit record."""
        return {
            "attention": self.ring.value,
            "attention_why": self.why.value,
            "score": self.score,
            "threshold": self.threshold,
        }


@dataclass(frozen=True, slots=True)
class Told:
    """What operators have had of an opportunity: by operator the alert that came first, and that rang.

    `version` counts the changes.
    """

    version: int = 0
    first: Mapping[str, str] = field(default_factory=dict)
    rung: Mapping[str, str] = field(default_factory=dict)
