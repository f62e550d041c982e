"""When no screen confirmed an alert in time: what the operator carries, step by step, then e-mail.

A timer names one step (domain/delivery/escalation.py); those before e-mail are in steps/phone.py. E-mail has
three tries, then the dead letters; an SMS goes beside it.
What is sent says how the alert stands at that moment. If an operator gets no e-mail for any reason but being
off duty, quiet hours or the desk's rule on decided alerts, the timer becomes a dead letter with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from pregao.domain.audit.chain import day_of
from pregao.domain.audit.records import delivery_record, receipt_record
from pregao.domain.delivery.alert_state import Acts, AlertState, Phase, state_of
from pregao.domain.delivery.operators import UNKNOWN, Channel, Operator, Reached, Status, pseudonym
from pregao.domain.delivery.suppression import address_key
from pregao.domain.delivery.unreached import Cause, Unreached, of_operator
from pregao.domain.text.times import ZoneOf, desk_zone
from pregao.flow.ports.refusals import MailBusy, MailRefused, OutOfTime
from pregao.flow.steps.audit.journal import Journal
from pregao.flow.steps.current_note import EDIT_S
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.flow.steps.joined_note import tell_of_joined
from pregao.flow.steps.phone import Case, End, Phone, amend_notes, end_in_doubt, take_step
from pregao.flow.steps.settled import TOLD, MailResult, Settled, counted
from pregao.flow.steps.texting import SmsSettings, send_sms
from pregao.wire.alert_v1 import load_timer

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.escalation import Retry
    from pregao.domain.delivery.timer import Timer
    from pregao.domain.text.email import Mail
    from pregao.flow.ports.delivery import DeliveryBook, FallbackQueue
    from pregao.flow.ports.mail import Mailbox, Suppressions, UnreachedBook
    from pregao.flow.ports.phone import OpportunityNotes, Pictures, Sender, TroubleBook
    from pregao.flow.steps.audit.append import Pause

LEASE_S = 85
"""Longer than the function may run: a function that still holds the right to e-mail then has died."""
OPERATOR_S, HAND_OVER_S = 60.0, 4.0
"""Time budgets in seconds of one operator's SMS and e-mail, of starting a timer, if every call times out."""
STALE_S = 2.0
"""What was read for a timer is not gone by for longer: a service was slow, and somebody may have decided."""
PARTS = 8
"""A timer of many is split into at most so many where something is slow."""
NOT_ON_DESK = "not_on_desk"
"""Why somebody gets no e-mail whom the configuration does not know."""
DECIDED = "decided"
"""Why somebody gets no e-mail who decided themselves, or to whom the desk sends none after a decision."""
HANDED_OVER = "handed_over"
"""Why somebody gets no e-mail who handed the alert over to a colleague."""

Mark = Callable[[str, str, float], Reached]


@dataclass(frozen=True, slots=True)
class Fallback:
    """Dependencies of `fall_back`: `link` signs an operator's way to an alert, `clock` gives epoch seconds.

    `texting` is None where the desk sends no SMS, `console` empty where no page is served. Times are told on
    the clock that `zone_of` gives for the alert's instrument.
    `senders` are the services of the steps between, `grace_s` the wait of a step that names none, `notes` the
    messages of opportunities, `troubles` what was told of channels that do not reach somebody,
    `pictures` the charts in them.
    `after_decision` tells whether an alert that a colleague decided on is e-mailed, briefly, all the same.
    """

    operators: Mapping[str, Operator]
    book: DeliveryBook
    queue: FallbackQueue
    mailbox: Mailbox
    suppressions: Suppressions
    unreached: UnreachedBook
    mail_from: str
    link: Callable[[Alert, str], str]
    retry: Retry
    pause: Pause
    clock: Callable[[], float]
    texting: SmsSettings | None = None
    console: str = ""
    after_decision: bool = True
    zone_of: ZoneOf = desk_zone
    senders: Mapping[Channel, Sender] = field(default_factory=dict)
    grace_s: int = 10
    silent_until: Callable[[str], float | None] = lambda _: None
    notes: OpportunityNotes | None = None
    troubles: TroubleBook | None = None
    pictures: Pictures | None = None

    @property
    def phone(self) -> Phone:
        """What the steps between screen and e-mail need."""
        parts = self.operators, self.senders, self.queue, self.journal, self.grace_s, self.link
        return Phone(*parts, self.silent_until, self.notes, self.troubles, self.pictures)

    @property
    def journal(self) -> Journal:
        """Where attempts are written down."""
        return Journal(self.book, self.pause, self.clock)


