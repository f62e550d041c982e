"""Everything the feedback queue's consumer works with."""

from __future__ import annotations

from pregao import clock, cold
from pregao.aws.clients import LateClient, client
from pregao.aws.metrics import Tally
from pregao.aws.queues import FallbackQueue
from pregao.aws.tables.delivery.feedback_book import FeedbackBook
from pregao.bootstrap.books import alert_log, deliveries, suppressions, unreached
from pregao.bootstrap.common import ledger, operators_alone, pause
from pregao.domain.audit.chain import ENTREGA
from pregao.flow.feedback import Feedback
from pregao.settings import Settings

tally = Tally("feedback")


@cold.once
def hearing() -> Feedback:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "entrega_table", "fallback_dead_letters_url")
    chains = ledger(settings, settings.entrega_table, ENTREGA, "feedback")
    return Feedback(
        operators=operators_alone(settings),
        alert_log=alert_log(settings),
        book=FeedbackBook(client("dynamodb"), settings.admission_table, chains),
        deliveries=deliveries(settings, "feedback"),
        suppressions=suppressions(settings),
        unreached=unreached(settings),
        queue=FallbackQueue(LateClient("sqs"), "", settings.fallback_dead_letters_url),
        pause=pause,
        clock=clock.now,
    )
