"""Everything the WebSocket's routes work with."""

from __future__ import annotations

from functools import partial

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.counts import count_heard
from pregao.aws.metrics import Tally, counter
from pregao.aws.queues import FallbackQueue
from pregao.aws.tables.alerts.open_book import OpenBook
from pregao.aws.tables.market.feed_book import FeedBook
from pregao.bootstrap.books import actions, alert_log, deliveries, reminders
from pregao.bootstrap.common import config, operators, pause, posting_pool, screens
from pregao.flow.connections import Connections
from pregao.flow.steps.wanted import QuoteRequests
from pregao.settings import Settings

count_refused, tally = counter("connections"), Tally("connections")
count = partial(count_heard, tally)


@cold.once
def connections() -> Connections:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table", "connections_table", "entrega_table", "acao_table", "fallback_queue_url"
    )
    loaded, pool = config(settings), posting_pool()
    return Connections(
        operators=operators(loaded),
        screens=screens(settings, pool),
        deliveries=deliveries(settings, "fallback"),  # receipts that come after the timer's
        actions=actions(settings, loaded),
        alert_log=alert_log(settings),
        pool=pool,
        pause=pause,
        clock=clock.now,
        quotes=QuoteRequests(FeedBook(client("dynamodb"), settings.admission_table), loaded.name_of),
        reminders=reminders(settings),
        open_ends=OpenBook(client("dynamodb"), settings.admission_table),
        timers=lambda: FallbackQueue(client("sqs"), settings.fallback_queue_url),
        receipt_grace_s=loaded.delivery.receipt_grace_s,
        each=loaded.desk.decision == "each",
    )
