"""Each minute: what was committed and never finished is sent again, closed, or told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, fields

from pregao.domain.alerts.admission import Verdict
from pregao.domain.alerts.alert import Alert
from pregao.domain.alerts.digest import digest_of
from pregao.domain.delivery.alert_state import SYSTEM, TIMEOUT
from pregao.domain.delivery.operators import OpenEnd, Operator, Screen, Status, Timer
from pregao.domain.delivery.suppression import address_key
from pregao.domain.feeds.feed import Kind
from pregao.domain.feeds.silence import FeedRules
from pregao.domain.text.email import render_digest_mail
from pregao.flow.broadcast import broadcast
from pregao.flow.close import Closing, close_days
from pregao.flow.decide import Decision, record_decision
from pregao.flow.feeds import Feeding, watch_feeds
from pregao.flow.persist import Pause
from pregao.flow.ports.audit import DayBook
from pregao.flow.ports.delivery import (
    ActionBook,
    AlertQueue,
    DeadLetters,
    DeliveryBook,
    FallbackQueue,
    OpenBook,
    Screens,
)
from pregao.flow.ports.feeds import FeedBook, Gauges, Unread
from pregao.flow.ports.mail import Mailbox, Suppressions
from pregao.flow.refusals import Decided, MailRefused
from pregao.wire.socket_v1 import action_frame, digest_frame

AT_ONCE = 200
"""Open ends of a kind looked at in one run; the rest waits a minute."""
OVERDUE_AGAIN_S = 150
"""An alert sent again is overdue again after this: longer than a message hides from its next consumer."""
UNSETTLED_AGAIN_S = 600
"""Three receives of a timer that fails take so long."""
RESENDS = 5
"""An alert overdue oftener than this is dead: somebody must look."""

Note = Callable[[str, str], None]
"""Hears what was done, and the id of the alert it was done to."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What the story works with; `clock` gives epoch seconds."""

    operators: Sequence[Operator]
    open: OpenBook
    queue: AlertQueue
    dead: DeadLetters
    deliveries: DeliveryBook
    fallback: FallbackQueue
    actions: ActionBook
    screens: Screens
    mailbox: Mailbox
    suppressions: Suppressions
    mail_from: str
    pool: Executor
    days: DayBook
    feeds: FeedBook
    feed_rules: FeedRules
    pause: Pause
    clock: Callable[[], float]
    gauges: Gauges = field(default_factory=Unread)
    note: Note = lambda _what, _alert_id: None


