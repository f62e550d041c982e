"""From an admitted alert to every screen that should show it, and a timer for whoever it rings.

Operators who are not rung get the alert listed on their screens, without sound or e-mail; see
domain/delivery/attention.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from pregao.domain.alerts.alert import Alert
from pregao.domain.audit.records import delivery_record
from pregao.domain.delivery.attention import alone, attend
from pregao.domain.delivery.budgets import Missed, Way, delivered_way, missed
from pregao.domain.delivery.escalation import Start, first_step
from pregao.domain.delivery.mute import is_muted
from pregao.domain.delivery.operators import (
    EDITED,
    Channel,
    OnConflict,
    Operator,
    Recipient,
    Screen,
    Status,
    all_concerned,
    pseudonym,
    recipients,
)
from pregao.domain.delivery.ring_decision import RingDecision, Told, Why
from pregao.domain.delivery.timer import Timer
from pregao.flow.ports.delivery import DeliveryBook, FallbackQueue, Rings
from pregao.flow.ports.refusals import OutOfTime
from pregao.flow.steps.audit.append import Pause, append
from pregao.flow.steps.broadcast import post_all
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.wire.alert_v1 import load_alert

if TYPE_CHECKING:
    from pregao.domain.audit.chain import Record, Tail
    from pregao.flow.ports.screens import Present, Screens

LEASE_S = 30
"""Longer than the function may run: a function that still holds the alert then has died."""
BUDGET_S = 18.5
"""Time budget in seconds of one delivery, if every call runs into its timeout."""
JOINS = "joins"
"""Why a timer comes that sends nothing: what was sent of its opportunity tells of it."""
NO_SCREEN = "no_screen"
"""How delivery ends for somebody who has none open; else as a Status."""
NO_RECEIPT = "no_receipt"
"""Why a step behind the screen is due to somebody whose screen was posted to."""


class Rules(Protocol):
    """What is known of attention; see flow/steps/sessions/thresholds.py."""

    @property
    def on_conflict(self) -> OnConflict:
        """What becomes of an opportunity whose first candle has both sides."""
        ...

    def thresholds(
        self, alert: Alert, operators: tuple[Operator, ...], now: float
    ) -> Mapping[str, float | None]:
        """Return the score from which an alert rings, by operator."""
        ...

    def session_end(self, alert: Alert, now: float) -> float:
        """Return when an alert's session is over (epoch seconds), `now` where that is past."""
        ...


Frame = Callable[[Alert, RingDecision | None], bytes]
"""Renders an alert for a screen; with why it did not ring, where it did not."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Dependencies of `deliver`; `clock` gives epoch seconds.

    `outcomes` writes to a separate chain, so that writing this alert's outcomes does not conflict with
    writing the next alert's intents.
    """

    operators: tuple[Operator, ...]
    screens: Screens
    book: DeliveryBook
    outcomes: DeliveryBook
    fallback: FallbackQueue
    frame: Frame
    pool: Executor
    pause: Pause
    clock: Callable[[], float]
    receipt_grace_s: int
    rules: Rules


@dataclass(frozen=True, slots=True)
class Delivered:
    """Frames sent, sockets found closed, frames that failed; `repeated` when all was done before.

    `operators` counts those whom the alert concerns by how it ended for them, `posted_ms` runs from detection
    to the last frame's outcome and is None where there was no screen. `way` tells how long each stage took,
    in milliseconds.
    """

    sent: int = 0
    gone: int = 0
    failed: int = 0
    repeated: bool = False
    operators: Mapping[str, int] = field(default_factory=dict)
    posted_ms: float | None = None
    way: Way = field(default_factory=dict, compare=False)

    @property
    def missed(self) -> Mapping[str, Missed]:
        """The stages that took longer than they may."""
        return missed(self.way)


def deliver_message(
    body: str,
    about: Callable[[str], None],
    deps: Delivery,
    time: TimeLeft,
    queued_at: float | None = None,
) -> Delivered:
    """Deliver the alert of one queue message; `about` hears its id first. Raises to have it come again.

    `queued_at` is when the queue took it (epoch seconds), None where that is not known.
    """
    alert = load_alert(body)
    about(alert.id)
    return deliver(alert, deps, time, queued_at)


Outcomes = Mapping[str, Sequence[Status]]  # operator -> one status per screen


@dataclass(frozen=True, slots=True)
class _Concerned:
    """Somebody whom an alert concerns, and what was decided for them."""

    to: Recipient
    attention: RingDecision

    @property
    def operator(self) -> Operator:
        return self.to.operator

    @property
    def screens(self) -> Sequence[Screen]:
        return self.to.screens


