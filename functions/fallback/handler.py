"""The fallback queue's consumer: each message is a timer; a message that fails comes again alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.consume import Message, consume
from pregao.bootstrap.fallback import count, falling_back, tally
from pregao.flow.fallback import fall_back_message
from pregao.flow.steps.in_time import TimeLeft

logger = Logger(service="fallback")


def _fall_back(message: Message, time: TimeLeft) -> None:
    logger.set_correlation_id(message["messageId"])  # until the message's alert id is read
    try:
        settled = fall_back_message(message["body"], logger.set_correlation_id, falling_back(), time)
    except Exception:
        logger.exception("timer not settled", extra={"message_id": message["messageId"]})
        raise
    count(settled)
    logger.info("timer settled", extra=asdict(settled))


@logger.inject_lambda_context(clear_state=True)
@tally
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Settle a batch; answers the ids of the messages that must come again, raises where all fail."""
    return consume(event, _fall_back, context)
