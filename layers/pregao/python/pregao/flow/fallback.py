"""When no screen confirmed an alert in time: e-mail, three tries, then the dead letters; SMS beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pregao.domain.alerts.alert import Alert
from pregao.domain.audit.chain import day_of
from pregao.domain.audit.records import receipt_record
from pregao.domain.delivery.operators import Channel, Operator, Reached, Status, Timer, pseudonym
from pregao.domain.delivery.suppression import address_key
from pregao.domain.text.email import Mail, render_mail
from pregao.flow.in_time import Failures, TimeLeft
from pregao.flow.journal import Journal
from pregao.flow.persist import Pause
from pregao.flow.ports.delivery import DeliveryBook, FallbackQueue
from pregao.flow.ports.mail import Mailbox, Suppressions
from pregao.flow.refusals import MailBusy, MailRefused
from pregao.flow.texting import Texting, text

LEASE_S = 75
"""Longer than the function may run: who holds the right to e-mail either ends or is dead."""
OPERATOR_S = 55.0
"""What one operator takes, SMS and e-mail, where every call takes as long as its client lets it."""

Mark = Callable[[str, str, float], Reached]


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how late an e-mail is tried: `backoff_s` doubles from try to try."""

    tries: int = 3
    backoff_s: int = 30
    give_up_s: int = 300

    def next_delay(self, attempt: int, waited_s: float) -> int | None:
        """Return the seconds before the try after `attempt`, None when that is one too many or too late."""
        delay = self.backoff_s * 2 ** (attempt - 1)
        return None if attempt >= self.tries or waited_s + delay > self.give_up_s else delay


@dataclass(frozen=True, slots=True)
class Fallback:
    """What the story works with: `link` signs an operator's way to an alert, `clock` gives epoch seconds.

    `texting` is None where the desk sends no SMS, `console` empty where no page is served.
    """

    operators: Mapping[str, Operator]
    book: DeliveryBook
    queue: FallbackQueue
    mailbox: Mailbox
    suppressions: Suppressions
    mail_from: str
    link: Callable[[Alert, str], str]
    retry: Retry
    pause: Pause
    clock: Callable[[], float]
    texting: Texting | None = None
    console: str = ""

    @property
    def journal(self) -> Journal:
        """Where attempts are written down."""
        return Journal(self.book, self.pause, self.clock)


class End(StrEnum):
    """How it ended for an operator who did not confirm; one whose e-mail is tried again has no end yet."""

    EMAILED = "emailed"
    FAILED = "failed"
    WITHHELD = "withheld"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class Settled:
    """Operators who had confirmed, were e-mailed, will be tried again, were given up, or must have none.

    `withheld` wish for none now, `suppressed` have an address that takes none.
    """

    received: int = 0
    mailed: int = 0
    retried: int = 0
    given_up: int = 0
    withheld: int = 0
    suppressed: int = 0


def fall_back(timer: Timer, deps: Fallback, time: TimeLeft) -> Settled:
    """Settle a timer: audit the receipts that came, e-mail whoever did not confirm.

    Operators for whom the time is too short get a timer of their own, at once.
    Raises an ExceptionGroup after each operator had their turn; a Leased in it tells that another try is
    e-mailing somebody. Should that one die, this timer comes again.
    """
    known = deps.book.reached(timer.alert.id)
    unsettled = {one: known.get(one, Reached()) for one in timer.operators}
    unsettled = {one: reached for one, reached in unsettled.items() if not reached.settled}
    confirmed = {one: reached for one, reached in unsettled.items() if reached.received_at is not None}
    _audit_receipts(timer.alert, confirmed, deps)
    open_ones = [one for one in unsettled if one not in confirmed and one in deps.operators]
    failures = Failures()
    results = _mail_all(timer, open_ones, deps, time, failures)
    _close(timer.alert, known, [*confirmed, *(one for one, end in results if end is not None)], deps)
    busy = tuple(one for one, end in results if end is None)
    retried = _try_again(replace(timer, operators=busy), deps) if busy else 0
    failures.tell("not every operator was settled")
    ends = Counter(end for _, end in results)
    mailed, withheld, suppressed = ends[End.EMAILED], ends[End.WITHHELD], ends[End.SUPPRESSED]
    given_up = len(results) - mailed - retried - withheld - suppressed
    return Settled(len(confirmed), mailed, retried, given_up, withheld, suppressed)


def _close(alert: Alert, known: Mapping[str, Reached], settled: Sequence[str], deps: Fallback) -> None:
    """Close the alert when this timer settled the last of its operators; `known` is what was before."""
    done = {one for one, reached in known.items() if reached.done} | set(settled)
    if all(one.id in done for one in deps.operators.values() if one.interest.covers(alert)):
        deps.book.close(alert.id)


