"""Everything GET /health and GET /metrics work with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.health import Health
from pregao.aws.tables.delivery.troubles import Troubles
from pregao.aws.tables.delivery.unreached import UnreachedBook
from pregao.aws.tables.market.feed_book import FeedBook
from pregao.aws.tables.market.health_item import HealthItem
from pregao.bootstrap.common import config, feed_rules, operators, settled_s
from pregao.flow.status import DEAD, Status
from pregao.settings import Settings

CHECKS_AT_ONCE = 14


@cold.once
def status() -> Status:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table",
        "connections_table",
        "alertas_table",
        "entrega_table",
        "alert_queue_url",
        "alert_dead_letters_url",
        "fallback_queue_url",
        "fallback_dead_letters_url",
        "feedback_dead_letters_url",
    )
    dead_letters = (
        settings.alert_dead_letters_url,
        settings.fallback_dead_letters_url,
        settings.feedback_dead_letters_url,
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
        {
            "alerts": settings.alert_queue_url,
            "fallback": settings.fallback_queue_url,
            **{f"dead_{name}": url for name, url in zip(DEAD, dead_letters, strict=True)},
        },
        loaded.scale.shards,
        settled_s(loaded),
    )
    return Status(
        health,
        FeedBook(dynamo, settings.admission_table, shards=loaded.scale.shards),
        HealthItem(dynamo, settings.admission_table),
        UnreachedBook(dynamo, settings.admission_table),
        Troubles(dynamo, settings.admission_table),
        operators(loaded),
        feed_rules(loaded),
        loaded.digest,
        clock.now,
        loaded.delivery.receipt_grace_s,
    )
