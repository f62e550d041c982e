"""How an alert stands at a moment: open, decided on, or expired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar, get_args

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import Operator

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
WATCHING = "watching"
"""No end: the alert stays open for who watches it. Once the time for that is over it is their last word."""
WATCH_S = 3600
"""Seconds for which an alert stays open for who watches it, if it does not live longer by itself."""
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
class HandedOver:
    """That an operator handed an alert over: to whom (an id), and when (epoch seconds)."""

    to: str
    at: float


@dataclass(frozen=True, slots=True)
class Acts:
    """All that was done with an alert: decided for the desk, for oneself, watched, handed over.

    `handed` is by who handed it over and has not got it back.
    """

    desk: Taken | None = None
    own: Mapping[str, Taken] = field(default_factory=dict)
    watched: Mapping[str, Taken] = field(default_factory=dict)
    handed: Mapping[str, HandedOver] = field(default_factory=dict)

    def stands_for(self, operator: str) -> Taken | None:
        """Return the decision that ends the alert for an operator: the desk's or their own.

        An alert that was watched to its end has the desk's first watcher as its word; who watched it too has
        their own.
        """
        mine = self.own.get(operator)
        if self.desk and self.desk.decision == WATCHING:
            return mine or self.watched.get(operator) or self.desk
        return self.desk or mine

    def by(self, operator: str) -> bool:
        """Tell whether an operator has decided themself, or watches."""
        known = (self.desk, self.own.get(operator), self.watched.get(operator))
        return any(one and one.operator == operator and one.decision != TIMEOUT for one in known)


class Recorded(Protocol):
    """A recorded decision: whose, which, and whether it stands for them alone."""

    @property
    def operator(self) -> str:
        """An audit id, or "system"."""
        ...

    @property
    def decision(self) -> str:
        """What was decided."""
        ...

    @property
    def own(self) -> bool:
        """Whether it stands for its operator alone."""
        ...


R = TypeVar("R", bound=Recorded)


def standing(acts: Sequence[R], operator: str) -> R | None:
    """Return which of an alert's recorded decisions stands for an operator (an audit id); None for none.

    The desk's goes before their own, a decision before that they watch, that before a colleague's watching.
    """

    def rank(one: R) -> int:
        watching, mine = one.decision == WATCHING, one.operator == operator
        return 2 * watching + (one.own if not watching else not mine)

    mine = [one for one in acts if not one.own or one.operator == operator]
    return min(mine, key=rank, default=None)


def watch_ends(alert: Alert, since: float) -> float:
    """Return until when (epoch seconds) an alert stays open for who has watched it since then."""
    return max(alert.decide_by, since + WATCH_S)


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
    if taken is not None and taken.decision != TIMEOUT:
        by = next((one.name for one in desk if one.id == taken.operator), taken.operator)
        return AlertState(Phase.DECIDED, taken.at, taken.decision, by)
    over = taken is not None or now >= alert.decide_by
    return AlertState(Phase.EXPIRED if over else Phase.OPEN, alert.decide_by)
