"""When no screen confirmed an alert in time: e-mail, three tries, then the dead letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pregao.domain.alert import Alert
from pregao.domain.audit import link
from pregao.domain.delivery import Channel, Operator, Status, Timer
from pregao.domain.records import delivery_record
from pregao.domain.rendering import Mail, render_mail
from pregao.flow.persist import Pause, persist
from pregao.flow.ports import (
    DeliveryBook,
    FallbackQueue,
    Mailbox,
    MailBusy,
    MailRefused,
    Reached,
)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how late an e-mail is tried: `backoff_s` doubles from try to try."""

    tries: int = 3
    backoff_s: int = 30
    give_up_s: int = 300

    def next_delay(self, attempt: int, waited_s: float) -> int | None:
        """Return the seconds before the try after `attempt`, None when it would come too often or too late."""
        delay = self.backoff_s * 2 ** (attempt - 1)
        return None if attempt >= self.tries or waited_s + delay > self.give_up_s else delay


@dataclass(frozen=True, slots=True)
class Fallback:
    """What the story works with; `clock` gives epoch seconds."""

    operators: Mapping[str, Operator]
    book: DeliveryBook
    queue: FallbackQueue
    mailbox: Mailbox
    mail_from: str
    retry: Retry
    pause: Pause
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Settled:
    """Operators who had confirmed, were e-mailed, will be tried again, or were given up."""

    received: int = 0
    mailed: int = 0
    retried: int = 0
    given_up: int = 0


def fall_back(timer: Timer, deps: Fallback) -> Settled:
    """Settle a timer: audit the receipts that came, e-mail whoever did not confirm."""
    known = deps.book.reached(timer.alert.id)
    confirmed = [one for one in timer.operators if known.get(one, Reached()).received_at]
    open_ones = [one for one in timer.operators if known.get(one, Reached()) == Reached()]
    _append(timer.alert, [_receipt(timer.alert, one, known[one]) for one in confirmed], deps)
    results = {one: _mail(timer, deps.operators[one], deps) for one in open_ones if one in deps.operators}
    busy = tuple(one for one, status in results.items() if status is None)
    delay = deps.retry.next_delay(timer.attempt, deps.clock() - timer.alert.detected_at)
    if busy and delay is not None:
        deps.queue.start(replace(timer, operators=busy, attempt=timer.attempt + 1), delay)
    elif busy:
        deps.queue.bury(replace(timer, operators=busy), f"no e-mail after {timer.attempt} tries")
    retried = len(busy) if delay is not None else 0
    return Settled(
        len(confirmed),
        list(results.values()).count(Status.SENT),
        retried,
        len(results) - list(results.values()).count(Status.SENT) - retried,
    )


def _mail(timer: Timer, operator: Operator, deps: Fallback) -> Status | None:
    """Try one e-mail, intent before and outcome after; None asks for another try."""
    mail = render_mail(timer.alert, operator, deps.mail_from, timer.cause)
    detail = {"attempt": timer.attempt, "cause": timer.cause}
    _append(timer.alert, [_attempt(timer.alert, operator, Status.INTENT, deps, detail)], deps)
    status, more = _send(mail, deps)
    if status is Status.SENT:
        deps.book.mailed(timer.alert.id, operator.id, deps.clock())
    outcome = _attempt(timer.alert, operator, status or Status.FAILED, deps, {**detail, **more})
    _append(timer.alert, [outcome], deps)
    return status


def _send(mail: Mail, deps: Fallback) -> tuple[Status | None, dict[str, str]]:
    try:
        return Status.SENT, {"provider_id": deps.mailbox.send(mail)}
    except MailRefused as refusal:
        return Status.FAILED, {"error": str(refusal)}
    except MailBusy as busy:
        return None, {"error": str(busy)}


def _append(alert: Alert, records: Sequence[dict[str, Any]], deps: Fallback) -> None:
    def attempt() -> None:
        tail = deps.book.tail(alert.contract, deps.clock())
        deps.book.append(alert.contract, link(records, tail)[0], tail)

    if records:
        persist(attempt, deps.pause)


def _receipt(alert: Alert, operator: str, reached: Reached) -> dict[str, Any]:
    received_at = reached.received_at or 0.0
    return delivery_record(alert, operator, Channel.WEBSOCKET, Status.RECEIVED, received_at, {})


def _attempt(
    alert: Alert, operator: Operator, status: Status, deps: Fallback, detail: Mapping[str, Any]
) -> dict[str, Any]:
    return delivery_record(alert, operator.id, Channel.EMAIL, status, deps.clock(), detail)
