"""Who is rung for an alert, and for whom it is only listed: one ring an opportunity, within a budget.

An operator's threshold is the score that would have rung their budget over the sessions before, corrected by
how far the thresholds of those sessions missed it: where alerts score higher every session, the score alone
rings more than the budget all along (I. Gibbs, E. Candes, Adaptive Conformal Inference under Distribution
Shift, NeurIPS 2021, correct a share in the same way). What is said here is per operator; how much an alert is
worth stands on the alert (`attention`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pregao.domain.alerts.opportunity import opportunity_id
from pregao.domain.alerts.signal import Pattern, Severity
from pregao.domain.delivery.ring_decision import LISTING, UNREACHABLE, Ring, RingDecision, Told, Why

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import OnConflict, Operator

SESSIONS = 20
"""Number of past sessions used for a threshold."""
FEWEST = 5
"""Minimum number of sessions; with fewer there is no threshold."""
STEP = 0.3
"""How much of a session's rings beyond the budget is taken from the following sessions', and the other way.

Chosen on synthetic sessions whose volatility drifts, jumps or climbs (docs/DECISIONS.md), on no real file.
"""
FARTHEST = (0.25, 2.0)
"""Least and most that is aimed at, in budgets: after a wild session the next one still rings."""
ALWAYS_RINGS = Pattern.UNUSUAL_RANGE
"""Unusual ranges always ring: the score is itself made of the expected range."""


def attend(
    alert: Alert,
    operator: Operator,
    told: Told,
    threshold: float | None,
    on_conflict: OnConflict = "list",
    *,
    muted: bool = False,
) -> RingDecision:
    """Decide whether an alert that concerns an operator rings for them; `muted` where they want it not to."""
    score = alert.attention.score if alert.attention else None
    why = _why(alert, operator, told, score, threshold, on_conflict)
    if muted and why is not Why.JOINS:
        why = Why.MUTED
    before = _decided(alert, operator, told)
    ring = before or (Ring.LISTED if why in LISTING else Ring.RUNG)
    return RingDecision(
        ring, why if (why in LISTING) == (ring is Ring.LISTED) else Why.AGAIN, score, threshold
    )


def _decided(alert: Alert, operator: Operator, told: Told) -> Ring | None:
    """Return what a delivery that starts over has decided before; its timers may run already."""
    if told.rung.get(operator.id) == alert.id:
        return Ring.RUNG
    first = told.first.get(operator.id) == alert.id
    return Ring.LISTED if first and operator.id not in told.rung else None


def _why(
    alert: Alert,
    operator: Operator,
    told: Told,
    score: float | None,
    threshold: float | None,
    on_conflict: OnConflict,
) -> Why:
    if alert.level is not None:
        return Why.ALWAYS  # its owner asked for it
    first, rung = (one.get(operator.id, alert.id) for one in (told.first, told.rung))
    if rung != alert.id or (first != alert.id and alert.pattern is not ALWAYS_RINGS):
        return Why.JOINS
    if alert.pattern is ALWAYS_RINGS:
        return Why.ALWAYS
    if on_conflict == "list" and conflicts_at_once(alert):
        return Why.CONFLICT
    if operator.budget == 0:
        return Why.NO_BUDGET
    if score is None or threshold is None:
        return Why.NO_CALIBRATION
    return Why.REACHED if score >= threshold else Why.BELOW


def conflicts_at_once(alert: Alert) -> bool:
    """Tell whether the first candle of an alert's opportunity is its own and has both sides."""
    one = alert.opportunity
    begins = opportunity_id(alert.contract, alert.timeframe, alert.candle.time)
    return one is not None and one.id == begins and bool(one.conflicts)


def alone(alert: Alert) -> bool:
    """Tell whether an alert knows of no other of its opportunity: nobody has been told of one before it."""
    one = alert.opportunity
    return one is None or not (one.agrees or one.conflicts)


@dataclass(frozen=True, slots=True)
class Scored:
    """An alert of a session, as a budget weighs it.

    `opportunity` numbers those of its session; `conflict` as in `conflicts_at_once`.
    """

    opportunity: int
    pattern: Pattern
    score: float | None
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class SessionScores:
    """The alerts of one session (a date at the exchange), in order."""

    session: date
    alerts: tuple[Scored, ...]


