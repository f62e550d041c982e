"""Whether each dependency answers, and how much waits in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pregao.aws.tables.alerts.waiting_list import WaitingList
from pregao.aws.tables.dynamo import Item, from_item, to_item
from pregao.aws.tables.state import OPEN_ENDS
from pregao.domain.delivery.escalation import SETTLED_S
from pregao.domain.delivery.operators import Channel, OpenEnd

Check = dict[str, Any]
PLACES = 200
"""Alerts looked at for the one that waits longest: more than may wait at a time."""
NO_SCREEN = {"pk": "HEALTH", "sk": "-"}
NO_RECORD = {"chain": "-", "seq": 0}
"""Keys of no item: reading one tells whether the table answers, and costs half a read unit."""


@dataclass(frozen=True, slots=True)
class Health:
    """One cheap read per dependency of an alert's way; a failure is an answer, not an exception.

    All are asked at once: one that hangs keeps no answer back for longer than its own.

    `queues` are named by what waits in them; `shards` is the number of the waiting list's parts, `settled_s`
    how long after its delivery an alert is looked at again.
    """

    dynamo: Any
    sqs: Any
    pool: Executor
    admission_table: str
    connections_table: str
    alertas_table: str
    entrega_table: str
    queues: Mapping[str, str]
    shards: int = 1
    settled_s: int = SETTLED_S

    def checks(self, more: Mapping[str, Callable[[], Check]]) -> dict[str, Check]:
        """Return a check per dependency, and per one of `more`; see flow.status.Dependencies.

        `admission` tells since when an alert waits for its delivery, and since when one that was delivered is
        not settled for somebody. `entrega_audit` tells when an e-mail was last written down (epoch
        seconds), None before the first.
        """
        asked: dict[str, Callable[[], Check]] = {
            "admission": self._waiting,
            "connections": partial(self._there, self.connections_table, NO_SCREEN),
            "alertas_audit": partial(self._there, self.alertas_table, NO_RECORD),
            "entrega_audit": self._last_mail,
        }
        asked |= {f"queue_{name}": partial(self._queue, url) for name, url in self.queues.items()}
        asked |= more
        open_ends = [self.pool.submit(_safely, ask) for ask in (self._undelivered, self._unsettled)]
        answers = {name: self.pool.submit(_safely, ask) for name, ask in asked.items()}
        found = {name: answer.result() for name, answer in answers.items()}
        for answer in open_ends:
            found["admission"] |= answer.result() if found["admission"]["ok"] else {}
        return found

    def _waiting(self) -> Check:
        return {"alerts_waiting": WaitingList(self.dynamo, self.admission_table, self.shards).count()}

    def _undelivered(self) -> Check:
        return {"undelivered_since": self._oldest(OpenEnd.DELIVERY, "judged_at", PLACES)}

    def _unsettled(self) -> Check:
        due = self._oldest(OpenEnd.SETTLEMENT, "due_at", 1)
        return {"unsettled_since": None if due is None else due - self.settled_s}

    def _oldest(self, end: OpenEnd, field: str, limit: int) -> float | None:
        """Return the least of a moment among the alerts with that end open, None where there is none."""
        found = self.dynamo.query(
            TableName=self.admission_table,
            IndexName=OPEN_ENDS,
            KeyConditionExpression="due_kind = :end",
            ExpressionAttributeValues=to_item({":end": end.value}),
            Limit=limit,
        )
        return min((float(from_item(item)[field]) for item in found["Items"]), default=None)

    def _there(self, table: str, key: Item) -> Check:
        self.dynamo.get_item(TableName=table, Key=to_item(key))
        return {}

    def _last_mail(self) -> Check:
        found = self.dynamo.query(
            TableName=self.entrega_table,
            IndexName="by_channel",
            KeyConditionExpression="channel = :email",
            ExpressionAttributeValues=to_item({":email": Channel.EMAIL.value}),
            ScanIndexForward=False,
            Limit=1,
        )
        rows = [from_item(item) for item in found["Items"]]
        return {"last_mail": datetime.fromisoformat(rows[0]["recorded_at"]).timestamp() if rows else None}

    def _queue(self, url: str) -> Check:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return {"visible": int(found[names[0]]), "in_flight": int(found[names[1]])}


def _safely(ask: Callable[[], Check]) -> Check:
    try:
        return {"ok": True, **ask()}
    except (ClientError, BotoCoreError) as error:
        return {"ok": False, "error": type(error).__name__}
