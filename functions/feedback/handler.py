"""The feedback queue's consumer: each message is an event that SES published of one e-mail.

What is no event of an e-mail of ours is logged, counted and let go: coming again would not make it one.
A message that fails comes again alone. Addresses are not logged.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.consume import Message, consume
from pregao.bootstrap.feedback import hearing, tally
from pregao.flow.feedback import hear_message
from pregao.flow.steps.in_time import TimeLeft
from pregao.wire.ses_event_v1 import ForeignEvent

logger = Logger(service="feedback")


def _hear(message: Message, time: TimeLeft) -> None:
    logger.set_correlation_id(message["messageId"])  # until the message's alert id is read
    try:
        event, heard = hear_message(message["body"], logger.set_correlation_id, hearing(), time)
    except ForeignEvent as foreign:
        tally.count("ForeignMailEvents")
        logger.warning("foreign event", extra={"message_id": message["messageId"], "why": str(foreign)})
        return
    except Exception:
        logger.exception("event not taken in", extra={"message_id": message["messageId"]})
        raise
    about = {"operator": event.operator, "mail_id": event.message_id}
    logger.info("event taken in", extra={**about, "status": event.status.value, "heard": heard.value})


@logger.inject_lambda_context(clear_state=True)
@tally
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Take a batch in; answers the ids of the messages that must come again, raises where all fail."""
    return consume(event, _hear, context)
