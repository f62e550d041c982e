"""The message of an opportunity that an operator has: OPPORTUNITY#id / NOTE#operator#channel, state table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.alerts.attention import TOLD_KEPT_S, opportunity_key
from pregao.aws.tables.dynamo import from_item, to_item
from pregao.flow.ports.phone import KeptNote
from pregao.wire.alert_v1 import dump_alert, load_alert

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import Channel

JOINED = "joined_"
"""How the attributes begin that hold a line; the alert's number in the feed follows, in eight digits."""


class Notes:
    """flow.ports.phone.OpportunityNotes over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def of(self, opportunity: str, operator: str, channel: Channel) -> KeptNote:
        """Return what is known of the message; see flow.ports.phone."""
        found = self._client.get_item(
            TableName=self._table, Key=_key(opportunity, operator, channel), ConsistentRead=True
        )
        return _kept(found.get("Item", {}))

    def keep(
        self, alert: Alert, operator: str, channel: Channel, provider_id: str, now: float
    ) -> KeptNote | None:
        """Keep the newest alert's message; see flow.ports.phone."""
        values = {
            ":alert": dump_alert(alert).decode(),
            ":id": provider_id,
            ":seq": alert.seq or 0,
            ":ttl": int(now + TOLD_KEPT_S),
        }
        try:
            was = self._client.update_item(
                TableName=self._table,
                Key=_key(_opportunity(alert), operator, channel),
                UpdateExpression="SET alert = :alert, provider_id = :id, seq = :seq, #ttl = :ttl",
                ConditionExpression="attribute_not_exists(seq) OR seq <= :seq",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues=to_item(values),
                ReturnValues="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return KeptNote(alert, provider_id)
        old = _kept(was.get("Attributes", {}))
        return old if old.alert is not None and old.provider_id != provider_id else None

    def join(self, alert: Alert, operator: str, channel: Channel, line: str, now: float) -> KeptNote:
        """Add a line; see flow.ports.phone."""
        new = self._client.update_item(
            TableName=self._table,
            Key=_key(_opportunity(alert), operator, channel),
            UpdateExpression="SET #line = :line, #ttl = :ttl",
            ExpressionAttributeNames={"#line": f"{JOINED}{alert.seq or 0:08}", "#ttl": "ttl"},
            ExpressionAttributeValues=to_item({":line": line, ":ttl": int(now + TOLD_KEPT_S)}),
            ReturnValues="ALL_NEW",
        )
        return _kept(new["Attributes"])


def _opportunity(alert: Alert) -> str:
    """Return the id; raises ValueError for an alert without one."""
    if alert.opportunity is None:
        raise ValueError(f"alert {alert.id} is of no opportunity")
    return alert.opportunity.id


def _key(opportunity: str, operator: str, channel: Channel) -> dict[str, Any]:
    return to_item({**opportunity_key(opportunity), "sk": f"NOTE#{operator}#{channel}"})


def _kept(item: Item) -> KeptNote:
    row = from_item(item)
    alert = load_alert(row["alert"]) if "alert" in row else None
    joined = tuple(row[name] for name in sorted(row) if name.startswith(JOINED))
    return KeptNote(alert, row.get("provider_id", ""), joined)
