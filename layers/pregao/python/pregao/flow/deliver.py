"""From an admitted alert to every screen that should show it, and a timer for whoever has none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pregao.domain.alerts.alert import Alert
from pregao.domain.audit.chain import Record, Tail
from pregao.domain.audit.records import delivery_record
from pregao.domain.delivery.operators import (
    Channel,
    Operator,
    Recipient,
    Screen,
    Status,
    Timer,
    pseudonym,
    recipients,
)
from pregao.flow.ports.delivery import DeliveryBook, FallbackQueue, Screens
from pregao.flow.ports.refusals import OutOfTime
from pregao.flow.steps.append import Pause, append
from pregao.flow.steps.broadcast import post_all
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.wire.alert_v1 import load_alert

LEASE_S = 30
"""Longer than the function may run: a function that still holds the alert then has died."""
STORY_S = 18.5
"""What one delivery takes where every call takes as long as its client lets it."""
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


def deliver_message(body: str, about: Callable[[str], None], deps: Delivery, time: TimeLeft) -> Delivered:
    """Deliver the alert of one queue message; `about` hears its id first. Raises to have it come again."""
    alert = load_alert(body)
    about(alert.id)
    return deliver(alert, deps, time)


Outcomes = Mapping[str, Sequence[Status]]  # operator -> one status per screen


def deliver(alert: Alert, deps: Delivery, time: TimeLeft) -> Delivered:
    """Deliver one alert once: intents, timers and frames to all screens at once, outcomes.

    A message that comes twice finds the alert finished and does nothing. A crash in the middle lets the
    lease run out and the next try starts over; screens and receipts know an alert by its id. The timers wait
    for no screen, and a screen that does not answer counts as failed.
    Raises Leased while another try is at it, OutOfTime where this invocation cannot begin it any more.
    """
    if not time.for_more(STORY_S):
        raise OutOfTime(f"alert {alert.id} comes again: {time():.1f} s are left")
    concerned = _begin(alert, deps)
    if concerned is None:
        return Delivered(repeated=True)
    failures = Failures()
    timers = _start_timers(alert, concerned, deps)
    outcomes = _post_all(deps.frame(alert), concerned, deps, time, failures)
    posted_ms = round((deps.clock() - alert.detected_at) * 1000, 1) if outcomes else None
    for timer in timers:
        timer.result()
    _start_timers_for_unseen(alert, outcomes, deps)
    _finish(alert, outcomes, deps)
    failures.tell(f"alert {alert.id} is delivered, but for screens whose post broke")
    return _count(outcomes, len(concerned), posted_ms)


def _begin(alert: Alert, deps: Delivery) -> list[Recipient] | None:
    """Take the lease and write what is about to be tried; None when it was delivered already."""
    screens: Future[list[Screen]]
    concerned: list[Recipient]

    def chain(now: float) -> Tail:
        nonlocal screens
        screens = deps.pool.submit(deps.screens.everyone)  # read beside the chain: one round trip for both
        return deps.book.tail(alert.contract, now)

    def build(now: float) -> list[Record]:
        nonlocal concerned
        concerned = recipients(alert, deps.operators, screens.result())
        return [
            _record(alert, one.operator.audit_id, Status.INTENT, now, {"screens": len(one.screens)})
            for one in concerned
            if one.screens
        ]

    def commit(intents: Sequence[Record], tail: Tail) -> bool:
        return deps.book.begin(alert, intents, tail, deps.clock(), LEASE_S)

    return concerned if append(chain, build, commit, deps) else None


def _start_timers(alert: Alert, concerned: Iterable[Recipient], deps: Delivery) -> list[Future[None]]:
    """Start fallback at once for operators without a screen, after the grace for those with one.

    The timers start before the posts: fallback has the alert whatever happens to a post.
    """
    timers = [
        (Timer(alert, tuple(one.operator.id for one in concerned if not one.screens), 1, NO_SCREEN), 0),
        (
            Timer(alert, tuple(one.operator.id for one in concerned if one.screens), 1, "no_receipt"),
            deps.receipt_grace_s,
        ),
    ]
    return [deps.pool.submit(deps.fallback.start, *one) for one in timers if one[0].operators]


def _post_all(
    frame: bytes, concerned: Iterable[Recipient], deps: Delivery, time: TimeLeft, failures: Failures
) -> Outcomes:
    """Post to every screen in parallel, so a slow one delays nobody else."""
    screens = [screen for one in concerned for screen in one.screens]
    posts = [(screen.connection_id, (frame,)) for screen in screens]
    statuses = post_all(posts, deps.screens, deps.pool, time, failures, keep_s=STORY_S)
    outcomes: dict[str, list[Status]] = {}
    for screen, status in zip(screens, statuses, strict=True):
        outcomes.setdefault(screen.operator, []).append(status)
    return outcomes


def _start_timers_for_unseen(alert: Alert, outcomes: Outcomes, deps: Delivery) -> None:
    """Start fallback at once for operators whom no frame reached; the later timer then does nothing."""
    unseen = tuple(name for name, statuses in outcomes.items() if Status.SENT not in statuses)
    if unseen:
        deps.fallback.start(Timer(alert, unseen, 1, NO_SCREEN), 0)


def _finish(alert: Alert, outcomes: Outcomes, deps: Delivery) -> None:
    def build(now: float) -> list[Record]:
        return [
            _record(alert, pseudonym(operator, deps.operators), _overall(statuses), now, _tally(statuses))
            for operator, statuses in outcomes.items()
        ]

    append(partial(deps.outcomes.tail, alert.contract), build, partial(deps.outcomes.finish, alert), deps)


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
