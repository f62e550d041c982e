"""Everything the feedback queue's consumer works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.queues import FallbackQueue
from pregao.aws.tables.alert_log import Feed
from pregao.aws.tables.delivery_book import DeliveryBook
from pregao.aws.tables.feedback_book import FeedbackBook
from pregao.aws.tables.suppressions import Suppressions
from pregao.aws.tables.unreached import UnreachedBook
from pregao.bootstrap.common import config, ledger, operators, pause
from pregao.bootstrap.metrics import Tally
from pregao.domain.audit.chain import ENTREGA
from pregao.domain.delivery.mail_events import MailEvent
from pregao.flow.feedback import Feedback, Heard, hear
from pregao.flow.steps.in_time import TimeLeft
from pregao.settings import Settings
from pregao.wire.ses_event_v1 import ForeignEvent, read_event

tally = Tally("feedback")


@dataclass(frozen=True, slots=True)
class Hear:
    """Reads a report, takes it in."""

    deps: Feedback

    def __call__(self, body: str, about: Callable[[str], None], time: TimeLeft) -> tuple[MailEvent, Heard]:
        """Take one report in; `about` hears the alert's id first.

        Raises ForeignEvent for what is none of ours, which is counted, else to have it come again.
        """
        try:
            event = read_event(body)
        except ForeignEvent:
            tally.count("ForeignMailEvents")
            raise
        about(event.alert_id)
        return event, hear(event, self.deps, time)


@cache
def hearing() -> Hear:
    """Build the function once per process; raises SettingsError."""
    settings = Settings.require("admission_table", "entrega_table", "fallback_graveyard_url")
    dynamo, state = client("dynamodb"), settings.admission_table
    chain = ledger(settings, settings.entrega_table, ENTREGA, "feedback")
    return Hear(
        Feedback(
            operators=operators(config(settings)),
            feed=Feed(dynamo, state),
            book=FeedbackBook(dynamo, state, chain),
            deliveries=DeliveryBook(dynamo, state, chain),
            suppressions=Suppressions(dynamo, state),
            unreached=UnreachedBook(dynamo, state),
            queue=FallbackQueue(client("sqs"), "", settings.fallback_graveyard_url),
            pause=pause,
            clock=clock.now,
        )
    )
