"""The feeds in the state table, all under one key, so that one query reads them.

FEEDS / SEEN#<instrument>#<timeframe>#<live, backfill, past, kept>   the newest post that came that way
FEEDS / BRIDGE#<id>                                              a bridge's newest heartbeat; wanted_<symbol>:
                                                                 until when its quotes are wanted
FEEDS / STATE#<instrument>#<timeframe>                           what the desk was told

The table's stream hands each SEEN to the ticker, its candles with it. The live one has the operators' price
levels as well: see level_items.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, from_item, put, to_item, transact
from pregao.aws.tables.level_items import LEVEL, LEVELS, RANG, armed_on, copies, levels_of, live_mark
from pregao.domain.alerts.price_level import ArmedLevel, Crossing, Marked
from pregao.domain.feeds.feed import KEPT_S, Feeds, FeedState, Seen, joined
from pregao.flow.ports.refusals import Contended
from pregao.wire.price_level_v1 import dump_level
from pregao.wire.ticks_v1 import dump_candles

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.price_level import Reached
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.feeds.feed import Beat, FeedKey, Mark
    from pregao.wire.heartbeat_v1 import HeartbeatV1

PARTITION = "FEEDS"
CONFLICTS = 3
"""So often a mark is written again at once; then the bridge posts again."""
WANTED = "wanted_"
"""Begins a bridge's attribute that tells until when a symbol's quotes are wanted."""
LIVE, BACKFILL, PAST, KEPT = "live", "backfill", "past", "kept"

_MARK = (
    "SET newest = :newest, contract = :contract, symbol_name = :symbol, bridge_id = :bridge,"
    " received_at = :at, candles = :candles, #ttl = :ttl, gap_to = if_not_exists(gap_to, :before)"
)
_UNLESS_LATE = {
    "ConditionExpression": "attribute_not_exists(newest) OR newest <= :newest",
    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
}


@cache
def _state() -> TypeAdapter[FeedState]:
    from pydantic import TypeAdapter

    return TypeAdapter(FeedState)  # made when first used: detect and heartbeat read no state


class FeedBook:
    """flow.ports.feeds.FeedBook over DynamoDB."""

    def __init__(self, client: Any, table: str, ledger: Ledger | None = None) -> None:
        self._client = client
        self._table = table
        self._heard: set[FeedKey] = set()
        """Feeds whose live posts this process has marked."""
        self._ledger = ledger
        """None for callers that only write marks."""

    def read(self) -> Feeds:
        """Return all of it; see flow.ports.feeds."""
        rows = self._rows()
        kinds: dict[str, list[dict[str, Any]]] = {"SEEN": [], "BRIDGE": [], "STATE": []}
        for row in rows:
            kinds[row["sk"].partition("#")[0]].append(row)
        states = [_state().validate_json(row["feed"]) for row in kinds["STATE"]]
        return Feeds(
            _seen(kinds["SEEN"]), [_beat(row) for row in kinds["BRIDGE"]], {s.key: s for s in states}
        )

    def heard(self) -> set[FeedKey]:
        """Return whatever came lately; see flow.ports.feeds."""
        names = [row["sk"].split("#") for row in self._rows()]
        return {(one[1], one[2]) for one in names if one[0] == "SEEN"}

    def mark(self, mark: Mark) -> Marked:
        """Note an accepted post; see flow.ports.feeds."""
        way = _way(mark)
        values = {
            ":newest": mark.newest,
            ":contract": mark.contract,
            ":symbol": mark.symbol,
            ":bridge": mark.bridge_id,
            ":at": mark.received_at,
            ":before": mark.before or 0,
            ":candles": dump_candles(mark.candles),
            ":ttl": int(mark.received_at + KEPT_S),
        }
        try:
            before = self._write_mark(
                TableName=self._table,
                Key=to_item(_key("SEEN", mark.instrument, mark.timeframe, way)),
                UpdateExpression=_MARK,
                **({} if mark.past else _UNLESS_LATE),
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues=to_item(values),
                ReturnValues="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as late:
            held = from_item(late.response.get("Item", {}))
            return self._marked(mark, way, held)  # late or repeated: what came after it counts
        known = from_item(before.get("Attributes", {}))
        last = known.get("newest")
        if not mark.past and last is not None and mark.before is not None and last < mark.before:
            self._left_out(mark, way)
        return self._marked(mark, way, known)

    def _write_mark(self, **update: Any) -> Item:
        """Write a mark, again where an operator's change of a level is being committed to it."""
        for _ in range(CONFLICTS):
            try:
                return dict(self._client.update_item(**update))
            except self._client.exceptions.TransactionConflictException:
                continue
        return dict(self._client.update_item(**update))

    def rang(self, one: Reached) -> None:
        """Note that a level rang or has rolled; see flow.ports.feeds."""
        level, at = one.level, one.candle.time
        names = {"#level": LEVEL + level.id, "#rang": RANG + level.id}
        if one.own.crossing is Crossing.ROLLED:
            change, condition = "REMOVE #level, #rang", "#level = :level"
            values: dict[str, Any] = {":level": dump_level(level)}
        else:
            change, values = "SET #rang = :at", {":at": at}
            condition = "attribute_exists(#level) AND (attribute_not_exists(#rang) OR #rang < :at)"
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item(live_mark((level.instrument, level.timeframe))),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames={name: names[name] for name in names if name in change + condition},
                ExpressionAttributeValues=to_item(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # noted already, or its owner has changed it meanwhile

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

    def _left_out(self, mark: Mark, way: str) -> None:
        """Note that candles before a post have not come: the second call of a rare post."""
        self._client.update_item(
            TableName=self._table,
            Key=to_item(_key("SEEN", mark.instrument, mark.timeframe, way)),
            UpdateExpression="SET gap_to = :gap",
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues=to_item({":gap": mark.before}),
        )

    def _marked(self, mark: Mark, way: str, known: Item) -> Marked:
        """Return the feed's levels: those of the mark that its live posts write.

        A mark that was not there has none: it is the feed's first, or the one before has expired. Then a
        process's first post of the feed copies them from their owners' lists.
        """
        if way != LIVE:
            return Marked()
        feed = (mark.instrument, mark.timeframe)
        heard = feed in self._heard
        self._heard.add(feed)
        if known or heard:
            return Marked(armed_on(known), known.get("newest", 0))
        owned = [one for row in self._rows(LEVELS) for one in levels_of(row)]
        levels = [one for one in owned if (one.instrument, one.timeframe) == feed and not one.paused]
        if levels:
            key = to_item(live_mark(feed))
            self._client.update_item(TableName=self._table, Key=key, **copies(levels))
        return Marked(tuple(ArmedLevel(one) for one in levels))

    def _rows(self, partition: str = PARTITION) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": partition}),
            ConsistentRead=True,
        )
        return [from_item(item) for page in pages for item in page["Items"]]

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
    """Join what came of each feed live and by backfill."""
    found: dict[FeedKey, dict[str, Seen]] = {}
    for row in rows:
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
