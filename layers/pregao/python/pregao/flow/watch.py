"""Each minute: what was committed and never finished is sent again, closed, or told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from pregao.domain.alerts.admission import Verdict
from pregao.domain.alerts.digest import Digest, digest_of
from pregao.domain.delivery.operators import OpenEnd, Operator, Status, all_concerned
from pregao.domain.delivery.suppression import address_key
from pregao.domain.delivery.unreached import Cause
from pregao.domain.feeds.told import Kind
from pregao.flow.ports.refusals import MailBusy, MailRefused
from pregao.flow.steps.audit.close import DayClosing, close_days
from pregao.flow.steps.audit.journal import Journal
from pregao.flow.steps.broadcast import post_all, tell_each
from pregao.flow.steps.feeds import Feeding, watch_feeds
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.flow.steps.reminders import Telling, tell_reminder
from pregao.flow.steps.time_out import time_out
from pregao.wire.frames_v1 import digest_frame

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.reminder import Reminder
    from pregao.flow.ports.audit import DayBook
    from pregao.flow.ports.delivery import (
        ActionBook,
        AlertLog,
        AlertQueue,
        DeadLetters,
        DeliveryBook,
        FallbackQueue,
        HeldBack,
        Kept,
        OpenBook,
    )
    from pregao.flow.ports.reminders import ReminderBook
    from pregao.flow.steps.audit.append import Pause
    from pregao.flow.steps.channels import Channels

AT_ONCE = 200
"""Open ends of a kind looked at in one run; the rest waits a minute."""
OVERDUE_AGAIN_S = 180
"""An alert sent again is overdue again after this: longer than a message hides from its next consumer."""
UNSETTLED_AGAIN_S = 600
"""Three receives of a timer that fails take so long."""
RESENDS = 5
"""After this many resends the alert becomes a dead letter."""

GIVE_UP_S = 600
"""A digest that no mailbox took for so long is a dead letter: what it tells of is over."""
PART_S, ALERT_S, MAIL_S = 15.0, 13.0, 24.0
"""Time budgets in seconds: a part without its items; one alert; one e-mail with its records."""
HELD_BACK = "held_back"
"""The cause of a dead letter that stands for an operator's digest."""

