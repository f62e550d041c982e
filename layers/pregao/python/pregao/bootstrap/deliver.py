"""Everything the alert queue's consumer works with."""

from __future__ import annotations

from functools import partial

from aws_lambda_powertools import Logger

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.counts import count_delivered
from pregao.aws.metrics import Tally
from pregao.aws.queues import FallbackQueue
from pregao.aws.tables.market.scores_book import ScoresBook
from pregao.bootstrap.books import deliveries
from pregao.bootstrap.common import config, operators, pause, posting_pool, screens
from pregao.flow.deliver import Delivery
from pregao.flow.steps.sessions.thresholds import AttentionRules
from pregao.settings import Settings
from pregao.wire.frames_v1 import alert_frame

logger = Logger(service="deliver", child=True)
tally = Tally("deliver")
count = partial(count_delivered, tally)


def _not_read(error: Exception) -> None:
    logger.error("scores were not read: every opportunity rings", exc_info=error)


@cold.once
def delivering() -> Delivery:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "connections_table", "entrega_table", "fallback_queue_url")
    loaded, pool = config(settings), posting_pool()
    return Delivery(
        operators=operators(loaded),
        screens=screens(settings, pool),
        book=deliveries(settings),
        outcomes=deliveries(settings, "outcome", loaded),
        fallback=FallbackQueue(client("sqs"), settings.fallback_queue_url),
        frame=alert_frame,
        pool=pool,
        pause=pause,
        clock=clock.now,
        receipt_grace_s=loaded.delivery.receipt_grace_s,
        rules=AttentionRules(loaded, ScoresBook(client("dynamodb"), settings.admission_table), _not_read),
    )
