"""An operator's decision: the first one on an alert stands, and every screen hears of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from pregao.domain.alert import Alert
from pregao.domain.audit import link
from pregao.domain.delivery import Operator
from pregao.domain.records import action_record
from pregao.flow.broadcast import broadcast
from pregao.flow.persist import Pause, persist
from pregao.flow.ports import ActionBook, Feed, Screens
from pregao.wire.socket_v1 import action_frame


@dataclass(frozen=True, slots=True)
class Deciding:
    """What the story works with; `clock` gives epoch seconds."""

    operators: Sequence[Operator]
    feed: Feed
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


def decide(alert: Alert, made: Decision, deps: Deciding) -> None:
    """Record a decision and tell everybody; raises Decided when somebody was first."""
    record_decision(alert, made, deps.actions, deps.pause, deps.clock)
    news = action_frame(alert.id, made.operator, made.decision, made.note, deps.clock())
    broadcast([news], deps.screens, deps.pool)


def record_decision(
    alert: Alert, made: Decision, actions: ActionBook, pause: Pause, clock: Callable[[], float]
) -> None:
    """Write a decision behind the contract's chain; raises Decided when somebody was first."""

    def attempt() -> None:
        now = clock()
        tail = actions.tail(alert.contract, now)
        record = action_record(alert, made.operator, made.decision, now, made.note, made.order_id)
        actions.decide(alert, link([record], tail)[0][0], tail)

    persist(attempt, pause)
