"""Everything GET /health and GET /metrics work with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.health import Health
from pregao.aws.tables.feed_book import FeedBook
from pregao.bootstrap.common import config, feed_rules
from pregao.domain.feeds.health import feeds_health
from pregao.domain.feeds.silence import FeedRules
from pregao.settings import Settings

CHECKS_AT_ONCE = 12


@dataclass(frozen=True, slots=True)
class Status:
    """Asks each dependency and says what it heard."""

    health: Health
    book: FeedBook
    rules: FeedRules
    config_digest: str

    def __call__(self) -> tuple[bool, dict[str, Any]]:
        """Return whether the system works, and the answer's body.

        A feed that is silent in its session degrades the system, which works all the same.
        """
        reading = self.health.pool.submit(self._feeds)
        checks = self.health.checks()
        last_mail = checks["entrega_audit"].pop("last_mail", None)
        checks["feeds"], told = reading.result()
        well = all(check["ok"] for check in checks.values())
        heard = not checks["feeds"].get("silent")
        body = {
            "status": "ok" if well and heard else "degraded",
            "time": clock.now(),
            "config_digest": self.config_digest,
            "checks": checks,
            "last_mail": None if last_mail is None else {"at": last_mail},
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


@cache
def status() -> Status:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table",
        "connections_table",
        "alertas_table",
        "entrega_table",
        "alert_queue_url",
        "fallback_queue_url",
    )
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
        {"alerts": settings.alert_queue_url, "fallback": settings.fallback_queue_url},
    )
    book = FeedBook(dynamo, settings.admission_table)
    return Status(health, book, feed_rules(loaded), loaded.digest)
