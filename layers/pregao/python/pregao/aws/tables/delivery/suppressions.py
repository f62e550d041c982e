"""Addresses that get no e-mail, in the state table under SUPPRESSED / <hash of the address>."""

from __future__ import annotations

from typing import Any

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.domain.delivery.suppression import Suppression

PARTITION = "SUPPRESSED"


class Suppressions:
    """flow.ports.mail.Suppressions over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def find(self, key: str) -> Suppression | None:
        """Return why an address gets no e-mail; see flow.ports.mail."""
        found = self._client.get_item(TableName=self._table, Key=_key(key), ConsistentRead=True)
        return _suppression(found["Item"]) if "Item" in found else None

    def add(self, suppression: Suppression) -> None:
        """Suppress an address; see flow.ports.mail."""
        why = {"operator": suppression.operator, "cause": suppression.cause, "since": suppression.since}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_key(suppression.key) | to_item(why),
                ConditionExpression="attribute_not_exists(pk)",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # its first cause stands

    def all(self) -> list[Suppression]:
        """Return every suppression; see flow.ports.mail."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": PARTITION}),
            ConsistentRead=True,
        )
        found = [_suppression(item) for page in pages for item in page["Items"]]
        return sorted(found, key=lambda one: one.since)

    def lift(self, key: str) -> bool:
        """Let an address get e-mails again; see flow.ports.mail."""
        gone = self._client.delete_item(TableName=self._table, Key=_key(key), ReturnValues="ALL_OLD")
        return bool(gone.get("Attributes"))


def _key(key: str) -> dict[str, Any]:
    return to_item({"pk": PARTITION, "sk": key})


def _suppression(item: dict[str, Any]) -> Suppression:
    row = from_item(item)
    return Suppression(row["sk"], row["operator"], row["cause"], row["since"])
