"""Channels that do not reach an operator, in the state table under TROUBLE / operator#channel.

Each cause has three attributes there, so that one write notes it and one delete ends all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.domain.delivery.operators import Channel
from pregao.domain.delivery.trouble import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pregao.aws.tables.dynamo import Item

PARTITION = "TROUBLE"
SINCE = "_since"
KEPT_S = 30 * 86_400
"""What nobody was sent for so long is forgotten."""


class Troubles:
    """flow.ports.phone.TroubleBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def all(self) -> list[Trouble]:
        """Return every trouble; see flow.ports.phone."""
        return self._found("")

    def of(self, operator: str) -> list[Trouble]:
        """Return an operator's; see flow.ports.phone."""
        return self._found(f"{operator}#")

    def failed(self, operator: str, channel: Channel, cause: str, now: float) -> bool:
        """Note a note that was not taken; see flow.ports.phone."""
        before = self._client.update_item(
            TableName=self._table,
            Key=_key(operator, channel),
            UpdateExpression="SET #since = if_not_exists(#since, :now), #newest = :now, #ttl = :ttl"
            " ADD #times :once",
            ExpressionAttributeNames={
                "#since": f"{cause}{SINCE}",
                "#newest": f"{cause}_newest",
                "#times": f"{cause}_times",
                "#ttl": "ttl",
            },
            ExpressionAttributeValues=to_item({":now": now, ":once": 1, ":ttl": int(now + KEPT_S)}),
            ReturnValues="ALL_OLD",
        )
        return f"{cause}{SINCE}" not in before.get("Attributes", {})

    def worked(self, operator: str, channel: Channel) -> None:
        """Forget what was; see flow.ports.phone."""
        self._client.delete_item(TableName=self._table, Key=_key(operator, channel))

    def _found(self, begins: str) -> list[Trouble]:
        only = " AND begins_with(sk, :begins)" if begins else ""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=f"pk = :pk{only}",
            ExpressionAttributeValues=to_item({":pk": PARTITION} | ({":begins": begins} if begins else {})),
            ConsistentRead=True,
        )
        rows = (from_item(item) for page in pages for item in page["Items"])
        return sorted((one for row in rows for one in _of(row)), key=lambda one: one.since)


def _key(operator: str, channel: Channel) -> dict[str, Any]:
    return to_item({"pk": PARTITION, "sk": f"{operator}#{channel}"})


def _of(row: Item) -> Iterator[Trouble]:
    operator, _, channel = row["sk"].rpartition("#")
    for name in row:
        if name.endswith(SINCE):
            cause = name.removesuffix(SINCE)
            times = int(row[f"{cause}_times"])
            yield Trouble(
                operator, Channel(channel), cause, float(row[name]), float(row[f"{cause}_newest"]), times
            )