def deliver(alert: Alert, deps: Delivery, time: TimeLeft, queued_at: float | None = None) -> Delivered:
    """Deliver one alert once: intents, timers and frames to all screens at once, outcomes.

    A message that comes twice finds the alert finished and does nothing. A crash in the middle lets the
    lease run out and the next try starts over; screens and receipts know an alert by its id. The timers wait
    for no screen, and a screen that does not answer counts as failed.
    Raises Leased while another try is at it, OutOfTime where this invocation cannot begin it any more.
    """
    if not time.for_more(BUDGET_S):
        raise OutOfTime(f"alert {alert.id} comes again: {time():.1f} s are left")
    taken_at = deps.clock()
    found = _begin(alert, deps)
    if found is None:
        return Delivered(repeated=True)
    committed_at = deps.clock()
    failures = Failures()
    rung = [one for one in found if not one.attention.listed]
    listed = tuple(one.operator.id for one in found if one.attention.listed)
    timers = [*_start_timers(alert, rung, listed, deps), *_start_join(alert, found, deps)]
    outcomes = _post_all(alert, found, deps, time, failures)
    posted_at = deps.clock() if outcomes else None
    for timer in timers:
        timer.result()
    _start_timers_for_unseen(alert, outcomes, listed, deps)
    _finish(alert, outcomes, deps, due=bool(rung) or not listed)
    failures.tell(f"alert {alert.id} is delivered, but for screens whose post broke")
    way = delivered_way(alert, queued_at, taken_at, committed_at, posted_at)
    return _count(outcomes, found, posted_at and round((posted_at - alert.detected_at) * 1000, 1), way)


def _begin(alert: Alert, deps: Delivery) -> list[_Concerned] | None:
    """Take the lease and write what is about to be tried; None when it was delivered already.

    Screens, thresholds and earlier rings are read in parallel with the chain's tail. For the first alert of
    an opportunity earlier rings are not read; if there are some, `begin` raises Contended and the retry reads
    them.
    """
    to = all_concerned([alert], deps.operators)
    present: Future[Present]
    told: Future[Told] | None
    least: Future[Mapping[str, float | None]]
    found: list[_Concerned]
    tries = 0

    def chain(now: float) -> Tail:
        nonlocal present, told, least, tries
        present, tries = deps.pool.submit(deps.screens.present, to), tries + 1
        opportunity = alert.opportunity
        asked = opportunity is not None and (tries > 1 or not alone(alert))
        told = deps.pool.submit(deps.book.told, opportunity.id) if opportunity and asked else None
        least = deps.pool.submit(deps.rules.thresholds, alert, deps.operators, now)
        return deps.book.tail(alert.contract, now)

    def build(now: float) -> list[Record]:
        nonlocal found
        known, thresholds = told.result() if told else Told(), least.result()
        here, on_conflict = present.result(), deps.rules.on_conflict

        def decided(operator: Operator) -> RingDecision:
            muted = is_muted(alert, operator.id, here.mutes, now)
            return attend(alert, operator, known, thresholds.get(operator.id), on_conflict, muted=muted)

        each = recipients(alert, deps.operators, here.screens)
        found = [_Concerned(one, decided(one.operator)) for one in each]
        return [_intent(alert, one, now) for one in found]

    def commit(intents: Sequence[Record], tail: Tail) -> bool:
        now = deps.clock()
        rings = _rings(alert, found, told.result() if told else Told(), now, deps)
        return deps.book.begin(alert, intents, tail, now, LEASE_S, rings)

    return found if append(chain, build, commit, deps) else None


def _rings(alert: Alert, concerned: Iterable[_Concerned], seen: Told, now: float, deps: Delivery) -> Rings:
    listed = {one.operator.id: one.attention for one in concerned if one.attention.listed}
    rung = tuple(one.operator.id for one in concerned if not one.attention.listed)
    return Rings(
        opportunity=alert.opportunity.id if alert.opportunity else None,
        seen=seen,
        # What somebody muted does not keep the next of its opportunity from ringing them.
        first=tuple(
            one.operator.id
            for one in concerned
            if one.operator.id not in seen.first and one.attention.why is not Why.MUTED
        ),
        rung=tuple(one for one in rung if one not in seen.rung),
        listed=listed,
        due=bool(rung) or not listed,
        session_end=deps.rules.session_end(alert, now) if listed else now,
    )


def _intent(alert: Alert, one: _Concerned, now: float) -> dict[str, Any]:
    """Return the record of what is decided and about to be tried for somebody."""
    status = Status.LISTED if one.attention.listed else Status.INTENT if one.screens else Status.NO_SCREEN
    detail = {"screens": len(one.screens)} | one.attention.plain()
    return _record(alert, one.operator.audit_id, status, now, detail)