def _mail_all(
    timer: Timer, names: Sequence[str], deps: Fallback, time: TimeLeft, failures: Failures
) -> list[tuple[str, End | None]]:
    """E-mail those whom no other try has e-mailed or is e-mailing; hand over those it has no time for."""
    results = []
    for place, name in enumerate(names):
        if not time.for_more(OPERATOR_S):
            deps.queue.start(replace(timer, operators=tuple(names[place:])), 0)
            break
        with failures.kept():
            if deps.book.mailing(timer.alert.id, name, deps.clock(), LEASE_S):
                results.append((name, _reach(timer, deps.operators[name], deps)))
    return results


def _reach(timer: Timer, operator: Operator, deps: Fallback) -> End | None:
    """Do for one operator what may be done now; None asks for another try."""
    reason = operator.duty.why_not(deps.clock())
    if reason:
        _withhold(timer, operator, reason, deps)
        return End.WITHHELD
    text(timer.alert, operator, deps.texting, deps.journal)
    suppression = deps.suppressions.find(address_key(operator.email))
    if suppression is None:
        return _mail(timer, operator, deps)
    why = f"the address of {operator.id} is suppressed: {suppression.cause} on {day_of(suppression.since)}"
    deps.queue.bury(replace(timer, operators=(operator.id,)), why)
    _withhold(timer, operator, End.SUPPRESSED.value, deps)
    return End.SUPPRESSED


def _try_again(timer: Timer, deps: Fallback) -> int:
    """Start the next timer for operators whose e-mail was not taken, or bury it; returns how many go on."""
    delay = deps.retry.next_delay(timer.attempt, deps.clock() - timer.alert.detected_at)
    if delay is not None:
        deps.queue.start(replace(timer, attempt=timer.attempt + 1), delay)
        return len(timer.operators)
    deps.queue.bury(timer, f"no e-mail after {timer.attempt} tries")
    for operator in timer.operators:
        _settle(timer.alert, operator, deps.book.gave_up, deps)
    return 0


def _withhold(timer: Timer, operator: Operator, reason: str, deps: Fallback) -> None:
    """Send no e-mail to who is off duty, has quiet hours or a suppressed address, and write down why.

    Written before it is settled: a crash in between tells it twice rather than never.
    """
    deps.journal.note(timer.alert, operator, Channel.EMAIL, Status.WITHHELD, {"cause": reason})
    _settle(timer.alert, operator.id, deps.book.gave_up, deps)


def _mail(timer: Timer, operator: Operator, deps: Fallback) -> End | None:
    """Try one e-mail, intent before and outcome after; None asks for another try."""
    link = deps.link(timer.alert, operator.id)
    mail = render_mail(timer.alert, operator, deps.mail_from, timer.cause, link, deps.console)
    detail = {"attempt": timer.attempt, "cause": timer.cause}
    deps.journal.note(timer.alert, operator, Channel.EMAIL, Status.INTENT, detail)
    status, more = _send(mail, deps)
    if status is None:
        deps.book.not_mailed(timer.alert.id, operator.id)
    else:
        mark = deps.book.mailed if status is Status.SENT else deps.book.gave_up
        _settle(timer.alert, operator.id, mark, deps)
    outcome = {**detail, **more}
    deps.journal.note(timer.alert, operator, Channel.EMAIL, status or Status.FAILED, outcome)
    return None if status is None else End.EMAILED if status is Status.SENT else End.FAILED


def _settle(alert: Alert, operator: str, mark: Mark, deps: Fallback) -> None:
    """Mark an operator as done; a receipt that overtook the mark is audited here, a later one on arrival."""
    _audit_receipts(alert, {operator: mark(alert.id, operator, deps.clock())}, deps)


def _send(mail: Mail, deps: Fallback) -> tuple[Status | None, dict[str, str]]:
    try:
        return Status.SENT, {"provider_id": deps.mailbox.send(mail)}
    except MailRefused as refusal:
        return Status.FAILED, {"error": str(refusal)}
    except MailBusy as busy:
        return None, {"error": str(busy)}


def _audit_receipts(alert: Alert, reached: Mapping[str, Reached], deps: Fallback) -> None:
    now = deps.clock()
    receipts = [
        receipt_record(alert, pseudonym(operator, deps.operators.values()), one.received_at, now)
        for operator, one in reached.items()
        if one.received_at is not None
    ]
    deps.journal.append(alert, receipts)
