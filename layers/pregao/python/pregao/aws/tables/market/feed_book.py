"""The feeds in the state table.

FEEDS / BRIDGE#<id>                      a bridge's newest heartbeat;
                                         wanted_<symbol>: until when its quotes are wanted
FEEDS / STATE#<instrument>#<timeframe>   what the desk was told

What came of them stands beside that, and in further partitions where there are several: mark_items.py. The
table's stream hands each mark to the ticker, its candles with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, from_item, put, to_item, transact
from pregao.aws.tables.market.feed_marks import FeedMarks
from pregao.aws.tables.market.mark_items import BACKFILL, KEPT, LIVE, MOVED, PARTITION, PAST
from pregao.domain.alerts.price_level import Marked
from pregao.domain.feeds.feed import KEPT_S, Seen, joined
from pregao.domain.feeds.told import Feeds, FeedState
from pregao.flow.ports.refusals import Contended

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.price_level import Reached
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.feeds.feed import Beat, FeedKey, Mark
    from pregao.wire.heartbeat_v1 import HeartbeatV1

WANTED = "wanted_"
"""Begins a bridge's attribute that tells until when a symbol's quotes are wanted."""


@cache
def _state() -> TypeAdapter[FeedState]:
    from pydantic import TypeAdapter

    return TypeAdapter(FeedState)  # made when first used: detect and heartbeat read no state


class FeedBook:
    """flow.ports.feeds.FeedBook over DynamoDB."""

    def __init__(self, client: Any, table: str, ledger: Ledger | None = None, shards: int = 1) -> None:
        self._client = client
        self._table = table
        self._marks = FeedMarks(client, table, shards)
        self._ledger = ledger
        """None for callers that only write marks."""

    def read(self) -> Feeds:
        """Return all of it; see flow.ports.feeds."""
        rows = self._marks.rows()
        kinds: dict[str, list[dict[str, Any]]] = {"SEEN": [], "BRIDGE": [], "STATE": []}
        for row in rows:
            kinds[row["sk"].partition("#")[0]].append(row)
        states = [_state().validate_json(row["feed"]) for row in kinds["STATE"]]
        return Feeds(
            _seen(kinds["SEEN"]), [_beat(row) for row in kinds["BRIDGE"]], {s.key: s for s in states}
        )

    def heard(self) -> set[FeedKey]:
        """Return whatever came lately; see flow.ports.feeds."""
        return self._marks.names()

    def keep_note(self, now: float) -> None:
        """Note where the marks stand; see flow.ports.feeds."""
        self._marks.keep_note(now)

    def mark(self, mark: Mark) -> Marked:
        """Note an accepted post; see flow.ports.feeds."""
        way = _way(mark)
        if way == LIVE:
            return self._marks.mark(mark)
        self._marks.note(mark, way)
        return Marked()

    def rang(self, one: Reached) -> None:
        """Note that a level rang or has rolled; see flow.ports.feeds."""
        self._marks.rang(one)

    def beat(self, heartbeat: HeartbeatV1, now: float) -> dict[str, float]:
        """Note a heartbeat; see flow.ports.feeds. One write, which returns what is wanted of the bridge."""
        from pregao.wire.heartbeat_v1 import dump_heartbeat

        told = {":heartbeat": dump_heartbeat(heartbeat), ":at": now, ":ttl": int(now + KEPT_S)}
        before = self._client.update_item(
            TableName=self._table,
            Key=to_item(_key("BRIDGE", heartbeat.bridge_id)),
            UpdateExpression="SET heartbeat = :heartbeat, received_at = :at, #ttl = :ttl",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues=to_item(told),
            ReturnValues="ALL_OLD",
        )
        known = from_item(before.get("Attributes", {}))
        return {name.removeprefix(WANTED): at for name, at in known.items() if name.startswith(WANTED)}

    def bridges(self) -> list[Beat]:
        """Return every bridge's newest heartbeat; see flow.ports.feeds."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues=to_item({":pk": PARTITION, ":sk": "BRIDGE#"}),
        )
        return [_beat(from_item(item)) for page in pages for item in page["Items"]]

    def want(self, bridge_id: str, wanted: Mapping[str, float]) -> None:
        """Note which symbols are wanted; see flow.ports.feeds."""
        names = {f"#w{at}": WANTED + symbol for at, symbol in enumerate(wanted)}
        values = {f":w{at}": until for at, until in enumerate(wanted.values())}
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item(_key("BRIDGE", bridge_id)),
                UpdateExpression="SET " + ", ".join(f"#w{at} = :w{at}" for at in range(len(wanted))),
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=to_item(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # forgotten meanwhile

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the chain stands; see flow.ports.feeds."""
        return self._audit.tail(contract, now)

    def change(self, state: FeedState, record: Record, tail: Tail) -> bool:
        """Write a state and its record; see flow.ports.feeds."""
        appended = self._audit.append([record], tail)
        try:
            transact(self._client, [self._put(state), *appended])
        except Cancelled as cancelled:
            if 0 in cancelled.held:
                return False
            raise Contended from cancelled
        return True

    def settle(self, state: FeedState) -> bool:
        """Write a state; see flow.ports.feeds."""
        written = dict(self._put(state)["Put"])
        written.pop("ReturnValuesOnConditionCheckFailure")
        try:
            self._client.put_item(**written)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    @property
    def _audit(self) -> Ledger:
        if self._ledger is None:
            raise TypeError("a book without a ledger tells nobody anything")
        return self._ledger

    def _put(self, state: FeedState) -> Item:
        item = _key("STATE", *state.key) | {
            "feed": _state().dump_json(state).decode(),
            "counted": state.version,
        }
        if state.version == 1:
            return put(self._table, item)
        return put(self._table, item, unless="counted = :before", before=state.version - 1)


def _way(mark: Mark) -> str:
    if not mark.judged:
        return KEPT
    return PAST if mark.past else BACKFILL if mark.historical else LIVE


def _key(*parts: str) -> dict[str, Any]:
    return {"pk": PARTITION, "sk": "#".join(parts)}


def _beat(row: Mapping[str, Any]) -> Beat:
    from pregao.wire.heartbeat_v1 import load_heartbeat

    return load_heartbeat(row["heartbeat"]).beat(row["received_at"])


def _seen(rows: Iterable[Mapping[str, Any]]) -> dict[FeedKey, Seen]:
    """Join what came of each feed live and by backfill; of two marks the newer counts."""
    found: dict[FeedKey, dict[str, Seen]] = {}
    for row in sorted(rows, key=lambda one: (one["newest"], MOVED not in one)):
        _, instrument, timeframe, way = row["sk"].split("#")
        if way in (PAST, KEPT):
            continue
        one = Seen(
            instrument,
            timeframe,
            row["symbol_name"],
            row["contract"],
            row["bridge_id"],
            row["newest"],
            row["received_at"],
            row["gap_to"],
        )
        found.setdefault((instrument, timeframe), {})[way] = one
    return {key: joined(ways[LIVE], ways.get(BACKFILL)) for key, ways in found.items() if LIVE in ways}
