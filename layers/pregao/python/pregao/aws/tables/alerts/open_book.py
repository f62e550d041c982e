"""What admission committed and nobody has finished: read by the index of open ends."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.alerts.attention import listed_of
from pregao.aws.tables.alerts.waiting_list import WaitingList
from pregao.aws.tables.delivery.reminder_book import reminder_of
from pregao.aws.tables.dynamo import from_item, to_item, transact
from pregao.aws.tables.state import HELD_BACK, NOT_DUE, OPEN_ENDS, claim_key, follow
from pregao.domain.alerts.admission import Verdict
from pregao.domain.delivery.operators import OpenEnd
from pregao.flow.ports.delivery import HeldBack, Kept
from pregao.flow.ports.reminders import Due
from pregao.wire.alert_v1 import load_alert

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.alert import Alert

AT_ONCE = 100
"""Actions of one transaction."""


class OpenBook:
    """flow.ports.delivery.OpenBook over DynamoDB."""

    def __init__(self, client: Any, table: str, shards: int = 1) -> None:
        self._client = client
        self._table = table
        self._waiting = WaitingList(client, table, shards)

    def undelivered(self, now: float, limit: int) -> list[Alert]:
        """Return overdue alerts; see flow.ports."""
        return [one.alert for one in self._followed(OpenEnd.DELIVERY, now, limit)]

    def unsettled(self, now: float, limit: int) -> list[Kept]:
        """Return delivered alerts that are still open; see flow.ports."""
        return self._followed(OpenEnd.SETTLEMENT, now, limit)

    def postpone(self, alert_id: str, end: OpenEnd, until: float) -> int | None:
        """Let an alert be overdue again later; see flow.ports."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=to_item(claim_key(alert_id)),
                UpdateExpression="SET due_at = :until ADD overdue :once",
                ConditionExpression="due_kind = :end",
                ExpressionAttributeValues=to_item({":until": until, ":once": 1, ":end": end.value}),
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None  # the index lags: it has been closed
        return int(from_item(answer["Attributes"])["overdue"])

    def abandon(self, alert_id: str) -> None:
        """Take it off the overdue alerts for good; see flow.ports."""
        self._client.update_item(
            TableName=self._table, Key=to_item(claim_key(alert_id)), UpdateExpression=NOT_DUE
        )

    def undecided(self, now: float, limit: int) -> Due:
        """Return expired alerts that await a decision, and reminders; see flow.ports."""
        items = self._due(OpenEnd.DECISION, now, limit)
        alerts = [Kept(load_alert(item["alert"]), listed_of(item)) for item in items if "alert" in item]
        return Due(alerts, [reminder_of(item) for item in items if "alert" not in item])

    def held_back(self, now: float, limit: int) -> list[HeldBack]:
        """Return what the bound refused, and what was listed until now; see flow.ports."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk < :later",
            ExpressionAttributeValues=to_item({":pk": HELD_BACK, ":later": f"{now:017.6f}~"}),
            ConsistentRead=True,
            Limit=limit,
        )
        rows = [from_item(item) for item in found["Items"]]
        return [
            HeldBack(
                row["sk"],
                load_alert(row["alert"]),
                frozenset(row.get("told", ())),
                row.get("reason", Verdict.QUEUE_FULL.value),
                frozenset(row.get("listed", ())),
            )
            for row in rows
            if "alert" in row
        ]

    def waiting(self) -> int:
        """Count the places that are taken; see flow.ports."""
        return self._waiting.count()

    def forget_held_back(self, held: Sequence[HeldBack]) -> None:
        """Forget what was told; see flow.ports."""
        self._write([{"Delete": self._held(one)} for one in held])

    def note_notified(self, held: Sequence[HeldBack], operators: Collection[str]) -> None:
        """Remember who was told; see flow.ports."""
        adds = {
            "UpdateExpression": "ADD told :operators",
            "ExpressionAttributeValues": to_item({":operators": set(operators)}),
        }
        self._write([{"Update": self._held(one) | adds} for one in held if operators])

    def _held(self, one: HeldBack) -> dict[str, Any]:
        return {"TableName": self._table, "Key": to_item({"pk": HELD_BACK, "sk": one.key})}

    def _write(self, actions: Sequence[Item]) -> None:
        for start in range(0, len(actions), AT_ONCE):
            transact(self._client, actions[start : start + AT_ONCE])

    def _followed(self, end: OpenEnd, now: float, limit: int) -> list[Kept]:
        found = (follow(self._client, self._table, claim) for claim in self._due(end, now, limit))
        return [Kept(load_alert(item["alert"]), listed_of(item)) for item in found if item is not None]

    def _due(self, end: OpenEnd, now: float, limit: int) -> list[dict[str, Any]]:
        found = self._client.query(
            TableName=self._table,
            IndexName=OPEN_ENDS,
            KeyConditionExpression="due_kind = :end AND due_at <= :now",
            ExpressionAttributeValues=to_item({":end": end.value, ":now": now}),
            Limit=limit,
        )
        return [from_item(item) for item in found["Items"]]