Note = Callable[[str, str], None]
"""Hears what was done, and the id of the alert it was done to."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """What is known of alerts that are not finished, and where one goes from there."""

    open: OpenBook
    queue: AlertQueue
    dead: DeadLetters
    deliveries: DeliveryBook
    fallback: FallbackQueue
    actions: ActionBook
    log: AlertLog
    reminders: ReminderBook


@dataclass(frozen=True, slots=True)
class Watch:
    """Dependencies of `watch`; `clock` gives epoch seconds. `each`: every operator decides for themself."""

    alerts: Alerts
    channels: Channels
    feeds: Feeding
    days: DayBook
    pause: Pause
    clock: Callable[[], float]
    note: Note = lambda _what, _alert_id: None
    each: bool = False

    @property
    def actions(self) -> ActionBook:
        """The decisions, as `time_out` asks for them."""
        return self.alerts.actions


@dataclass(frozen=True, slots=True)
class Watched:
    """Alerts sent again, given up, closed as TIMEOUT, held back; days ended; feeds; alerts brought back."""

    sent_again: int = 0
    given_up: int = 0
    timed_out: int = 0
    held_back: int = 0
    days_ended: int = 0
    feeds_silent: int = 0
    feeds_back: int = 0
    feeds_rolled: int = 0
    feeds_set_aside: int = 0
    feeds_flapping: int = 0
    reminded: int = 0

    def __add__(self, other: Watched) -> Watched:
        return Watched(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))


def watch(deps: Watch, time: TimeLeft) -> Watched:
    """Run every part; a part that fails is left to the next minute.

    The starting part rotates each minute, so a slow part does not always starve the same ones.
    Raises an ExceptionGroup of what failed, after all parts were tried.
    """
    done, failures = Watched(), Failures()
    first = int(deps.clock() // 60) % len(PARTS)
    for part in failures.each([*PARTS[first:], *PARTS[:first]], PART_S, time):
        with failures.kept():
            done += part(deps, time, failures)
    failures.tell(f"not all could be done, only {done}")
    return done


def _send_again(deps: Watch, time: TimeLeft, failures: Failures) -> Watched:
    """Queue what was committed and is not delivered: a function died before SQS heard, or a message was lost.

    Postponed before it is sent: a crash in between costs one round, and deliver does nothing twice.
    """
    now = deps.clock()
    again, given_up = [], 0
    for alert in failures.each(deps.alerts.open.undelivered(now, AT_ONCE), ALERT_S, time):
        with failures.kept():
            times = deps.alerts.open.postpone(alert.id, OpenEnd.DELIVERY, now + OVERDUE_AGAIN_S)
            if times is not None and times > RESENDS:
                _give_up(alert, f"not delivered after it was sent {RESENDS} times again", deps)
                given_up += 1
            elif times is not None:
                again.append(alert)
    if again:
        deps.alerts.queue.send(sorted(again, key=lambda alert: (alert.contract, alert.seq)))
    for alert in again:
        deps.note("alert queued again", alert.id)
    return Watched(sent_again=len(again), given_up=given_up)


def _give_up(alert: Alert, reason: str, deps: Watch) -> None:
    deps.alerts.dead.dead_letter(alert, reason)
    deps.alerts.open.abandon(alert.id)
    deps.note("alert given up", alert.id)


def _settle(deps: Watch, time: TimeLeft, failures: Failures) -> Watched:
    """Start timers again for delivered alerts that lost theirs: somebody got neither frame nor e-mail."""
    done = Watched()
    for one in failures.each(deps.alerts.open.unsettled(deps.clock(), AT_ONCE), ALERT_S, time):
        with failures.kept():
            done += _settled(one, deps)
    return done


def _settled(kept: Kept, deps: Watch) -> Watched:
    alert, reached = kept.alert, deps.alerts.deliveries.reached(kept.alert.id)
    concerned = [one.id for one in deps.channels.operators if one.concerned_by(alert)]
    concerned = [one for one in concerned if one not in kept.listed]
    missing = tuple(one for one in concerned if one not in reached or not reached[one].done)
    if not missing:
        deps.alerts.open.abandon(alert.id)
        return Watched()
    times = deps.alerts.open.postpone(alert.id, OpenEnd.SETTLEMENT, deps.clock() + UNSETTLED_AGAIN_S)
    if times is None:
        return Watched()
    if times > RESENDS:
        _give_up(alert, f"not settled for {', '.join(missing)} after {RESENDS} further timers", deps)
        return Watched(given_up=1)
    from pregao.domain.delivery.timer import Timer  # most rounds find no alert open

    deps.alerts.fallback.start(Timer(alert, missing, 1, "no_receipt", tuple(kept.listed)), 0)
    deps.note("timer started again", alert.id)
    return Watched(sent_again=1)


def _end_or_remind(deps: Watch, time: TimeLeft, failures: Failures) -> Watched:
    """End what nobody decided in time, and bring back what is watched: one reading finds both."""
    due = deps.alerts.open.undecided(deps.clock(), AT_ONCE)
    done = _time_out(due.alerts, deps, time, failures)
    return done + _remind(due.reminders, deps, time, failures)


def _time_out(late: Sequence[Kept], deps: Watch, time: TimeLeft, failures: Failures) -> Watched:
    """End alerts on which somebody did not decide in time."""
    desk, count = deps.channels.operators, 0
    told: dict[str, list[bytes]] = {}
    for kept in failures.each(late, ALERT_S, time):
        with failures.kept():
            frames = time_out(kept, desk, deps, each=deps.each)
            for one in all_concerned([kept.alert], desk) if frames else ():
                told.setdefault(one, []).extend(frames)
            count += bool(frames)
            if frames:
                deps.note("alert timed out", kept.alert.id)
    with failures.kept():
        tell_each(told, deps.channels.screens, deps.channels.pool, time, failures)
    return Watched(timed_out=count)


def _remind(late: Sequence[Reminder], deps: Watch, time: TimeLeft, failures: Failures) -> Watched:
    """Bring watched alerts back whose time has come."""
    alerts, channels = deps.alerts, deps.channels
    journal = Journal(alerts.deliveries, deps.pause, deps.clock)
    telling = Telling(
        channels.operators,
        alerts.actions,
        alerts.log,
        alerts.reminders,
        channels.screens,
        channels.pool,
        journal,
    )
    told = 0
    for one in failures.each(late, ALERT_S, time):
        with failures.kept():
            told += tell_reminder(one, telling, time, failures)
    return Watched(reminded=told)


def _close_days(deps: Watch, time: TimeLeft, failures: Failures) -> Watched:
    closing = DayClosing(deps.days, deps.pause, deps.clock)
    return Watched(days_ended=close_days(closing, time, failures))


def _count_waiting(deps: Watch, _time: TimeLeft, _failures: Failures) -> Watched:
    deps.feeds.gauges.waiting(deps.alerts.open.waiting())
    return Watched()


def _watch_feeds(deps: Watch, time: TimeLeft, failures: Failures) -> Watched:
    kinds = Counter(one.kind for one in watch_feeds(deps.feeds, time, failures))
    return Watched(
        feeds_silent=kinds[Kind.SILENT],
        feeds_back=kinds[Kind.RECOVERED],
        feeds_rolled=kinds[Kind.ROLLED],
        feeds_set_aside=kinds[Kind.SET_ASIDE],
        feeds_flapping=kinds[Kind.FLAPPING],
    )


def _tell_held_back(deps: Watch, time: TimeLeft, failures: Failures) -> Watched:
    """Tell each operator what the queue's bound refused and, at a session's end, what was only listed.

    On their screens, by e-mail where none took it. Who has been told is written down last, by alert: the next
    minute tells only whom this one could not.
    """
    held, count = deps.alerts.open.held_back(deps.clock(), AT_ONCE), 0
    for reason in dict.fromkeys(one.reason for one in held):
        some = [one for one in held if one.reason == reason]
        done = _tell_digest(some, reason, deps, time, failures)
        count += done if reason == Verdict.QUEUE_FULL else 0
    return Watched(held_back=count)


def _tell_digest(
    held: Sequence[HeldBack], reason: str, deps: Watch, time: TimeLeft, failures: Failures
) -> int:
    """Tell each operator their alerts of one kind; returns how many all have been told of."""
    owed = {one.id: _not_notified(one, held) for one in deps.channels.operators}
    told = {name for name, alerts in owed.items() if not alerts}
    with failures.kept():
        waiting = {name: digest_of(owed[name], reason) for name in owed.keys() - told}
        told |= _on_screens(waiting, deps, time, failures)
    silent = [one for one in deps.channels.operators if one.id not in told]
    for operator in failures.each(silent, MAIL_S, time):
        with failures.kept():
            _by_mail(operator, owed[operator.id], reason, held[0].since, deps)
            told.add(operator.id)
    left = [one for one in held if any(one.alert in owed[name] for name in owed.keys() - told)]
    done = [one for one in held if one not in left]
    deps.alerts.open.forget_held_back(done)
    deps.alerts.open.note_notified(left, told)
    return len(done)


def _not_notified(operator: Operator, held: Sequence[HeldBack]) -> list[Alert]:
    concerned = [one for one in held if operator.concerned_by(one.alert)]
    return [
        one.alert
        for one in concerned
        if operator.id not in one.notified and (not one.listed or operator.id in one.listed)
    ]


def _on_screens(owed: Mapping[str, Digest], deps: Watch, time: TimeLeft, failures: Failures) -> set[str]:
    """Post everybody's digest to their screens; returns who has one that took it."""
    if not owed:
        return set()
    frames = {name: digest_frame(digest) for name, digest in owed.items()}
    screens = deps.channels.screens.present(frames.keys()).screens
    posts = [(one.connection_id, (frames[one.operator],)) for one in screens]
    statuses = post_all(posts, deps.channels.screens, deps.channels.pool, time, failures)
    return {one.operator for one, status in zip(screens, statuses, strict=True) if status is Status.SENT}


