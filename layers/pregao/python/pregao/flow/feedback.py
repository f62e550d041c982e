"""SES's reports on e-mails: recorded once each, bad addresses suppressed, lost e-mails made dead letters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from pregao.domain.audit.records import feedback_record
from pregao.domain.delivery.operators import Operator, Reached, Status, pseudonym
from pregao.domain.delivery.suppression import Suppression, address_key
from pregao.domain.delivery.unreached import Cause, of_operator
from pregao.flow.ports.refusals import OutOfTime
from pregao.flow.steps.audit.append import Pause, append
from pregao.wire.ses_event_v1 import read_event

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.delivery.mail_events import MailEvent
    from pregao.flow.ports.delivery import AlertLog, DeliveryBook, FallbackQueue
    from pregao.flow.ports.mail import FeedbackBook, Suppressions, UnreachedBook
    from pregao.flow.steps.in_time import TimeLeft

BOUNCED = "bounced"
"""The cause of a dead letter whose e-mail was taken by the provider and then lost."""
BUDGET_S = 25.0
"""Time budget in seconds of one report, if every call runs into its timeout."""


class Heard(StrEnum):
    """What was done with a report; of an e-mail about no known alert there is nothing to record."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    NO_ALERT = "no_alert"


@dataclass(frozen=True, slots=True)
class Feedback:
    """Dependencies of `hear`; `clock` gives epoch seconds."""

    operators: Sequence[Operator]
    alert_log: AlertLog
    book: FeedbackBook
    deliveries: DeliveryBook
    suppressions: Suppressions
    unreached: UnreachedBook
    queue: FallbackQueue
    pause: Pause
    clock: Callable[[], float]


def hear_message(
    body: str, about: Callable[[str], None], deps: Feedback, time: TimeLeft
) -> tuple[MailEvent, Heard]:
    """Take the report of one queue message in; `about` hears the alert's id first.

    Raises ForeignEvent for what is no report on an e-mail of ours, else as `hear`.
    """
    event = read_event(body)
    about(event.alert_id)
    return event, hear(event, deps, time)


def hear(event: MailEvent, deps: Feedback, time: TimeLeft) -> Heard:
    """Take a report in; one that comes twice changes nothing.

    It is recorded last: where the function dies before, the report comes again and everything is repeated.
    Raises OutOfTime where this invocation cannot begin it any more.
    """
    if not time.for_more(BUDGET_S):
        raise OutOfTime(f"the report comes again: {time():.1f} s are left")
    if deps.book.heard(event):
        return Heard.REPEATED
    if event.suppresses:
        _suppress(event, deps)
    _note_mailbox(event, deps)
    alert = deps.alert_log.find(event.alert_id) if event.alert_id else None
    if alert is None:
        return Heard.NO_ALERT
    if event.lost:
        _dead_letter(alert, event, deps)
    return _record(alert, event, deps)


def _note_mailbox(event: MailEvent, deps: Feedback) -> None:
    """Note whether the operator's mailbox is reached: an e-mail that arrived ends whatever came before it."""
    operator = next((one for one in deps.operators if one.id == event.operator), None)
    if operator is None or address_key(operator.email) != address_key(event.address):
        return
    if event.lost:
        deps.unreached.add(operator, Cause.BOUNCED, event.happened_at)
    elif event.status is Status.DELIVERED:
        missed = of_operator(deps.unreached.all(), operator)
        if missed and missed.newest < event.happened_at:
            deps.unreached.remove(missed.key)


def _suppress(event: MailEvent, deps: Feedback) -> None:
    key = address_key(event.address)
    deps.suppressions.add(Suppression(key, event.operator, event.status.value, event.happened_at))


def _dead_letter(alert: Alert, event: MailEvent, deps: Feedback) -> None:
    """Make the alert a dead letter, unless the operator confirmed it on a screen or decided on it."""
    from pregao.domain.delivery.timer import Timer  # here: few e-mails bounce

    progress = deps.deliveries.progress(alert.id)
    reached = progress.reached.get(event.operator, Reached())
    if reached.received_at is None and not progress.acts.by(event.operator):
        deps.queue.dead_letter(Timer(alert, (event.operator,), 1, BOUNCED), event.description)


def _record(alert: Alert, event: MailEvent, deps: Feedback) -> Heard:
    audit_id = pseudonym(event.operator, deps.operators)

    def build(now: float) -> list[Record]:
        return [feedback_record(alert, audit_id, event, now)]

    def commit(records: Sequence[Record], tail: Tail) -> bool:
        return deps.book.record(event, records[0], tail)

    new = append(partial(deps.book.tail, alert.contract), build, commit, deps)
    return Heard.RECORDED if new else Heard.REPEATED
