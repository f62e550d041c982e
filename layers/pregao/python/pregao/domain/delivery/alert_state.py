"""How an alert stands at a moment: open, decided on, or expired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from pregao.domain.alerts.alert import Alert
from pregao.domain.delivery.operators import Operator

SYSTEM = "system"
"""Who decided where no operator did."""
TIMEOUT = "TIMEOUT"
"""The decision on an alert that expired without one."""


class Phase(StrEnum):
    """Whether a decision is still wanted."""

    OPEN = "open"
    DECIDED = "decided"
    EXPIRED = "expired"


DecisionWord = Literal["executed", "rejected", "watching", "false_alarm"]
"""What an operator may decide: the one list, for frames, forms, links and words."""
DECISIONS: tuple[str, ...] = get_args(DecisionWord)
EXECUTED = "executed"
GRACE_S = 5
"""Seconds in which a screen lets its operator take a decision back before it sends it."""


def decisions_for(alert: Alert) -> tuple[str, ...]:
    """Return what may be decided on an alert: one without a side has no order to execute."""
    return DECISIONS if alert.plan else tuple(one for one in DECISIONS if one != EXECUTED)


@dataclass(frozen=True, slots=True)
class Taken:
    """The decision that stands: `operator` is an id, "system" for a time-out.

    `at` is in epoch seconds, None for a decision written down before its time was kept beside it.
    """

    operator: str
    decision: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class AlertState:
    """What a message says of an alert when it is sent.

    `at` is when it was decided on or expired, or until when it is open (epoch seconds); None where that is
    unknown. `by` is the name of who decided.
    """

    phase: Phase
    at: float | None
    decision: str = ""
    by: str = ""

    @property
    def is_open(self) -> bool:
        """Tell whether a decision is still wanted."""
        return self.phase is Phase.OPEN


def state_of(alert: Alert, taken: Taken | None, desk: Iterable[Operator], now: float) -> AlertState:
    """Return how an alert stands at `now` (epoch seconds); `taken` is the decision on record."""
    if taken is not None and taken.operator != SYSTEM:
        by = next((one.name for one in desk if one.id == taken.operator), taken.operator)
        return AlertState(Phase.DECIDED, taken.at, taken.decision, by)
    over = taken is not None or now >= alert.decide_by
    return AlertState(Phase.EXPIRED if over else Phase.OPEN, alert.decide_by)
