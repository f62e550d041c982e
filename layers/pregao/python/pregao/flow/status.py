"""The system's health: every dependency is asked at once and the answers are put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pregao.domain.delivery.trouble import Trouble, in_trouble
from pregao.domain.delivery.unreached import Unreached, unreachable
from pregao.domain.feeds.health import FeedsTold, feeds_health

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.feeds.silence import FeedRules
    from pregao.domain.feeds.told import Feeds

Check = dict[str, Any]
DEAD = ("alerts", "timers", "reports")
"""What lies in a dead-letter queue: alerts nobody got, e-mails nobody got, what SES told of e-mails."""
WATCH_LATE_S = 150.0
"""The minute's round is late when it has told nothing for so long: two of them are missing."""
FEW = 50
"""So many feeds a page reads anew each time, which is a page's worth; more it hears as of the last round."""
LATE_S = 15.0
"""An alert is on the screens within a second; one that waits so long is held up."""
RUNBOOK = {
    "admission": "AdmissionTableReadsThrottled",
    "feeds": "AdmissionTableReadsThrottled",
    "mailboxes": "AdmissionTableReadsThrottled",
    "connections": "ConnectionsTableReadsThrottled",
    "alertas_audit": "AlertasAuditTableReadsThrottled",
    "entrega_audit": "EntregaAuditTableReadsThrottled",
    "queue_alerts": "AlertQueueAge",
    "queue_fallback": "FallbackQueueAge",
    "queue_dead_alerts": "AlertDeadLetters",
    "queue_dead_timers": "FallbackDeadLetters",
    "queue_dead_reports": "FeedbackDeadLetters",
}
"""The entry of docs/RUNBOOK.md for each check."""


class Dependencies(Protocol):
    """The tables and queues that an alert passes through: one check each."""

    def checks(self, more: Mapping[str, Callable[[], Check]]) -> dict[str, Check]:
        """Ask each, and `more`, at once: `ok`, and what was read or why it failed; a failure is an answer."""
        ...


class FeedsRead(Protocol):
    """What is known of the feeds."""

    def read(self) -> Feeds:
        """Return all of it."""
        ...


class RoundRead(Protocol):
    """What the minute's last round found of the feeds."""

    def read(self) -> FeedsTold | None:
        """Return it, None before the first."""
        ...


class MailboxesRead(Protocol):
    """Operators whom e-mail does not reach."""

    def all(self) -> Mapping[str, Unreached]:
        """Return them by operator."""
        ...


