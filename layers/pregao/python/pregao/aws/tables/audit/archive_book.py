"""How far the archive has come: a place per chain, objects that wait for a digest, the newest digest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, from_item, named, put, to_item, transact, update
from pregao.domain.audit.archive_objects import Listed
from pregao.domain.audit.hourly_digest import Before, Sealed
from pregao.flow.ports.audit import Closed, Place
from pregao.flow.ports.refusals import Contended

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.audit.hourly_digest import Signed

WAITING = "ARCHIVED"
"""Under it stand the objects that no digest lists yet."""
WHOLE = "ARCHIVE_WHOLE"
CLOSED = "ARCHIVE_CLOSED"
LAST = {"pk": "DIGEST", "sk": "LAST"}
NONE = "none"
"""The hash of the newest digest before there is one."""
AT_ONCE = 50  # deletions in one transaction


class ArchiveBook:
    """flow.ports.audit.ArchiveBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def place(self, table: str, chain: str) -> Place:
        """Return how far a chain is; see flow.ports.audit."""
        row = self._get(_place_key(table, chain))
        return Place(int(row.get("upto", 0)), row.get("planned"))

    def plan(self, table: str, chain: str, after: int, upto: int) -> None:
        """Write a stretch's end down; see flow.ports.audit."""
        free = "attribute_not_exists(planned) AND (attribute_not_exists(pk) OR upto = :after)"
        action = update(
            self._table,
            _place_key(table, chain),
            "SET planned = :planned, upto = :after",
            only_if=f"({free}) OR (planned = :planned AND upto = :after)",
            planned=upto,
            after=after,
        )
        try:
            transact(self._client, [action])
        except Cancelled as cancelled:
            raise Contended from cancelled

    def archived(self, listed: Listed, now: float) -> None:
        """Note that a stretch is in the vault; see flow.ports.audit."""
        moved = update(
            self._table,
            _place_key(listed.table, listed.chain),
            "SET upto = :last REMOVE planned",
            only_if="planned = :last AND upto = :before",
            last=listed.last,
            before=listed.first - 1,
        )
        try:
            transact(self._client, [moved, put(self._table, _waiting(listed, now), unless=None)])
        except Cancelled as cancelled:
            if self.place(listed.table, listed.chain).upto < listed.last:
                raise Contended from cancelled

    def whole(self, table: str) -> str | None:
        """Return the last whole day; see flow.ports.audit."""
        return self._get({"pk": WHOLE, "sk": table}).get("day")

    def made_whole(self, table: str, day: str) -> None:
        """Note a whole day; see flow.ports.audit."""
        self._client.put_item(TableName=self._table, Item=to_item({"pk": WHOLE, "sk": table, "day": day}))

    def closed(self, table: str) -> Closed | None:
        """Return how far closed days are compacted; see flow.ports.audit."""
        row = self._get({"pk": CLOSED, "sk": table})
        return Closed(row["day"], row["upto"], row["records"]) if row else None

    def compacted(self, listed: Listed, closed: Closed, now: float) -> None:
        """Note an object of a closed day; see flow.ports.audit."""
        begins = "attribute_not_exists(pk) OR (upto = records AND #day < :day)"
        goes_on = "#day = :day AND upto = :before AND records = :of"
        moved = update(
            self._table,
            {"pk": CLOSED, "sk": listed.table},
            "SET #day = :day, upto = :upto, records = :of",
            only_if=begins if listed.first == 1 else goes_on,
            day=closed.day,
            upto=closed.upto,
            of=closed.of,
            **({} if listed.first == 1 else {"before": listed.first - 1}),
        )
        try:
            transact(
                self._client,
                [named(moved, {"#day": "day"}), put(self._table, _waiting(listed, now), unless=None)],
            )
        except Cancelled as cancelled:
            if self.closed(listed.table) != closed:
                raise Contended from cancelled

    def pending(self, before: float) -> Sequence[Listed]:
        """Return what no digest lists; see flow.ports.audit."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            FilterExpression="archived_at < :before",
            ExpressionAttributeValues=to_item({":pk": WAITING, ":before": before}),
            ConsistentRead=True,
        )
        rows = [from_item(item) for page in pages for item in page["Items"]]
        return [Listed(**{one.name: row[one.name] for one in fields(Listed)}) for row in rows]

    def sealed(self, first: datetime) -> Sealed:
        """Return the newest digest; see flow.ports.audit."""
        row = self._get(LAST) or self._begun(first)
        return Sealed(datetime.fromisoformat(row["start"]), _before(row))

    def seal(self, signed: Signed, last: Sealed) -> None:
        """Note a digest; see flow.ports.audit.

        Its objects go first: should it die in between, the next run takes the digest that lies there, and
        they go again.
        """
        keys = [one.key for one in signed.read().objects]
        for start in range(0, len(keys), AT_ONCE):
            gone = [self._gone(key) for key in keys[start : start + AT_ONCE]]
            transact(self._client, gone)
        self._move(signed.sealed(), last)

    def _begun(self, first: datetime) -> dict[str, Any]:
        row = {**LAST, "start": first.isoformat(), "sha256": NONE}
        try:
            transact(self._client, [put(self._table, row)])
        except Cancelled as cancelled:
            return dict(cancelled.held[0])  # another run stored its start at the same moment
        return row

    def _gone(self, key: str) -> Item:
        return {"Delete": {"TableName": self._table, "Key": to_item({"pk": WAITING, "sk": key})}}

    def _move(self, newest: Sealed, last: Sealed) -> None:
        assert newest.before  # noqa: S101 it is of a digest
        action = update(
            self._table,
            LAST,
            "SET digest = :digest, sha256 = :sha256, signature = :signature, #start = :start",
            only_if="sha256 = :last OR sha256 = :sha256",
            digest=newest.before.key,
            sha256=newest.before.sha256,
            signature=newest.before.signature,
            start=newest.start.isoformat(),
            last=last.before.sha256 if last.before else NONE,
        )
        try:
            transact(self._client, [named(action, {"#start": "start"})])
        except Cancelled as cancelled:
            raise Contended from cancelled

    def _get(self, key: Item) -> dict[str, Any]:
        found = self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True)
        return from_item(found.get("Item", {}))


def _place_key(table: str, chain: str) -> dict[str, str]:
    return {"pk": f"ARCHIVE#{table}", "sk": chain}


def _waiting(listed: Listed, now: float) -> dict[str, Any]:
    return {"pk": WAITING, "sk": listed.key, "archived_at": now, **asdict(listed)}


def _before(row: Item) -> Before | None:
    return Before(row["digest"], row["sha256"], row["signature"]) if row["sha256"] != NONE else None
