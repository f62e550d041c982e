"""The chains of the audit tables, day by day: their lists, their records, their ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.audit.ledger import CLOSED, chains_key, newest_of
from pregao.aws.tables.dynamo import Cancelled, from_item, put, to_item, transact
from pregao.domain.audit.chain import ChainName
from pregao.flow.ports.audit import EndedDay
from pregao.flow.ports.refusals import Contended

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.audit.chain import Record

ENDED = "ENDED"
"""Under it stands, by table, the last day that has its record."""


class DayBook:
    """flow.ports.audit.DayBook over DynamoDB; `tables` gives each table's name in this stack."""

    def __init__(self, client: Any, state_table: str, tables: Mapping[str, str]) -> None:
        self._client = client
        self._state = state_table
        self._tables = tables

    def ended(self) -> Mapping[str, EndedDay]:
        """Return the last ended days; see flow.ports.audit."""
        found = self._client.query(
            TableName=self._state,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": ENDED}),
            ConsistentRead=True,
        )
        rows = [from_item(item) for item in found["Items"]]
        return {row["sk"]: EndedDay(row["day"], row["hash"]) for row in rows}

    def close_for_writes(self, table: str, day: str) -> None:
        """Close a day's list of chains; see flow.ports.audit."""
        self._client.put_item(TableName=self._state, Item=to_item(chains_key(table, day, CLOSED)))

    def chains(self, table: str, day: str) -> list[str]:
        """Return the chains of a day; see flow.ports.audit."""
        names = self._query(self._state, "pk = :pk", {":pk": chains_key(table, day, "")["pk"]})
        return [row["sk"] for row in names if row["sk"] != CLOSED]

    def names(self, table: str) -> set[str]:
        """Return the names of all chains in a table, also of those on no day's list: reads all of it."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._tables[table], ProjectionExpression="chain", ConsistentRead=True
        )
        return {str(from_item(item)["chain"]) for page in pages for item in page["Items"]}

    def newest(self, table: str, chain: str) -> int:
        """Return a chain's last number; see flow.ports.audit."""
        record = newest_of(self._client, self._tables[table], chain)
        return int(record["seq"]) if record else 0

    def records(self, table: str, chain: str, first: int = 1, last: int | None = None) -> list[Record]:
        """Return a chain's records; see flow.ports.audit."""
        values = {":chain": chain, ":first": first, ":last": last or 10**12}
        return list(
            self._query(self._tables[table], "chain = :chain AND seq BETWEEN :first AND :last", values)
        )

    def close_chain(self, table: str, record: Record) -> None:
        """Put a chain's end; see flow.ports.audit."""
        self._write([put(self._tables[table], record, unless="attribute_not_exists(seq)")])

    def end_day(self, table: str, record: Record) -> None:
        """Put a day's end; see flow.ports.audit."""
        day = ChainName.parse(record["chain"]).day
        pointer = {"pk": ENDED, "sk": table, "day": day, "hash": record["hash"]}
        first = put(self._tables[table], record, unless="attribute_not_exists(seq)")
        self._write([first, put(self._state, pointer, unless=None)])

    def _write(self, actions: Sequence[Item]) -> None:
        try:
            transact(self._client, actions)
        except Cancelled as cancelled:
            raise Contended from cancelled

    def _query(self, table: str, condition: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_item(values),
            ConsistentRead=True,
        )
        return [from_item(item) for page in pages for item in page["Items"]]
