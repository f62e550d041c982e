"""Everything GET /health works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.feed_book import FeedBook
from pregao.aws.health import Health
from pregao.bootstrap.common import config, feed_rules
from pregao.domain.feed_health import feeds_health
from pregao.domain.feed_truth import FeedRules
from pregao.settings import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """Asks each dependency and says what it heard."""

    health: Health
    book: FeedBook
    rules: FeedRules
    config_digest: str
    entrega_table: str

    def __call__(self) -> tuple[bool, dict[str, Any]]:
        """Return whether the system works, and the answer's body.

        A feed that is silent in its session degrades the system, which works all the same.
        """
        checks = self.health.checks()
        checks["feeds"], told = self._feeds()
        well = all(check["ok"] for check in checks.values())
        heard = not checks["feeds"].get("silent")
        body = {
            "status": "ok" if well and heard else "degraded",
            "time": clock.now(),
            "config_digest": self.config_digest,
            "checks": checks,
            "last_mail": self._last_mail(),
            **told,
        }
        return well, body

    def _last_mail(self) -> dict[str, float] | None:
        at = self.health.last_mail(self.entrega_table)
        return None if at is None else {"at": at}

    def _feeds(self) -> tuple[dict[str, Any], dict[str, Any]]:
        try:
            silent, told = feeds_health(self.book.read(), self.rules, clock.now())
        except (ClientError, BotoCoreError) as error:
            return {"ok": False, "error": type(error).__name__}, {}
        return {"ok": True, "silent": silent}, told


@cache
def status() -> Status:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "alert_queue_url", "entrega_table", "fallback_queue_url")
    queues = {"alerts": settings.alert_queue_url, "fallback": settings.fallback_queue_url}
    dynamo, loaded = client("dynamodb"), config(settings)
    health = Health(dynamo, client("sqs"), settings.admission_table, queues)
    book = FeedBook(dynamo, settings.admission_table)
    return Status(health, book, feed_rules(loaded), loaded.digest, settings.entrega_table)