class TroublesRead(Protocol):
    """Operators whom a channel of theirs does not reach."""

    def all(self) -> Sequence[Trouble]:
        """Return every trouble."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """Dependencies of `report`; `clock` gives epoch seconds, `grace_s` is the wait for a receipt."""

    dependencies: Dependencies
    feeds: FeedsRead
    round: RoundRead
    mailboxes: MailboxesRead
    troubles: TroublesRead
    operators: Sequence[Operator]
    rules: FeedRules
    config_digest: str
    clock: Callable[[], float]
    grace_s: float = 0.0


def report(deps: Status, *, page: bool = False) -> tuple[bool, dict[str, Any]]:
    """Return whether the system works, and the answer's body.

    Feeds and bridges are read anew. A `page` hears of more than a few feeds what the minute's last round
    found (`feeds_at` says when): there may be a thousand pages, and each asks four times a minute.

    `problems` names all that degrades it, the likeliest cause first, each with since when (None: not known)
    and its entry in docs/RUNBOOK.md. The system works all the same where every dependency answers.
    """
    now = deps.clock()
    checks = deps.dependencies.checks(
        {"feeds": lambda: _feeds(deps, page), "mailboxes": lambda: _unreached(deps)}
    )
    last_mail = checks["entrega_audit"].pop("last_mail", None)
    since = {name: checks["admission"].pop(f"{name}_since", None) for name in ("undelivered", "unsettled")}
    told, unreached = checks["feeds"].pop("told", {}), checks["mailboxes"].pop("unreached", None)
    phones = checks["mailboxes"].pop("phones", None)
    dead = {name: _messages_in(checks[f"queue_dead_{name}"]) for name in DEAD}
    problems = [
        *_unanswered(checks),
        *_stalled(checks, since, deps.grace_s, now),
        *(problem(f"dead_{name}", RUNBOOK[f"queue_dead_{name}"]) for name, lying in dead.items() if lying),
        *_round_late(checks["feeds"], told, now),
        *_silences(told, now),
        *([problem("mail_unreached", "BounceRate", unreached["since"])] if unreached else []),
        *([problem("channel_not_sent", "ChannelNotSent", phones["since"])] if phones else []),
    ]
    body = {
        "status": "degraded" if problems else "ok",
        "problems": problems,
        "time": now,
        "config_digest": deps.config_digest,
        "checks": checks,
        "last_mail": None if last_mail is None else {"at": last_mail},
        "dead_letters": dead,
        "unreached": unreached,
        "phones": phones,
        **told,
    }
    return all(check["ok"] for check in checks.values()), body


def problem(what: str, runbook: str, since: float | None = None) -> dict[str, Any]:
    """Return one thing that degrades the system."""
    return {"what": what, "since": since, "runbook": runbook}


def _unanswered(checks: Mapping[str, Check]) -> list[dict[str, Any]]:
    return [problem(f"no_answer:{name}", RUNBOOK[name]) for name, check in checks.items() if not check["ok"]]


def _stalled(
    checks: Mapping[str, Check], since: Mapping[str, float | None], grace_s: float, now: float
) -> list[dict[str, Any]]:
    """Return the queues that nobody works off: alerts wait too long, or timers that are due lie untaken."""
    found = []
    waits, settling = since["undelivered"], since["unsettled"]
    if waits is not None and now - waits > LATE_S:
        found.append(problem("alerts_wait", "AlertQueueAge", waits))
    timers = checks["queue_fallback"]
    untaken = timers.get("visible", 0) > 0 and timers.get("in_flight", 0) == 0
    if untaken and settling is not None and now - settling > grace_s + LATE_S:
        found.append(problem("timers_wait", "FallbackQueueAge", settling + grace_s))
    return found


def _silences(told: Mapping[str, Any], now: float) -> list[dict[str, Any]]:
    """Return the feeds that are silent or flap in their session, and the bridges that are mute meanwhile."""
    feeds = [one for one in told.get("feeds", ()) if one["in_session"]]
    silent = [
        problem(f"feed_silent:{one['instrument']} {one['timeframe']}", "FeedSilent", one["silent"]["since"])
        for one in feeds
        if one["silent"]
    ]
    flapping = [
        problem(
            f"feed_flapping:{one['instrument']} {one['timeframe']}", "FeedSilent", one["flapping"]["since"]
        )
        for one in feeds
        if one["flapping"]
    ]
    mute = [one for one in told.get("bridges", ()) if feeds and one["mute"]]
    return [
        *silent,
        *flapping,
        *(problem(f"bridge_mute:{one['bridge_id']}", "FeedSilent", now - one["age_s"]) for one in mute),
    ]


def _feeds(deps: Status, page: bool) -> Check:
    """Return how feeds and bridges are; as of the minute's last round where a page asks and they are many."""
    kept, now = deps.round.read(), deps.clock()
    at = kept.at if kept else None
    if page and kept and kept.known > FEW and not _is_late(at, now):
        found = kept
    else:
        found = feeds_health(deps.feeds.read(), deps.rules, now)
    return {"silent": found.silent, "told": {**found.told, "feeds_at": found.at, "watched_at": at}}


def _is_late(round_at: float | None, now: float) -> bool:
    return round_at is None or now - round_at > WATCH_LATE_S


def _round_late(check: Check, told: Mapping[str, Any], now: float) -> list[dict[str, Any]]:
    """Return that the minute's round has stopped: nobody tells silences, ends or repairs alerts."""
    at = told.get("watched_at")
    return [problem("watch_late", "WatchMissing", at)] if check["ok"] and _is_late(at, now) else []


def _unreached(deps: Status) -> Check:
    """Return how many operators e-mail, and how many a channel of theirs, does not reach; no names."""
    told = {}
    if found := unreachable(deps.mailboxes.all().values(), deps.operators):
        told["unreached"] = _told(found.operators, found.since, found.cause.value)
    if lost := in_trouble(deps.troubles.all(), {one.id for one in deps.operators}):
        told["phones"] = {**_told(lost.operators, lost.since, lost.cause), "channel": lost.channel.value}
    return told


def _told(operators: int, since: float, reason: str) -> dict[str, Any]:
    return {"operators": operators, "since": since, "reason": reason}


def _messages_in(queue: Check) -> int:
    """Count a queue's messages, visible and in flight; 0 where they are not known."""
    return int(queue.get("visible", 0) + queue.get("in_flight", 0))
