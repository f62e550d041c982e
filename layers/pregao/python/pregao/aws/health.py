"""Is each dependency there, and how much waits in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pregao.aws.dynamo import from_item, to_item
from pregao.aws.state import QUEUE_KEY
from pregao.domain.delivery import Channel

Check = dict[str, Any]


class Health:
    """One cheap read per dependency; a failure is an answer, not an exception."""

    def __init__(self, dynamo: Any, sqs: Any, table: str, queues: Mapping[str, str]) -> None:
        self._dynamo = dynamo
        self._sqs = sqs
        self._table = table
        self._queues = queues

    def checks(self) -> dict[str, Check]:
        """Return a check per dependency: `ok`, and what was read or why it failed."""
        asked = {f"queue_{name}": _bound(self._queue, url) for name, url in self._queues.items()}
        return {name: _safely(ask) for name, ask in {"admission": self._waiting, **asked}.items()}

    def last_mail(self, entrega_table: str) -> float | None:
        """Return when an e-mail was last written down (epoch seconds); None before the first, or unread."""
        try:
            found = self._dynamo.query(
                TableName=entrega_table,
                IndexName="by_channel",
                KeyConditionExpression="channel = :email",
                ExpressionAttributeValues=to_item({":email": Channel.EMAIL.value}),
                ScanIndexForward=False,
                Limit=1,
            )
        except (ClientError, BotoCoreError):
            return None  # the page then says that it does not know; this is no dependency
        rows = [from_item(item) for item in found["Items"]]
        return datetime.fromisoformat(rows[0]["recorded_at"]).timestamp() if rows else None

    def _waiting(self) -> Check:
        found = self._dynamo.get_item(TableName=self._table, Key=to_item(QUEUE_KEY))
        return {"alerts_waiting": len(from_item(found.get("Item", {})).get("waiting", ()))}

    def _queue(self, url: str) -> Check:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return {"visible": int(found[names[0]]), "in_flight": int(found[names[1]])}


def _bound(ask: Callable[[str], Check], url: str) -> Callable[[], Check]:
    return lambda: ask(url)


def _safely(ask: Callable[[], Check]) -> Check:
    try:
        return {"ok": True, **ask()}
    except (ClientError, BotoCoreError) as error:
        return {"ok": False, "error": type(error).__name__}
