"""A watched alert comes back at a time: set by its operator, told to their screens, each step audited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pregao.domain.audit.records import reminder_record
from pregao.domain.delivery.alert_state import WATCHING, watch_ends
from pregao.domain.delivery.operators import Channel, Operator, Status, pseudonym
from pregao.domain.delivery.reminder import TRIED_S, Reminder
from pregao.flow.steps.audit.append import Appender, append
from pregao.flow.steps.broadcast import post_all
from pregao.wire.frames_v1 import reminder_frame

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record, Tail
    from pregao.flow.ports.delivery import ActionBook, AlertLog
    from pregao.flow.ports.reminders import ReminderBook
    from pregao.flow.ports.screens import Screens
    from pregao.flow.steps.audit.journal import Journal
    from pregao.flow.steps.in_time import Failures, TimeLeft

CAUSE = {"cause": "reminder"}


class Setting(Appender, Protocol):
    """What setting a reminder needs."""

    @property
    def operators(self) -> Sequence[Operator]:
        """The desk."""
        ...

    @property
    def actions(self) -> ActionBook:
        """Who watches, and what was decided."""
        ...

    @property
    def reminders(self) -> ReminderBook:
        """The reminders."""
        ...


def set_reminder(alert: Alert, operator: str, minutes: int | None, deps: Setting) -> str | None:
    """Let an alert come back to its operator in so many minutes, None for no more; returns why not.

    It must be open to them, and watched.
    """
    now = deps.clock()
    reminder = Reminder(operator, alert.id, now + 60 * (minutes or 0))
    if minutes is not None:
        acts = deps.actions.acts(alert.id)
        watched = acts.watched.get(operator)
        if acts.stands_for(operator) or watched is None or now >= watch_ends(alert, watched.at or now):
            return "only an alert that you watch comes back"
    write = deps.reminders.forget if minutes is None else deps.reminders.remind
    audit_id = pseudonym(operator, deps.operators)

    def build(now: float) -> list[Record]:
        return [reminder_record(alert, audit_id, None if minutes is None else reminder.at, now)]

    def commit(records: Sequence[Record], tail: Tail) -> None:
        write(reminder, records[0], tail)

    append(partial(deps.reminders.tail, alert.contract), build, commit, deps)
    return None


@dataclass(frozen=True, slots=True)
class Telling:
    """What telling a reminder needs; attempts are written to `journal`."""

    operators: Sequence[Operator]
    actions: ActionBook
    alert_log: AlertLog
    reminders: ReminderBook
    screens: Screens
    pool: Executor
    journal: Journal


def tell_reminder(reminder: Reminder, deps: Telling, time: TimeLeft, failures: Failures) -> bool:
    """Tell a reminder to its operator's screens; True where one took it.

    Where none is open it is told by a later round, for TRIED_S; an alert that was decided meanwhile is not.
    """
    alert = deps.alert_log.find(reminder.alert_id)
    operator = next((one for one in deps.operators if one.id == reminder.operator), None)
    decided = deps.actions.acts(reminder.alert_id).stands_for(reminder.operator)
    if alert is None or operator is None or (decided and decided.decision != WATCHING):
        deps.reminders.done(reminder)
        return False
    screens = deps.screens.present({operator.id}).screens
    late = deps.journal.clock() - reminder.at >= TRIED_S
    if not screens and not late:
        return False
    deps.journal.note(alert, operator, Channel.WEBSOCKET, Status.INTENT, CAUSE)
    posts = [(one.connection_id, (reminder_frame(alert.id, reminder.at),)) for one in screens]
    sent = Status.SENT in post_all(posts, deps.screens, deps.pool, time, failures)
    if sent or late:
        deps.reminders.done(reminder)
    status = Status.SENT if sent else Status.FAILED
    deps.journal.note(alert, operator, Channel.WEBSOCKET, status, CAUSE)
    return sent
