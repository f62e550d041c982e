"""A queue's batch, as its three consumers serve it: message by message, each failure its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from pregao.bootstrap.common import time_left
from pregao.flow.ports.refusals import Leased, OutOfTime

if TYPE_CHECKING:
    from pregao.flow.steps.in_time import TimeLeft

GIVEN_BACK = (Leased, OutOfTime)
"""Raised by a story that did not fail: its message comes again by design."""

_processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)


class WholeBatchFailed(Exception):
    """No message was served; Lambda gives all of them back and counts an error of the function."""


def consume(
    event: dict[str, Any], story: Callable[[SQSRecord, TimeLeft], None], context: Any
) -> dict[str, Any]:
    """Serve a batch by a `story` for each message; answers the ids of the messages that must come again.

    Raises WholeBatchFailed where no message was served and one failed: such an answer would count as a
    success, and neither an alarm nor a rollout would see a version that always fails.
    """
    time = time_left(context)
    answer = dict(process_partial_response(event, lambda record: story(record, time), _processor, context))
    raised = [error for _, error, _ in _processor.exceptions]
    if raised and len(raised) == len(event["Records"]):
        failed = [error for error in raised if _failed(error)]
        if failed:
            # Without its cause, whose text may quote the message: the story has logged it.
            raise WholeBatchFailed(f"{len(raised)} messages, none served: {type(failed[0]).__name__}")
    return answer


def _failed(error: BaseException | None) -> bool:
    """Tell whether any part of what a story raised is more than a message given back."""
    if isinstance(error, BaseExceptionGroup):
        return any(_failed(one) for one in error.exceptions)
    return not isinstance(error, GIVEN_BACK)
