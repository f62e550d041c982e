"""A queue's batch, as its three consumers serve it: message by message, each failure its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pregao.bootstrap.common import time_left
from pregao.flow.ports.refusals import Leased, OutOfTime

if TYPE_CHECKING:
    from pregao.flow.steps.in_time import TimeLeft

Message = Mapping[str, Any]
"""A message as Lambda hands it over: `messageId`, `body`, `attributes`."""
GIVEN_BACK = (Leased, OutOfTime)
"""Raised by a story that did not fail: its message comes again by design."""


class WholeBatchFailed(Exception):
    """No message was served; Lambda gives all of them back and counts an error of the function."""


def consume(
    event: dict[str, Any], story: Callable[[Message, TimeLeft], None], context: Any
) -> dict[str, Any]:
    """Serve a batch by a `story` for each message; answers the ids of the messages that must come again.

    Raises WholeBatchFailed where no message was served and one failed: such an answer would count as a
    success, and neither an alarm nor a rollout would see a version that always fails.
    """
    time = time_left(context)
    raised: dict[str, Exception] = {}
    for message in event["Records"]:
        try:
            story(message, time)
        except Exception as error:  # noqa: BLE001 its message comes again; the others are served
            raised[message["messageId"]] = error
    failed = [error for error in raised.values() if _failed(error)]
    if failed and len(raised) == len(event["Records"]):
        # Without its cause, whose text may quote the message: the story has logged it.
        raise WholeBatchFailed(f"{len(raised)} messages, none served: {type(failed[0]).__name__}")
    return {"batchItemFailures": [{"itemIdentifier": message} for message in raised]}


def queued_at(message: Message) -> float | None:
    """Return when the queue took a message (epoch seconds), None where that is not told."""
    sent = message.get("attributes", {}).get("SentTimestamp")
    return int(sent) / 1000 if sent else None


def _failed(error: BaseException | None) -> bool:
    """Tell whether any part of what a story raised is more than a message given back."""
    if isinstance(error, BaseExceptionGroup):
        return any(_failed(one) for one in error.exceptions)
    return not isinstance(error, GIVEN_BACK)
