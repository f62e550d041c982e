"""From an admitted alert to every screen that should show it, and a timer for whoever has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pregao.domain.alerts.alert import Alert
from pregao.domain.audit.chain import link
from pregao.domain.audit.records import delivery_record
from pregao.domain.delivery.operators import (
    Channel,
    Operator,
    Recipient,
    Status,
    Timer,
    pseudonym,
    recipients,
)
from pregao.flow.persist import Pause, persist
from pregao.flow.ports.delivery import DeliveryBook, FallbackQueue, Screens

LEASE_S = 30
NO_SCREEN = "no_screen"
"""How delivery ends for somebody who has none open; else as a Status."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the story works with; `frame` renders an alert for a screen, `clock` gives epoch seconds.

    `outcomes` is a book with a chain of its own: the next alert's intents, which its screens wait for, do not
    race the outcomes of the one before.
    """

    operators: Sequence[Operator]
    screens: Screens
    book: DeliveryBook
    outcomes: DeliveryBook
    fallback: FallbackQueue
    frame: Callable[[Alert], bytes]
    pool: Executor
    pause: Pause
    clock: Callable[[], float]
    receipt_grace_s: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """Frames sent, sockets found closed, frames that failed; `repeated` when all was done before.

    `operators` counts those whom the alert concerns by how it ended for them, `posted_ms` runs from detection
    to the last frame's outcome and is None where there was no screen.
    """

    sent: int = 0
    gone: int = 0
    failed: int = 0
    repeated: bool = False
    operators: Mapping[str, int] = field(default_factory=dict)
    posted_ms: float | None = None


Outcomes = Mapping[str, Sequence[Status]]  # operator -> one status per screen


def deliver(alert: Alert, deps: Delivery) -> Delivered:
    """Deliver one alert once: intents, frames to all screens at once, timers, outcomes.

    A message that comes twice finds the alert finished and does nothing. A crash in the middle lets the
    lease run out and the next try starts over; screens and receipts know an alert by its id.
    Raises Leased while another try is at it.
    """
    concerned = persist(partial(_begin, alert, deps), deps.pause)
    if concerned is None:
        return Delivered(repeated=True)
    outcomes = _post_all(deps.frame(alert), concerned, deps)
    posted_ms = round((deps.clock() - alert.detected_at) * 1000, 1) if outcomes else None
    _start_timers(alert, concerned, outcomes, deps)
    persist(partial(_finish, alert, outcomes, deps), deps.pause)
    return _count(outcomes, len(concerned), posted_ms)


def _begin(alert: Alert, deps: Delivery) -> list[Recipient] | None:
    """Take the lease and write what is about to be tried; None when it was delivered already."""
    now = deps.clock()
    reading = deps.pool.submit(deps.book.tail, alert.contract, now)
    concerned = recipients(alert, deps.operators, deps.screens.everyone())
    tail = reading.result()
    intents = [
        _record(alert, one.operator.audit_id, Status.INTENT, now, {"screens": len(one.screens)})
        for one in concerned
        if one.screens
    ]
    taken = deps.book.begin(alert, link(intents, tail)[0], tail, now, LEASE_S)
    return concerned if taken else None


def _post_all(frame: bytes, concerned: Iterable[Recipient], deps: Delivery) -> Outcomes:
    """Post to every screen in parallel, so a slow one delays nobody else."""
    screens = [screen for one in concerned for screen in one.screens]
    statuses = deps.pool.map(lambda screen: deps.screens.post(screen.connection_id, frame), screens)
    outcomes: dict[str, list[Status]] = {}
    for screen, status in zip(screens, statuses, strict=True):
        outcomes.setdefault(screen.operator, []).append(status)
    return outcomes


def _start_timers(alert: Alert, concerned: Iterable[Recipient], outcomes: Outcomes, deps: Delivery) -> None:
    """Wake fallback at once for operators no frame reached, after the grace for those who should confirm."""
    names = [one.operator.id for one in concerned]
    shown = tuple(name for name in names if Status.SENT in outcomes.get(name, ()))
    unseen = tuple(name for name in names if name not in shown)
    if unseen:
        deps.fallback.start(Timer(alert, unseen, 1, NO_SCREEN), 0)
    if shown:
        deps.fallback.start(Timer(alert, shown, 1, "no_receipt"), deps.receipt_grace_s)


def _finish(alert: Alert, outcomes: Outcomes, deps: Delivery) -> None:
    now = deps.clock()
    tail = deps.outcomes.tail(alert.contract, now)
    records = [
        _record(alert, pseudonym(operator, deps.operators), _overall(statuses), now, _tally(statuses))
        for operator, statuses in outcomes.items()
    ]
    deps.outcomes.finish(alert, link(records, tail)[0], tail)


def _record(
    alert: Alert, audit_id: str, status: Status, now: float, detail: Mapping[str, Any]
) -> dict[str, Any]:
    return delivery_record(alert, audit_id, Channel.WEBSOCKET, status, now, detail)


def _overall(statuses: Sequence[Status]) -> Status:
    """One frame that arrived makes the attempt a success; a failure may be retried, a closed socket not."""
    return next(one for one in (Status.SENT, Status.FAILED, Status.GONE) if one in statuses)


def _tally(statuses: Sequence[Status]) -> dict[str, int]:
    return {one.value: statuses.count(one) for one in (Status.SENT, Status.GONE, Status.FAILED)}


def _count(outcomes: Outcomes, concerned: int, posted_ms: float | None) -> Delivered:
    tally = _tally([status for statuses in outcomes.values() for status in statuses])
    operators = Counter(_overall(statuses).value for statuses in outcomes.values())
    operators[NO_SCREEN] = concerned - len(outcomes)
    return Delivered(tally["sent"], tally["gone"], tally["failed"], False, dict(+operators), posted_ms)