_End = tuple[str, MailResult | None]
"""An operator and how their e-mail ended; None asks for another try."""


@dataclass(frozen=True, slots=True)
class _Case:
    """One timer and what was read for it: what was decided, and whom e-mail has not reached lately."""

    timer: Timer
    acts: Acts
    missed: Mapping[str, Unreached] = field(default_factory=dict)
    reached: Mapping[str, Reached] = field(default_factory=dict)

    @property
    def alert(self) -> Alert:
        return self.timer.alert

    def state(self, operator: Operator, deps: Fallback) -> AlertState:
        """How the alert stands now for an operator."""
        taken = self.acts.stands_for(operator.id)
        return state_of(self.alert, taken, deps.operators.values(), deps.clock())


def fall_back_message(body: str, about: Callable[[str], None], deps: Fallback, time: TimeLeft) -> Settled:
    """Settle the timer of one queue message; `about` hears the alert's id first. Raises as `fall_back`."""
    timer = load_timer(body)
    about(timer.alert.id)
    return fall_back(timer, deps, time)


def fall_back(timer: Timer, deps: Fallback, time: TimeLeft) -> Settled:
    """Settle a timer: audit the receipts that came, take its step for whoever did not confirm.

    Operators for whom the time is too short get a timer of their own, at once. Raises OutOfTime where there
    is none even for that.
    Raises Leased when another try is e-mailing one of them, and whatever failed for one after the others had
    theirs: this timer comes again.
    """
    if not time.for_more(OPERATOR_S):
        return _hand_over(timer, deps, time)
    if timer.joins:
        zone = deps.zone_of(timer.alert.instrument)
        rest = tell_of_joined(timer.alert, timer.joins, deps.phone, zone, time)
        if rest:
            deps.queue.start(replace(timer, joins=rest), 0)
        return Settled()
    progress = deps.book.progress(timer.alert.id)
    known = progress.reached
    unsettled = {one: known.get(one, Reached()) for one in timer.operators}
    unsettled = {one: reached for one, reached in unsettled.items() if not reached.settled}
    confirmed = {one: reached for one, reached in unsettled.items() if reached.received_at is not None}
    closed = len(confirmed) == len(unsettled) and _all_settled(timer, known, confirmed, deps, progress.acts)
    _audit_receipts(timer.alert, confirmed, deps, closes=closed)
    open_ones = [one for one in unsettled if one not in confirmed]
    strangers = [one for one in open_ones if one not in deps.operators]
    for stranger in strangers:
        _pass_over(timer, stranger, deps)
    concerned = [one for one in open_ones if one not in strangers]
    by_mail = timer.channel is Channel.EMAIL
    case = _Case(timer, progress.acts, deps.unreached.all() if concerned and by_mail else {}, known)
    failures, steps = Failures(), Counter(_in_doubt(case, deps))
    results: list[_End] = []
    for name in _in_time(case, concerned, deps, time):
        with failures.kept():
            if by_mail:
                results += _mail_to(case, name, deps)
            else:
                steps.update(_step_of(case, deps.operators[name], deps, results))
    settled = [*confirmed, *strangers, *(one for one, end in results if end is not None)]
    if not (closed and confirmed) and _all_settled(timer, known, settled, deps, progress.acts):
        deps.book.close(timer.alert.id)
    busy = tuple(one for one, end in results if end is None)
    retried = _try_again(replace(timer, operators=busy), deps) if busy else 0
    _amend(case, deps, time, failures)
    failures.tell("some operators are not settled")
    return counted(len(confirmed), len(strangers), retried, [end for _, end in results], steps)


def _hand_over(timer: Timer, deps: Fallback, time: TimeLeft) -> Settled:
    if time() < HAND_OVER_S:
        raise OutOfTime(f"the timer of alert {timer.alert.id} comes again: {time():.1f} s are left")
    deps.queue.start(timer, 0)
    return Settled()


def _pass_over(timer: Timer, name: str, deps: Fallback) -> None:
    """Give up somebody who is not on the desk: taken off it just now, or two configurations run."""
    reason = f"{name} is not on the desk (config/operators.yaml)"
    deps.queue.dead_letter(replace(timer, operators=(name,)), reason)
    cause = {"cause": NOT_ON_DESK}
    record = delivery_record(timer.alert, UNKNOWN, Channel.EMAIL, Status.WITHHELD, deps.clock(), cause)
    deps.journal.append(timer.alert, [record])
    _settle(timer.alert, name, deps.book.gave_up, deps)


