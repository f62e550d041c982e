"""What became of alerts, in the state table, and the ledgers of sessions.

OUTCOME#WIN#M5#2026-11-23 / <alert id>   what the newest record says, and its hash
LEDGER / 2026-11-23#WIN#M5               a session's rows

Both for 400 days; the audit records stay.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, from_item, put, to_item, transact
from pregao.domain.audit.chain import canonical
from pregao.flow.ports.calibration import Recorded
from pregao.flow.ports.refusals import Contended
from pregao.wire.ledger_v1 import pack_ledger, unpack_ledger

if TYPE_CHECKING:
    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.calibration.ledger import SessionLedger
    from pregao.domain.feeds.feed import FeedKey

KEPT_S = 400 * 86_400
LEDGERS = "LEDGER"
"""The partition of all ledgers: one query reads those of some days."""
_SAME = {"#hash": "hash"}


class OutcomeBook:
    """flow.ports.calibration.OutcomeBook over DynamoDB."""

    def __init__(self, client: Any, table: str, ledger: Ledger) -> None:
        self._client = client
        self._table = table
        self._ledger = ledger

    def recorded(self, feed: FeedKey, session: date) -> dict[str, Recorded]:
        """Return what is on record; see flow.ports.calibration."""
        rows = _query(self._client, self._table, "pk = :pk", {":pk": _outcomes(feed, session)})
        return {row["sk"]: Recorded(json.loads(row["outcome"]), row["hash"]) for row in rows}

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the chain stands; see flow.ports.calibration."""
        return self._ledger.tail(contract, now)

    def record(
        self,
        feed: FeedKey,
        session: date,
        records: Sequence[Record],
        before: Mapping[str, Recorded],
        tail: Tail,
        now: float,
    ) -> None:
        """Write records; see flow.ports.calibration."""
        pk = _outcomes(feed, session)
        notes = [self._note(pk, one, before.get(one["alert_id"]), now) for one in records]
        try:
            transact(self._client, [*notes, *self._ledger.append(records, tail)])
        except Cancelled as cancelled:
            raise Contended from cancelled

    def _note(self, pk: str, record: Record, before: Recorded | None, now: float) -> Item:
        item = {
            "pk": pk,
            "sk": record["alert_id"],
            "outcome": canonical(record["outcome"]).decode(),
            "hash": record["hash"],
            "ttl": int(now + KEPT_S),
        }
        if before is None:
            return put(self._table, item)
        action = put(self._table, item, unless="#hash = :before", before=before.hash)
        return {"Put": {**action["Put"], "ExpressionAttributeNames": _SAME}}


class LedgerBook:
    """flow.ports.calibration.LedgerBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, kept: SessionLedger, now: float) -> None:
        """Keep a session's ledger; see flow.ports.calibration."""
        item = {
            "pk": LEDGERS,
            "sk": _ledger((kept.instrument, kept.timeframe), kept.session),
            "ledger": pack_ledger(kept),
            "ttl": int(now + KEPT_S),
        }
        self._client.put_item(TableName=self._table, Item=to_item(item))

    def there(self, feed: FeedKey, session: date) -> bool:
        """Tell whether a session has one; see flow.ports.calibration."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk = :sk",
            ExpressionAttributeValues=to_item({":pk": LEDGERS, ":sk": _ledger(feed, session)}),
            ProjectionExpression="sk",
        )
        return bool(found["Items"])

    def between(self, first: date, last: date) -> list[SessionLedger]:
        """Return the ledgers of some sessions; see flow.ports.calibration. Raises ValueError."""
        values = {":pk": LEDGERS, ":first": first.isoformat(), ":last": f"{last.isoformat()}$"}
        rows = _query(self._client, self._table, "pk = :pk AND sk BETWEEN :first AND :last", values)
        return [unpack_ledger(row["ledger"]) for row in rows]


def _query(client: Any, table: str, condition: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    pages = client.get_paginator("query").paginate(
        TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=to_item(values)
    )
    return [from_item(item) for page in pages for item in page["Items"]]


def _outcomes(feed: FeedKey, session: date) -> str:
    return f"OUTCOME#{feed[0]}#{feed[1]}#{session.isoformat()}"


def _ledger(feed: FeedKey, session: date) -> str:
    return f"{session.isoformat()}#{feed[0]}#{feed[1]}"
