"""Everything GET /health works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.health import Health
from pregao.bootstrap.common import config
from pregao.settings import Settings


@dataclass(frozen=True, slots=True)
class Status:
    """Asks each dependency and says what it heard."""

    health: Health
    config_digest: str

    def __call__(self) -> tuple[bool, dict[str, Any]]:
        """Return whether all is well, and the answer's body."""
        checks = self.health.checks()
        well = all(check["ok"] for check in checks.values())
        body = {
            "status": "ok" if well else "degraded",
            "time": clock.now(),
            "config_digest": self.config_digest,
            "checks": checks,
        }
        return well, body


@cache
def status() -> Status:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "alert_queue_url", "fallback_queue_url")
    queues = {"alerts": settings.alert_queue_url, "fallback": settings.fallback_queue_url}
    health = Health(client("dynamodb"), client("sqs"), settings.admission_table, queues)
    return Status(health, config(settings).digest)
