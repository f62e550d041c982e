"""The system's health: every dependency is asked at once and the answers are put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pregao.domain.delivery.operators import Operator
from pregao.domain.delivery.unreached import Unreached, unreachable
from pregao.domain.feeds.feed import Feeds
from pregao.domain.feeds.health import feeds_health
from pregao.domain.feeds.silence import FeedRules

Check = dict[str, Any]
DEAD = ("alerts", "timers", "reports")
"""What lies in a dead-letter queue: alerts nobody got, e-mails nobody got, what SES told of e-mails."""


class Dependencies(Protocol):
    """What an alert passes on its way."""

    def checks(self, more: Mapping[str, Callable[[], Check]]) -> dict[str, Check]:
        """Ask each, and `more`, at once: `ok`, and what was read or why it failed; a failure is an answer."""
        ...


class FeedsRead(Protocol):
    """What is known of the feeds."""

    def read(self) -> Feeds:
        """Return all of it."""
        ...


class MailboxesRead(Protocol):
    """Operators whom e-mail does not reach."""

    def all(self) -> Mapping[str, Unreached]:
        """Return them by operator."""
        ...


@dataclass(frozen=True, slots=True)
class Status:
    """What the story works with; `clock` gives epoch seconds."""

    dependencies: Dependencies
    feeds: FeedsRead
    mailboxes: MailboxesRead
    operators: Sequence[Operator]
    rules: FeedRules
    config_digest: str
    clock: Callable[[], float]


def report(deps: Status) -> tuple[bool, dict[str, Any]]:
    """Return whether the system works, and the answer's body.

    A feed that is silent in its session, a dead letter and an operator whom e-mail does not reach degrade the
    system, which works all the same.
    """
    checks = deps.dependencies.checks({"feeds": lambda: _feeds(deps), "mailboxes": lambda: _unreached(deps)})
    last_mail = checks["entrega_audit"].pop("last_mail", None)
    told, unreached = checks["feeds"].pop("told", {}), checks["mailboxes"].pop("unreached", None)
    dead = {name: _messages_in(checks[f"queue_dead_{name}"]) for name in DEAD}
    well = all(check["ok"] for check in checks.values())
    heard = not checks["feeds"].get("silent")
    body = {
        "status": "ok" if well and heard and not unreached and not any(dead.values()) else "degraded",
        "time": deps.clock(),
        "config_digest": deps.config_digest,
        "checks": checks,
        "last_mail": None if last_mail is None else {"at": last_mail},
        "dead_letters": dead,
        "unreached": unreached,
        **told,
    }
    return well, body


def _feeds(deps: Status) -> Check:
    silent, told = feeds_health(deps.feeds.read(), deps.rules, deps.clock())
    return {"silent": silent, "told": told}


def _unreached(deps: Status) -> Check:
    """Return how many operators e-mail does not reach; their names stay here."""
    found = unreachable(deps.mailboxes.all().values(), deps.operators)
    if found is None:
        return {}
    told = {"operators": found.operators, "since": found.since, "reason": found.cause.value}
    return {"unreached": told}


def _messages_in(queue: Check) -> int:
    """Count a queue's messages, visible and in flight; 0 where they are not known."""
    return int(queue.get("visible", 0) + queue.get("in_flight", 0))
