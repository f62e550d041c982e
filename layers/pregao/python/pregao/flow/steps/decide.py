"""An operator's decision, for the desk or for themself; told to all whom the alert concerns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pregao.domain.audit.records import action_record
from pregao.domain.delivery.alert_state import WATCHING, decisions_for
from pregao.domain.delivery.operators import Operator, all_concerned, pseudonym
from pregao.flow.ports.refusals import NothingToExecute
from pregao.flow.steps.audit.append import Pause, append
from pregao.flow.steps.broadcast import broadcast
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.wire.frames_v1 import action_frame

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record, Tail
    from pregao.flow.ports.delivery import ActionBook, AlertLog
    from pregao.flow.ports.screens import Screens


@dataclass(frozen=True, slots=True)
class Deciding:
    """Dependencies of `decide`; `clock` gives epoch seconds.

    With `each` a decision stands for its operator alone.
    """

    operators: Sequence[Operator]
    alert_log: AlertLog
    actions: ActionBook
    screens: Screens
    pool: Executor
    pause: Pause
    clock: Callable[[], float]
    each: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided what, with a note and the number of an order in MetaTrader 5."""

    operator: str
    decision: str
    note: str | None = None
    order_id: str | None = None


def decide(alert: Alert, made: Decision, deps: Deciding, time: TimeLeft) -> Failures:
    """Record a decision and tell whom the alert concerns.

    Raises Decided when one stands for them, NothingToExecute.

    Once it is written it stands: what fails while the screens are told is returned.
    """
    if made.decision not in decisions_for(alert):
        raise NothingToExecute
    _record(alert, made, deps)
    news = action_frame(
        alert.id, made.operator, made.decision, made.note, deps.clock(), made.order_id, own=deps.each
    )
    failures = Failures()
    with failures.kept():
        to = all_concerned([alert], deps.operators)
        broadcast([news], to, deps.screens, deps.pool, time, failures)
    return failures


def _record(alert: Alert, made: Decision, deps: Deciding) -> None:
    audit_id = pseudonym(made.operator, deps.operators)
    write = deps.actions.watch if made.decision == WATCHING else deps.actions.decide

    def build(now: float) -> list[Record]:
        one = action_record(alert, audit_id, made.decision, now, made.note, made.order_id, own=deps.each)
        return [one]

    def commit(records: Sequence[Record], tail: Tail) -> None:
        write(alert, made.operator, records[0], tail)

    append(partial(deps.actions.tail, alert.contract), build, commit, deps)