def _start_timers(
    alert: Alert, rung: Iterable[_Concerned], listed: tuple[str, ...], deps: Delivery
) -> list[Future[None]]:
    """Start the first step: at once for operators without a screen, after its wait for those with one.

    The timers start before the posts: fallback has the alert whatever happens to a post.
    """
    unseen = tuple(one.operator.id for one in rung if not one.screens)
    seen = tuple(one.operator.id for one in rung if one.screens)
    starts = _timers(alert, unseen, NO_SCREEN, listed, deps) + _timers(alert, seen, NO_RECEIPT, listed, deps)
    return [deps.pool.submit(deps.fallback.start, *one) for one in starts]


def _start_join(alert: Alert, concerned: Iterable[_Concerned], deps: Delivery) -> list[Future[None]]:
    """Let the messages say so that operators were sent of its opportunity, where one can be changed."""
    joins = tuple(
        one.operator.id
        for one in concerned
        if one.attention.why is Why.JOINS and any(step.channel in EDITED for step in one.operator.steps)
    )
    return (
        [deps.pool.submit(deps.fallback.start, Timer(alert, (), 1, JOINS, joins=joins), 0)] if joins else []
    )


def _timers(
    alert: Alert, names: Sequence[str], cause: str, listed: tuple[str, ...], deps: Delivery
) -> list[tuple[Timer, int]]:
    """Return a timer and its delay for each step with which one of these operators begins."""
    steps = {one.id: one.steps for one in deps.operators}
    begin: dict[Start, list[str]] = {}
    for name in names:
        start = first_step(steps[name], deps.receipt_grace_s, screen=cause == NO_RECEIPT)
        begin.setdefault(start, []).append(name)
    return [
        (Timer(alert, tuple(some), 1, cause, listed, start.channel), start.delay_s)
        for start, some in begin.items()
    ]


def _post_all(
    alert: Alert, concerned: Iterable[_Concerned], deps: Delivery, time: TimeLeft, failures: Failures
) -> Outcomes:
    """Post to every screen in parallel, so a slow one delays nobody else."""
    rings = deps.frame(alert, None)
    found = [
        (screen, (deps.frame(alert, one.attention) if one.attention.listed else rings,))
        for one in concerned
        for screen in one.screens
    ]
    posts = [(screen.connection_id, frames) for screen, frames in found]
    statuses = post_all(posts, deps.screens, deps.pool, time, failures, keep_s=BUDGET_S)
    outcomes: dict[str, list[Status]] = {}
    for (screen, _), status in zip(found, statuses, strict=True):
        outcomes.setdefault(screen.operator, []).append(status)
    return outcomes


def _start_timers_for_unseen(
    alert: Alert, outcomes: Outcomes, listed: tuple[str, ...], deps: Delivery
) -> None:
    """Start fallback at once for operators whom no frame reached; the later timer then does nothing."""
    unseen = tuple(
        name for name, statuses in outcomes.items() if Status.SENT not in statuses and name not in listed
    )
    for timer, delay_s in _timers(alert, unseen, NO_SCREEN, listed, deps):
        deps.fallback.start(timer, delay_s)


def _finish(alert: Alert, outcomes: Outcomes, deps: Delivery, *, due: bool) -> None:
    def build(now: float) -> list[Record]:
        return [
            _record(alert, pseudonym(operator, deps.operators), _overall(statuses), now, _tally(statuses))
            for operator, statuses in outcomes.items()
        ]

    def commit(records: Sequence[Record], tail: Tail) -> None:
        deps.outcomes.finish(alert, records, tail, due)

    append(partial(deps.outcomes.tail, alert.contract), build, commit, deps)


def _record(
    alert: Alert, audit_id: str, status: Status, now: float, detail: Mapping[str, Any]
) -> dict[str, Any]:
    return delivery_record(alert, audit_id, Channel.WEBSOCKET, status, now, detail)


def _overall(statuses: Sequence[Status]) -> Status:
    """One frame that arrived makes the attempt a success; a failure may be retried, a closed socket not."""
    return next(one for one in (Status.SENT, Status.FAILED, Status.GONE) if one in statuses)


def _tally(statuses: Sequence[Status]) -> dict[str, int]:
    return {one.value: statuses.count(one) for one in (Status.SENT, Status.GONE, Status.FAILED)}


def _count(
    outcomes: Outcomes, concerned: Sequence[_Concerned], posted_ms: float | None, way: Way
) -> Delivered:
    tally = _tally([status for statuses in outcomes.values() for status in statuses])
    operators = Counter(_ended(one, outcomes) for one in concerned)
    return Delivered(tally["sent"], tally["gone"], tally["failed"], False, dict(operators), posted_ms, way)


def _ended(one: _Concerned, outcomes: Outcomes) -> str:
    """Return how delivery ended for somebody."""
    if one.attention.listed:
        return Status.LISTED.value
    statuses = outcomes.get(one.operator.id)
    return _overall(statuses).value if statuses else NO_SCREEN
