"""Watched alerts that operators want back: by operator, and in the index of open ends until they are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, from_item, put, to_item, transact, update
from pregao.aws.tables.state import FEED_KEPT_S, NOT_DUE, due
from pregao.domain.delivery.operators import OpenEnd
from pregao.domain.delivery.reminder import Reminder
from pregao.flow.ports.refusals import Contended

if TYPE_CHECKING:
    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.audit.chain import Record, Tail


class ReminderBook:
    """flow.ports.reminders.ReminderBook over DynamoDB."""

    def __init__(self, client: Any, table: str, ledger: Ledger) -> None:
        self._client = client
        self._table = table
        self._ledger = ledger

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the chain stands; see flow.ports."""
        return self._ledger.tail(contract, now)

    def remind(self, reminder: Reminder, record: Record, tail: Tail) -> None:
        """Keep a reminder; see flow.ports."""
        item = _key(reminder) | due(OpenEnd.DECISION, reminder.at) | {"operator": reminder.operator}
        kept = put(self._table, item | {"ttl": int(reminder.at + FEED_KEPT_S)}, unless=None)
        self._write(kept, record, tail)

    def forget(self, reminder: Reminder, record: Record, tail: Tail) -> None:
        """Take a reminder back; see flow.ports."""
        self._write(update(self._table, _key(reminder), NOT_DUE), record, tail)

    def of(self, operator: str) -> list[Reminder]:
        """Return an operator's reminders; see flow.ports."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            FilterExpression="attribute_exists(due_at)",
            ExpressionAttributeValues=to_item({":pk": f"REMINDERS#{operator}"}),
            ConsistentRead=True,
        )
        return [reminder_of(from_item(item)) for item in found["Items"]]

    def done(self, reminder: Reminder) -> None:
        """End a reminder that was told; see flow.ports."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item(_key(reminder)),
                UpdateExpression=NOT_DUE,
                ConditionExpression="due_at = :at",  # another may have been set meanwhile
                ExpressionAttributeValues=to_item({":at": reminder.at}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def _write(self, action: Item, record: Record, tail: Tail) -> None:
        try:
            transact(self._client, [action, *self._ledger.append([record], tail)])
        except Cancelled as cancelled:
            raise Contended from cancelled


def _key(reminder: Reminder) -> dict[str, Any]:
    return {"pk": f"REMINDERS#{reminder.operator}", "sk": reminder.alert_id}


def reminder_of(row: Item) -> Reminder:
    """Read a reminder's item."""
    return Reminder(row["operator"], row["sk"], row["due_at"])