@dataclass(frozen=True, slots=True)
class Watched:
    """Alerts sent again, given up, closed as TIMEOUT, told of as held back; days of tables ended; feeds."""

    sent_again: int = 0
    given_up: int = 0
    timed_out: int = 0
    held_back: int = 0
    days_ended: int = 0
    feeds_silent: int = 0
    feeds_back: int = 0
    feeds_rolled: int = 0
    feeds_set_aside: int = 0

    def __add__(self, other: Watched) -> Watched:
        return Watched(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def watch(deps: Watch) -> Watched:
    """Do all there is to do; a part that fails leaves its work to the next minute and the others go on.

    Raises an ExceptionGroup of what failed, after all parts were tried.
    """
    done, errors = Watched(), []
    for part in (_send_again, _settle, _time_out, _tell_held_back, _watch_feeds, _close_days, _count_waiting):
        try:
            done += part(deps)
        except Exception as error:  # noqa: BLE001 told below, after the other parts had their turn
            errors.append(error)
    if errors:
        raise ExceptionGroup(f"not all could be done, only {done}", errors)
    return done


def _send_again(deps: Watch) -> Watched:
    """Queue what was committed and is not delivered: a function died before SQS heard, or a message was lost.

    Postponed before it is sent: a crash in between costs one round, and deliver does nothing twice.
    """
    now = deps.clock()
    again, buried = [], 0
    for alert in deps.open.undelivered(now, AT_ONCE):
        times = deps.open.postpone(alert.id, OpenEnd.DELIVERY, now + OVERDUE_AGAIN_S)
        if times is not None and times > RESENDS:
            deps.dead.bury(alert, f"not delivered after it was sent {RESENDS} times again")
            deps.open.abandon(alert.id)
            deps.note("alert given up", alert.id)
            buried += 1
        elif times is not None:
            again.append(alert)
    if again:
        deps.queue.send(sorted(again, key=lambda alert: (alert.contract, alert.seq)))
    for alert in again:
        deps.note("alert queued again", alert.id)
    return Watched(sent_again=len(again), given_up=buried)


def _settle(deps: Watch) -> Watched:
    """Start timers anew for delivered alerts whose own were lost: somebody neither saw nor got them."""
    now = deps.clock()
    started, buried = 0, 0
    for alert in deps.open.unsettled(now, AT_ONCE):
        reached = deps.deliveries.reached(alert.id)
        concerned = [one.id for one in deps.operators if one.interest.covers(alert)]
        missing = tuple(one for one in concerned if one not in reached or not reached[one].done)
        if not missing:
            deps.open.abandon(alert.id)
            continue
        times = deps.open.postpone(alert.id, OpenEnd.SETTLEMENT, now + UNSETTLED_AGAIN_S)
        if times is not None and times > RESENDS:
            deps.dead.bury(alert, f"not settled for {', '.join(missing)} after {RESENDS} further timers")
            deps.open.abandon(alert.id)
            deps.note("alert given up", alert.id)
            buried += 1
        elif times is not None:
            deps.fallback.start(Timer(alert, missing, 1, "no_receipt"), 0)
            deps.note("timer started again", alert.id)
            started += 1
    return Watched(sent_again=started, given_up=buried)


def _time_out(deps: Watch) -> Watched:
    """Close alerts on which nobody decided in time."""
    late = deps.open.undecided(deps.clock(), AT_ONCE)
    closed = [alert for alert in late if _closed(alert, deps)]
    frames = [action_frame(alert.id, SYSTEM, TIMEOUT, None, deps.clock()) for alert in closed]
    broadcast(frames, deps.screens, deps.pool)
    return Watched(timed_out=len(closed))


def _closed(alert: Alert, deps: Watch) -> bool:
    try:
        record_decision(alert, Decision(SYSTEM, TIMEOUT), SYSTEM, deps)
    except Decided:
        return False  # the index lags: somebody did
    deps.note("alert timed out", alert.id)
    return True


def _close_days(deps: Watch) -> Watched:
    return Watched(days_ended=close_days(Closing(deps.days, deps.pause, deps.clock)))


def _count_waiting(deps: Watch) -> Watched:
    deps.gauges.waiting(deps.open.waiting())
    return Watched()


def _watch_feeds(deps: Watch) -> Watched:
    told = watch_feeds(
        Feeding(
            book=deps.feeds,
            rules=deps.feed_rules,
            operators=deps.operators,
            screens=deps.screens,
            mailbox=deps.mailbox,
            suppressions=deps.suppressions,
            mail_from=deps.mail_from,
            pool=deps.pool,
            pause=deps.pause,
            clock=deps.clock,
            gauges=deps.gauges,
        )
    )
    kinds = Counter(one.kind for one in told)
    return Watched(
        feeds_silent=kinds[Kind.SILENT],
        feeds_back=kinds[Kind.RECOVERED],
        feeds_rolled=kinds[Kind.ROLLED],
        feeds_set_aside=kinds[Kind.SET_ASIDE],
    )


def _tell_held_back(deps: Watch) -> Watched:
    """Tell each operator what the queue's bound refused: on their screens, by e-mail where none took it.

    Forgotten last: should it fail before, the next minute tells it again.
    """
    held = deps.open.held_back(AT_ONCE)
    screens = deps.screens.everyone() if held else []
    for operator in deps.operators:
        concerned = [one.alert for one in held if operator.interest.covers(one.alert)]
        if concerned:
            _tell(operator, concerned, [one for one in screens if one.operator == operator.id], deps)
    deps.open.told(held)
    return Watched(held_back=len(held))


def _tell(operator: Operator, held: Sequence[Alert], screens: Sequence[Screen], deps: Watch) -> None:
    digest = digest_of(held, Verdict.QUEUE_FULL)
    frame = digest_frame(digest)
    statuses = deps.pool.map(lambda screen: deps.screens.post(screen.connection_id, frame), screens)
    if Status.SENT in list(statuses) or operator.duty.why_not(deps.clock()):
        return
    if deps.suppressions.find(address_key(operator.email)):
        return  # of its alerts nobody was to be told one by one; the audit names them
    try:
        deps.mailbox.send(render_digest_mail(digest, operator, deps.mail_from))
    except MailRefused:
        return  # no retry helps; the audit names every alert that was held back