def _all_settled(
    timer: Timer, known: Mapping[str, Reached], settled: Iterable[str], deps: Fallback, acts: Acts
) -> bool:
    """Tell whether this timer settled the last of the alert's operators; `known` is what was before.

    Who was listed and then had it handed over has a timer of their own.
    """
    listed = {*timer.listed} - {one.to for one in acts.handed.values()}
    done = {one for one, reached in known.items() if reached.done} | {*settled, *listed}
    return all(one.id in done for one in deps.operators.values() if one.concerned_by(timer.alert))


def _in_time(case: _Case, names: Sequence[str], deps: Fallback, time: TimeLeft) -> Iterator[str]:
    """Yield those there is time for; hand the others over, also where a step took long."""
    began = deps.clock()
    for place, name in enumerate(names):
        slow = place > 0 and deps.clock() - began > STALE_S
        if slow or not time.for_more(OPERATOR_S):
            _split(case.timer, names[place:], deps, time)
            return
        yield name


def _split(timer: Timer, rest: Sequence[str], deps: Fallback, time: TimeLeft) -> None:
    """Start timers for the others, which run side by side: what is slow for one holds up a part of them."""
    parts = max(1, min(PARTS, len(rest), int(time() / HAND_OVER_S) - 1))
    for part in range(parts):
        deps.queue.start(replace(timer, operators=tuple(rest[part::parts])), 0)


def _mail_to(case: _Case, name: str, deps: Fallback) -> list[_End]:
    """E-mail somebody, once; empty where another try has. Raises Leased while one is at it."""
    if not deps.book.mailing(case.alert.id, name, deps.clock(), LEASE_S):
        return []
    return [(name, _reach(case, deps.operators[name], deps))]


def _in_doubt(case: _Case, deps: Fallback) -> list[str]:
    """End the steps of this timer that another invocation took and did not end; returns how each ended."""
    ends = [end_in_doubt(_one(case, operator, deps), deps.phone) for operator in _desk(case, deps)]
    return [word for end in ends if end for word in _counted(case.timer.channel, end)]


def _amend(case: _Case, deps: Fallback, time: TimeLeft, failures: Failures) -> None:
    """Bring what was sent before up to date: last, for nobody waits for it, and only while there is time."""
    for operator in _desk(case, deps):
        if not time.for_more(EDIT_S):
            return
        with failures.kept():
            amend_notes(_one(case, operator, deps), deps.phone)


def _desk(case: _Case, deps: Fallback) -> list[Operator]:
    return [deps.operators[one] for one in case.timer.operators if one in deps.operators]


def _counted(channel: Channel, end: End) -> list[str]:
    return [f"{channel} {end.status}", *([TOLD] if end.tells else [])]


def _one(case: _Case, operator: Operator, deps: Fallback) -> Case:
    zone = deps.zone_of(case.alert.instrument)
    known = case.reached.get(operator.id, Reached())
    return Case(case.timer, operator, known, case.state(operator, deps), zone)


def _step_of(case: _Case, operator: Operator, deps: Fallback, results: list[_End]) -> list[str]:
    """Take somebody's step before e-mail; returns how it ended, in `results` too where it was their last."""
    channel = case.timer.channel
    watched = DECIDED if operator.id in case.acts.watched else None  # open to them, and seen
    reason = operator.duty.why_not(deps.clock()) or _handed_over(case, operator) or watched
    if reason:
        _withhold(case.alert, operator, reason, deps, channel)
        results.append((operator.id, MailResult.WITHHELD))
        return []
    end = take_step(_one(case, operator, deps), deps.phone)
    return _counted(channel, end) if end else []


def _reach(case: _Case, operator: Operator, deps: Fallback) -> MailResult | None:
    """Do for one operator what may be done now; None asks for another try."""
    reason = operator.duty.why_not(deps.clock()) or _needless(case, operator, deps)
    if reason:
        _withhold(case.alert, operator, reason, deps)
        return MailResult.WITHHELD
    zone = deps.zone_of(case.alert.instrument)
    send_sms(case.alert, operator, case.state(operator, deps), deps.texting, deps.journal, zone)
    suppression = deps.suppressions.find(address_key(operator.email))
    if suppression is None:
        return _mail(case, operator, deps)
    why = f"the address of {operator.id} is suppressed: {suppression.cause} on {day_of(suppression.since)}"
    _dead_letter(case.timer, operator, Cause.SUPPRESSED, why, deps)
    _withhold(case.alert, operator, MailResult.SUPPRESSED.value, deps)
    return MailResult.SUPPRESSED


