"""An operator's decision: the first one on an alert stands, and every screen hears of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pregao.domain.audit.records import action_record
from pregao.domain.delivery.alert_state import decisions_for
from pregao.domain.delivery.operators import Operator, pseudonym
from pregao.flow.ports.refusals import NothingToExecute
from pregao.flow.steps.audit.append import Appender, Pause, append
from pregao.flow.steps.broadcast import broadcast
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.wire.frames_v1 import action_frame

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record, Tail
    from pregao.flow.ports.delivery import ActionBook, AlertLog, Screens


@dataclass(frozen=True, slots=True)
class Deciding:
    """Dependencies of `decide`; `clock` gives epoch seconds."""

    operators: Sequence[Operator]
    alert_log: AlertLog
    actions: ActionBook
    screens: Screens
    pool: Executor
    pause: Pause
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided what, with a note and the number of an order in MetaTrader 5."""

    operator: str
    decision: str
    note: str | None = None
    order_id: str | None = None


def decide(alert: Alert, made: Decision, deps: Deciding, time: TimeLeft) -> Failures:
    """Record a decision and tell everybody; raises Decided when somebody was first, NothingToExecute.

    Once it is written it stands: what fails while the screens are told is returned.
    """
    if made.decision not in decisions_for(alert):
        raise NothingToExecute
    record_decision(alert, made, pseudonym(made.operator, deps.operators), deps)
    news = action_frame(alert.id, made.operator, made.decision, made.note, deps.clock(), made.order_id)
    failures = Failures()
    with failures.kept():
        only = made.operator if alert.level else None  # nobody else knows of their level
        broadcast([news], deps.screens, deps.pool, time, failures, only)
    return failures


class Recording(Appender, Protocol):
    """The part of a use case's dependencies that writes decisions."""

    @property
    def actions(self) -> ActionBook:
        """The decisions."""
        ...


def record_decision(alert: Alert, made: Decision, audit_id: str, deps: Recording) -> None:
    """Write a decision behind the contract's chain under `audit_id`; raises Decided if one was first."""

    def build(now: float) -> list[Record]:
        return [action_record(alert, audit_id, made.decision, now, made.note, made.order_id)]

    def commit(records: Sequence[Record], tail: Tail) -> None:
        deps.actions.decide(alert, made.operator, records[0], tail)

    append(partial(deps.actions.tail, alert.contract), build, commit, deps)