def _by_mail(operator: Operator, held: Sequence[Alert], reason: str, since: float, deps: Watch) -> None:
    """E-mail an operator on duty what was held back; raises MailBusy where that must be tried again.

    `since` is when the oldest of it was due (epoch seconds).

    If no e-mail can reach the operator, the digest becomes a dead letter; the audit names every alert
    that was held back.
    """
    if operator.duty.why_not(deps.clock()):
        return
    suppression = deps.channels.suppressions.find(address_key(operator.email))
    if suppression:
        _unreached(operator, held, Cause.SUPPRESSED, f"the address is suppressed: {suppression.cause}", deps)
        return
    from pregao.domain.text.email import render_digest_mail  # most rounds have no digest

    try:
        mail = render_digest_mail(digest_of(held, reason), operator, deps.channels.mail_from)
        deps.channels.mailbox.send(mail)
    except MailRefused as refused:
        _unreached(operator, held, Cause.REFUSED, f"the e-mail was refused: {refused}", deps)
    except MailBusy as busy:
        if deps.clock() - since < GIVE_UP_S:
            raise
        _unreached(operator, held, Cause.GAVE_UP, f"no e-mail in {GIVE_UP_S} s: {busy}", deps)


def _unreached(operator: Operator, held: Sequence[Alert], cause: Cause, why: str, deps: Watch) -> None:
    from pregao.domain.delivery.timer import Timer

    reason = f"{operator.id} was not told of {len(held)} alerts held back: {why}"
    deps.alerts.fallback.dead_letter(Timer(held[-1], (operator.id,), 1, HELD_BACK), reason)
    deps.channels.unreached.add(operator, cause, deps.clock())


PARTS: Sequence[Callable[[Watch, TimeLeft, Failures], Watched]] = (
    _send_again,
    _settle,
    _end_or_remind,
    _tell_held_back,
    _watch_feeds,
    _close_days,
    _count_waiting,
)
