"""Everything GET /health and GET /metrics work with."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.health import Health
from pregao.aws.tables.feed_book import FeedBook
from pregao.aws.tables.unreached import UnreachedBook
from pregao.bootstrap.common import config, feed_rules, operators
from pregao.domain.delivery.operators import Operator
from pregao.domain.delivery.unreached import unreachable
from pregao.domain.feeds.health import feeds_health
from pregao.domain.feeds.silence import FeedRules
from pregao.settings import Settings

CHECKS_AT_ONCE = 12
DEAD = ("alerts", "timers", "reports")
"""What lies in a dead-letter queue: alerts nobody got, e-mails nobody got, what SES told of e-mails."""


@dataclass(frozen=True, slots=True)
class Status:
    """Asks each dependency and says what it heard."""

    health: Health
    book: FeedBook
    mailboxes: UnreachedBook
    operators: Sequence[Operator]
    rules: FeedRules
    config_digest: str

    def __call__(self) -> tuple[bool, dict[str, Any]]:
        """Return whether the system works, and the answer's body.

        A feed that is silent in its session, a dead letter and an operator whom e-mail does not reach degrade
        the system, which works all the same.
        """
        reading = self.health.pool.submit(self._feeds)
        mailboxes = self.health.pool.submit(self._unreached)
        checks = self.health.checks()
        last_mail = checks["entrega_audit"].pop("last_mail", None)
        checks["feeds"], told = reading.result()
        checks["mailboxes"], unreached = mailboxes.result()
        dead = {name: _lying(checks[f"queue_dead_{name}"]) for name in DEAD}
        well = all(check["ok"] for check in checks.values())
        heard = not checks["feeds"].get("silent")
        body = {
            "status": "ok" if well and heard and not unreached and not any(dead.values()) else "degraded",
            "time": clock.now(),
            "config_digest": self.config_digest,
            "checks": checks,
            "last_mail": None if last_mail is None else {"at": last_mail},
            "dead_letters": dead,
            "unreached": unreached,
            **told,
        }
        return well, body

    def metrics(self) -> tuple[str, str]:
        """Return the same reading as gauges, and their content type."""
        from pregao.wire.prometheus_text import (  # a library that /health does not need
            CONTENT_TYPE,
            exposition,
        )

        return CONTENT_TYPE, exposition(self()[1])

    def _feeds(self) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            silent, told = feeds_health(self.book.read(), self.rules, clock.now())
        except (ClientError, BotoCoreError) as error:
            return {"ok": False, "error": type(error).__name__}, {}
        return {"ok": True, "silent": silent}, told

    def _unreached(self) -> tuple[dict[str, Any], dict[str, Any] | None]:
        """Return the check, and how many operators e-mail does not reach; their names stay here."""
        try:
            found = unreachable(self.mailboxes.all().values(), self.operators)
        except (ClientError, BotoCoreError) as error:
            return {"ok": False, "error": type(error).__name__}, None
        if found is None:
            return {"ok": True}, None
        return {"ok": True}, {
            "operators": found.operators,
            "since": found.since,
            "reason": found.cause.value,
        }


def _lying(queue: dict[str, Any]) -> int:
    """Count what lies among the dead letters, seen by somebody at the moment or not; none where unknown."""
    return int(queue.get("visible", 0) + queue.get("in_flight", 0))


@cache
def status() -> Status:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table",
        "connections_table",
        "alertas_table",
        "entrega_table",
        "alert_queue_url",
        "alert_graveyard_url",
        "fallback_queue_url",
        "fallback_graveyard_url",
        "feedback_graveyard_url",
    )
    graves = (settings.alert_graveyard_url, settings.fallback_graveyard_url, settings.feedback_graveyard_url)
    dynamo, loaded = client("dynamodb"), config(settings)
    pool = ThreadPoolExecutor(CHECKS_AT_ONCE, thread_name_prefix="check")
    health = Health(
        dynamo,
        client("sqs"),
        pool,
        settings.admission_table,
        settings.connections_table,
        settings.alertas_table,
        settings.entrega_table,
        {
            "alerts": settings.alert_queue_url,
            "fallback": settings.fallback_queue_url,
            **{f"dead_{name}": url for name, url in zip(DEAD, graves, strict=True)},
        },
    )
    return Status(
        health,
        FeedBook(dynamo, settings.admission_table),
        UnreachedBook(dynamo, settings.admission_table),
        operators(loaded),
        feed_rules(loaded),
        loaded.digest,
    )
