"""The admitted alerts by contract and number, read back for hello, resume and act."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.alerts.attention import listed_of
from pregao.aws.tables.batches import read_many
from pregao.aws.tables.dynamo import from_item, to_item
from pregao.aws.tables.state import CURSOR, alert_key, claim_key, followed_alert
from pregao.flow.ports.delivery import Kept
from pregao.wire.alert_v1 import load_alert

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.ring_decision import RingDecision


class AlertLog:
    """flow.ports.delivery.AlertLog over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def cursor(self) -> dict[str, int]:
        """Return the last number per contract; see flow.ports."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": CURSOR}),
            ConsistentRead=True,
        )
        cursors = [from_item(item) for page in pages for item in page["Items"]]
        return {one["sk"]: one["alert_seq"] for one in cursors}

    def since(self, contract: str, seq: int, limit: int) -> list[Kept]:
        """Return alerts after a number; see flow.ports."""
        key = alert_key(contract, seq)
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk > :sk",
            ExpressionAttributeValues=to_item({":pk": key["pk"], ":sk": key["sk"]}),
            ConsistentRead=True,
            Limit=limit,
        )
        items = map(from_item, found["Items"])
        return [Kept(load_alert(item["alert"]), listed_of(item)) for item in items]

    def find(self, alert_id: str) -> Alert | None:
        """Return an admitted alert; see flow.ports."""
        claim = self._client.get_item(
            TableName=self._table, Key=to_item(claim_key(alert_id)), ConsistentRead=True
        )
        return followed_alert(self._client, self._table, from_item(claim.get("Item", {})))

    def listed(self, alerts: Sequence[Alert]) -> Mapping[str, Mapping[str, RingDecision]]:
        """Return why alerts did not ring; see flow.ports. Raises Contended where the table is too busy."""
        ids = {(one.contract, one.seq or 0): one.id for one in alerts}
        keys = [alert_key(*place) for place in ids]
        by_key = {(key["pk"], key["sk"]): alert_id for key, alert_id in zip(keys, ids.values(), strict=True)}
        items = read_many(self._client, self._table, keys, ProjectionExpression="pk, sk, listed")
        return {by_key[item["pk"], item["sk"]]: listed_of(item) for item in items if "listed" in item}