def _needless(case: _Case, operator: Operator, deps: Fallback) -> str | None:
    """Return why a decision makes the e-mail needless: for who decided, for others if the desk wants it."""
    if handed := _handed_over(case, operator):
        return handed
    if case.acts.by(operator.id):
        return DECIDED
    decided = case.state(operator, deps).phase is Phase.DECIDED
    return DECIDED if decided and not deps.after_decision else None


def _handed_over(case: _Case, operator: Operator) -> str | None:
    return HANDED_OVER if operator.id in case.acts.handed else None


def _dead_letter(timer: Timer, operator: Operator, cause: Cause, why: str, deps: Fallback) -> None:
    """Put the timer among the dead letters and note that the operator's mailbox is not reached.

    This comes before settling: after a crash in between it is written twice, never zero times.
    """
    deps.queue.dead_letter(replace(timer, operators=(operator.id,)), why)
    deps.unreached.add(operator, cause, deps.clock())


def _try_again(timer: Timer, deps: Fallback) -> int:
    """Start the next timer for operators whose e-mail was not taken, or give up; returns how many go on."""
    delay = deps.retry.next_delay(timer.attempt, deps.retry.waited(timer.attempt))
    if delay is not None:
        deps.queue.start(replace(timer, attempt=timer.attempt + 1), delay)
        return len(timer.operators)
    for name in timer.operators:
        why = f"no e-mail after {timer.attempt} tries"
        _dead_letter(timer, deps.operators[name], Cause.GAVE_UP, why, deps)
        _settle(timer.alert, name, deps.book.gave_up, deps)
    return 0


def _withhold(
    alert: Alert, operator: Operator, reason: str, deps: Fallback, channel: Channel = Channel.EMAIL
) -> None:
    """Send nothing any more, and write down why: off duty, quiet hours, suppressed, decided on.

    The record comes before settling: after a crash in between it is written twice, never zero times.
    """
    deps.journal.note(alert, operator, channel, Status.WITHHELD, {"cause": reason})
    _settle(alert, operator.id, deps.book.gave_up, deps)


def _mail(case: _Case, operator: Operator, deps: Fallback) -> MailResult | None:
    """Try one e-mail, intent before and outcome after; None asks for another try."""
    from pregao.domain.text.email import Way, render_mail  # a timer that finds a receipt writes nothing

    alert, timer, state = case.alert, case.timer, case.state(operator, deps)
    missed = of_operator(case.missed, operator)
    way = Way(deps.link(alert, operator.id), deps.console)
    zone = deps.zone_of(alert.instrument)
    mail = render_mail(alert, operator, deps.mail_from, timer.cause, way, state, missed, zone)
    detail = {"attempt": timer.attempt, "cause": timer.cause, "state": state.phase.value}
    deps.journal.note(alert, operator, Channel.EMAIL, Status.INTENT, detail)
    status, more = _send(mail, deps)
    if status is None:
        deps.book.not_mailed(alert.id, operator.id)
    elif status is Status.SENT:
        _settle(alert, operator.id, deps.book.mailed, deps)
    else:
        _dead_letter(timer, operator, Cause.REFUSED, f"the e-mail was refused: {more['error']}", deps)
        _settle(alert, operator.id, deps.book.gave_up, deps)
    deps.journal.note(alert, operator, Channel.EMAIL, status or Status.FAILED, {**detail, **more})
    if status is Status.SENT:
        return MailResult.RECOVERED if missed and _recovered(missed, deps) else MailResult.EMAILED
    return None if status is None else MailResult.FAILED


def _recovered(missed: Unreached, deps: Fallback) -> bool:
    """Note that an operator's mailbox takes e-mail again; True for whoever notes it first."""
    return missed.lifted_by_sending and deps.unreached.remove(missed.key)


def _settle(alert: Alert, operator: str, mark: Mark, deps: Fallback) -> None:
    """Mark an operator as done. A receipt before the mark is audited here, a later one on arrival."""
    _audit_receipts(alert, {operator: mark(alert.id, operator, deps.clock())}, deps)


def _send(mail: Mail, deps: Fallback) -> tuple[Status | None, dict[str, str]]:
    try:
        return Status.SENT, {"provider_id": deps.mailbox.send(mail)}
    except MailRefused as refusal:
        return Status.FAILED, {"error": str(refusal)}
    except MailBusy as busy:
        return None, {"error": str(busy)}


def _audit_receipts(
    alert: Alert, reached: Mapping[str, Reached], deps: Fallback, *, closes: bool = False
) -> None:
    now = deps.clock()
    receipts = [
        receipt_record(alert, pseudonym(operator, deps.operators.values()), one.received_at, now)
        for operator, one in reached.items()
        if one.received_at is not None
    ]
    deps.journal.append(alert, receipts, closes=closes)
