"""The alert queue's consumer: each message is an alert v1; a message that fails comes again alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from pregao.bootstrap.deliver import delivering

logger = Logger(service="deliver")
processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


def _deliver(record: SQSRecord) -> None:
    try:
        alert_id, delivered = delivering()(record.body)
    except Exception:
        logger.exception("alert not delivered", extra={"message_id": record.message_id})
        raise
    logger.info("alert delivered", extra={"alert_id": alert_id, **asdict(delivered)})


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Deliver a batch; answers the ids of the messages that must come again."""
    return dict(process_partial_response(event, _deliver, processor, context))
