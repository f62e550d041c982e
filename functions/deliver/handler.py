"""The alert queue's consumer: each message is an alert v1; a message that fails comes again alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.consume import Message, consume, queued_at
from pregao.bootstrap.deliver import count, delivering, tally
from pregao.flow.deliver import deliver_message
from pregao.flow.steps.in_time import TimeLeft

logger = Logger(service="deliver")


def _deliver(message: Message, time: TimeLeft) -> None:
    logger.set_correlation_id(message["messageId"])  # until the message's alert id is read
    try:
        about = logger.set_correlation_id
        delivered = deliver_message(message["body"], about, delivering(), time, queued_at(message))
    except Exception:
        logger.exception("alert not delivered", extra={"message_id": message["messageId"]})
        raise
    count(delivered)
    logger.info("alert delivered", extra=asdict(delivered))
    if late := delivered.missed:
        logger.warning("slow alert", extra={"missed": late})


@logger.inject_lambda_context(clear_state=True)
@tally
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deliver a batch; answers the ids of the messages that must come again, raises where all fail."""
    return consume(event, _deliver, context)