@dataclass(frozen=True, slots=True)
class FeedScores:
    """The sessions of one feed; `names` are its instrument's, `severity` that of its patterns."""

    names: tuple[str, ...]
    severity: Mapping[Pattern, Severity]
    sessions: Sequence[SessionScores]

    def concerns(self, operator: Operator, pattern: Pattern) -> bool:
        """Tell whether an operator wants alerts of a pattern from here."""
        return operator.interest.wants(self.names, pattern, self.severity[pattern])


Worth = Mapping[date, Sequence[float]]
"""Per session, the score of each opportunity that may ring; it rings if the threshold is at most this."""


def threshold(feeds: Iterable[FeedScores], operator: Operator) -> float | None:
    """Return the least score that rings for an operator, None where too few sessions are known.

    With it their budget would have been rung per session over the newest SESSIONS, of all feeds together; it
    aims lower where the thresholds of those sessions rang more than the budget, and higher where less.
    """
    return _threshold(_worth(feeds, operator), operator.budget)


def _threshold(worth: Worth, budget: int) -> float | None:
    newest = sorted(worth)[-SESSIONS:]
    if len(newest) < FEWEST:
        return None
    aim, found = float(budget), list[float]()
    for at, day in enumerate(newest):
        if at >= FEWEST:
            rang = _ringing(worth[day], _least(found, aim * at))
            aim = min(max(aim + STEP * (budget - rang), FARTHEST[0] * budget), FARTHEST[1] * budget)
        found = sorted([*found, *worth[day]], reverse=True)
    return _least(found, aim * len(newest))


def _least(scores: Sequence[float], rings: float) -> float:
    """Return the least of descending scores of which so many ring, in whole rings."""
    count = round(rings)
    if count >= len(scores):
        return 0.0
    return scores[count - 1] if count else UNREACHABLE


def _ringing(scores: Iterable[float], threshold: float) -> int:
    return sum(one >= threshold for one in scores)


def _worth(feeds: Iterable[FeedScores], operator: Operator) -> dict[date, list[float]]:
    """Return what may ring, by session; those before a feed's first score are left out."""
    found: dict[date, list[float]] = {}
    for feed in feeds:
        known = False
        for one in feed.sessions:
            known = known or any(alert.score is not None for alert in one.alerts)
            if known:
                wanted = lambda pattern, feed=feed: feed.concerns(operator, pattern)  # noqa: E731
                found.setdefault(one.session, []).extend(_worths(one, wanted))
    return found


def _worths(session: SessionScores, wanted: Callable[[Pattern], bool]) -> Iterator[float]:
    """Yield each opportunity's worth, UNREACHABLE where it always rings; without those that cannot ring."""
    first: dict[int, Scored] = {}
    always: set[int] = set()
    for one in session.alerts:
        if wanted(one.pattern):
            first.setdefault(one.opportunity, one)
            if one.pattern is ALWAYS_RINGS:
                always.add(one.opportunity)
    for number, one in first.items():
        if number in always:
            yield UNREACHABLE
        elif not one.conflict and one.score is not None:
            yield one.score


@dataclass(frozen=True, slots=True)
class Preview:
    """What a budget would have rung: per session the threshold, the rings, and the opportunities not rung.

    A session with too few before it is left out.
    """

    budget: int
    sessions: tuple[PreviewedSession, ...]

    @property
    def mean(self) -> float | None:
        """Rings per session; None without a session."""
        return sum(one.rings for one in self.sessions) / len(self.sessions) if self.sessions else None


@dataclass(frozen=True, slots=True)
class PreviewedSession:
    """One session of a preview."""

    session: date
    threshold: float
    rings: int
    listed: int


def preview(feeds: Iterable[FeedScores], operator: Operator, budget: int) -> Preview:
    """Return what another budget would have rung for an operator, walking forward.

    Each session is judged by the threshold of the SESSIONS before it. Feeds need all sessions, not SESSIONS.
    """
    worth = _worth(feeds, operator)
    days, found = sorted(worth), []
    for at, day in enumerate(days):
        before = {one: worth[one] for one in days[max(0, at - SESSIONS) : at]}
        least = 0.0 if budget == 0 else _threshold(before, budget)
        if least is not None:
            rings = _ringing(worth[day], least)
            found.append(PreviewedSession(day, least, rings, len(worth[day]) - rings))
    return Preview(budget, tuple(found))
