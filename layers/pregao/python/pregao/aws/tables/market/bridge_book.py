"""Whom a bridge's name belongs to, in the state table.

BRIDGES / <bridge_id>   the principal that signed first (`owner`) and since when; kept until it is forgotten
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import from_item, to_item

if TYPE_CHECKING:
    from pregao.domain.feeds.feed import BridgeOwner

PARTITION = "BRIDGES"
_BIND = "SET #owner = if_not_exists(#owner, :signer), bound_at = if_not_exists(bound_at, :now)"


class BridgeBook:
    """flow.ports.feeds.BridgeBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def owner(self, bridge_id: str, signer: str, now: float) -> str:
        """Bind a name that is free, and return whose it is; see flow.ports.feeds."""
        updated = self._client.update_item(
            TableName=self._table,
            Key=_key(bridge_id),
            UpdateExpression=_BIND,
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues=to_item({":signer": signer, ":now": now}),
            ReturnValues="ALL_NEW",
        )
        return str(from_item(updated["Attributes"])["owner"])

    def owners(self) -> Iterator[BridgeOwner]:
        """Return every name and whose it is, by name."""
        from pregao.domain.feeds.feed import BridgeOwner  # `pregao bridges` alone asks

        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": PARTITION}),
            ConsistentRead=True,
        )
        for item in (from_item(item) for page in pages for item in page["Items"]):
            yield BridgeOwner(item["sk"], item["owner"], item["bound_at"])

    def forget(self, bridge_id: str) -> bool:
        """Free a name: whoever signs next has it. False where nobody had it."""
        gone = self._client.delete_item(TableName=self._table, Key=_key(bridge_id), ReturnValues="ALL_OLD")
        return "Attributes" in gone


def _key(bridge_id: str) -> dict[str, Any]:
    return to_item({"pk": PARTITION, "sk": bridge_id})
