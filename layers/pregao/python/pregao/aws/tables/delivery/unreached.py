"""Mailboxes that are not reached, in the state table under UNREACHED / <hash of the address>."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.domain.delivery.suppression import address_key
from pregao.domain.delivery.unreached import Cause, Unreached

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Operator

PARTITION = "UNREACHED"


class UnreachedBook:
    """flow.ports.mail.UnreachedBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> dict[str, Unreached]:
        """Return every mailbox; see flow.ports.mail."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": PARTITION}),
            ConsistentRead=True,
        )
        found = [_unreached(item) for page in pages for item in page["Items"]]
        return {one.key: one for one in found}

    def add(self, operator: Operator, cause: Cause, now: float) -> None:
        """Note an e-mail that did not arrive; see flow.ports.mail."""
        said = {":who": operator.id, ":cause": cause.value, ":now": now, ":once": 1}
        self._client.update_item(
            TableName=self._table,
            Key=_key(address_key(operator.email)),
            UpdateExpression="SET #operator = :who, cause = :cause, newest = :now,"
            " since = if_not_exists(since, :now) ADD times :once",
            ExpressionAttributeNames={"#operator": "operator"},
            ExpressionAttributeValues=to_item(said),
        )

    def remove(self, key: str) -> bool:
        """Note that it is reached again; see flow.ports.mail."""
        gone = self._client.delete_item(TableName=self._table, Key=_key(key), ReturnValues="ALL_OLD")
        return bool(gone.get("Attributes"))


def _key(key: str) -> dict[str, Any]:
    return to_item({"pk": PARTITION, "sk": key})


def _unreached(item: dict[str, Any]) -> Unreached:
    row = from_item(item)
    return Unreached(
        row["sk"], row["operator"], Cause(row["cause"]), row["since"], row["newest"], int(row["times"])
    )
