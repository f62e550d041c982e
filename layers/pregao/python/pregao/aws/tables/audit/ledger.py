"""Where the chains of an audit table stand, and appending to them.

The newest record of a chain is its only memory: the next one is put under the next number on the condition
that it is free. No counter, no update; the audit tables are only ever put to and read. The first record of
a chain also puts its name on the day's list (CHAINS#<table>#<day>), by which the day is closed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import from_item, put, to_item
from pregao.domain.audit.chain import CLOSE, ChainName, Tail, day_after, day_of

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.audit.chain import Record

CLOSED = "CLOSED"


def chains_key(name: str, day: str, chain: str) -> dict[str, str]:
    """Return the key under which a chain stands on its day's list, or `CLOSED` for its end."""
    return {"pk": f"CHAINS#{name}#{day}", "sk": chain}


class Ledger:
    """The chains of one audit table that one kind of writer appends to.

    Writers that would otherwise race for a contract's chain name a `lane` and get a chain of their own:
    who must be fast (deliver) does not wait for who need not be (fallback).
    """

    def __init__(self, client: Any, state_table: str, audit_table: str, name: str, lane: str = "") -> None:
        self._client = client
        self._state = state_table
        self._audit = audit_table
        self._name = name
        self._lane = lane

    def tail(self, contract: str, now: float) -> Tail:
        """Read where a contract's chain of the UTC day of `now` stands."""
        return self.newest(contract, now)[0]

    def newest(self, contract: str, now: float) -> tuple[Tail, Record | None]:
        """Read the tail and the record it is made of, None before the first.

        Where that day is closed already (the writer's clock is behind), the next day's chain goes on.
        """
        day = day_of(now)
        while True:
            chain = str(ChainName(contract, day, self._lane))
            record = newest_of(self._client, self._audit, chain)
            if record is None:
                return Tail(chain), None
            if record["kind"] != CLOSE:
                return Tail.of(record), record
            day = day_after(day)

    def append(self, records: Sequence[Record], tail: Tail) -> list[Item]:
        """Return the actions that put linked records behind `tail`.

        A failed condition on any of them means that somebody else appended first.
        """
        if not records:
            return []
        puts = [put(self._audit, record, unless="attribute_not_exists(seq)") for record in records]
        return puts if tail.seq else [*puts, *self._enlist(tail.chain)]

    def _enlist(self, chain: str) -> list[Item]:
        """Put a new chain on its day's list; a day that has been closed takes none any more."""
        day = ChainName.parse(chain).day
        closed = {
            "TableName": self._state,
            "Key": to_item(chains_key(self._name, day, CLOSED)),
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        listed = put(self._state, chains_key(self._name, day, chain), unless=None)
        return [listed, {"ConditionCheck": closed}]


NEWEST = {"#chain": "chain", "#seq": "seq", "#hash": "hash", "#kind": "kind", "#cursor": "cursor"}
"""Attributes by which a chain goes on: a record's other ones, its candles above all, are not sent back."""


def newest_of(client: Any, table: str, chain: str) -> dict[str, Any] | None:
    """Return the last record of a chain, by its attributes in NEWEST alone; None where there is none."""
    found = client.query(
        TableName=table,
        KeyConditionExpression="#chain = :chain",
        ProjectionExpression=", ".join(NEWEST),
        ExpressionAttributeNames=NEWEST,
        ExpressionAttributeValues=to_item({":chain": chain}),
        ScanIndexForward=False,
        ConsistentRead=True,
        Limit=1,
    )
    return from_item(found["Items"][0]) if found["Items"] else None
