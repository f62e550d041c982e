"""The feeds' marks in the state table, in as many partitions as `scale.shards` says.

FEEDS, FEEDS#1, ... / SEEN#<instrument>#<timeframe>#<live, backfill>   the newest post that came that way
FEEDS_HISTORY, ... / SEEN#<instrument>#<timeframe>#<past, kept>        the same, of history
FEEDS / SHARDS   n<count>: when marks were last known to be written to so many partitions; absent for one

History stands apart: a mark of it may hold two thousand candles, and nobody needs it each minute.

An instrument's partition is `shards.shard_of` its name. A feed has one live mark that counts. Where the
number of partitions has changed, the feed's next live post moves it, with the operators' levels, in one
transaction. The old one stays until its TTL, `moved`, so that whoever reads meanwhile finds one of the two.
`changed` counts the changes of a mark's levels, so that none is lost while it moves; `unfilled` says that a
new mark has not got its levels from their owners' lists yet.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, Item, check, from_item, put, to_item, transact
from pregao.aws.tables.level_items import (
    CHANGED,
    LEVEL,
    LEVELS,
    RANG,
    armed_on,
    copied,
    copies,
    levels_of,
)
from pregao.aws.tables.shards import at_once, partition, shard_of
from pregao.domain.alerts.price_level import ArmedLevel, Crossing, Marked, PriceLevel, Reached
from pregao.domain.feeds.feed import KEPT_S, FeedKey, Mark
from pregao.flow.ports.refusals import Contended
from pregao.wire.price_level_v1 import dump_level
from pregao.wire.ticks_v1 import dump_candles

if TYPE_CHECKING:
    from collections.abc import Iterable

PARTITION, HISTORY = "FEEDS", "FEEDS_HISTORY"
SHARDS = "SHARDS"
LIVE, BACKFILL, PAST, KEPT = "live", "backfill", "past", "kept"
MOVED, UNFILLED = "moved", "unfilled"
TRIES = 4
"""So often a mark is written at once; then the bridge posts again."""
NOTED_EVERY_S = 86_400
"""How old a note of a number of partitions may get; what it stands for is written on and on."""

_MARK = (
    "SET newest = :newest, contract = :contract, symbol_name = :symbol, bridge_id = :bridge,"
    " received_at = :at, candles = :candles, #ttl = :ttl, gap_to = if_not_exists(gap_to, :before)"
)
_NOT_LATER = "attribute_not_exists(newest) OR newest <= :newest"
_COUNTS = f"newest <= :newest AND attribute_not_exists({MOVED}) AND attribute_not_exists({UNFILLED})"


@dataclass(frozen=True, slots=True)
class Found:
    """A live mark that counts, and where it stands."""

    key: Mapping[str, str]
    item: Mapping[str, Any]


class FeedMarks:
    """Writes and finds the marks; `shards` is how many partitions are written to."""

    def __init__(self, client: Any, table: str, shards: int = 1) -> None:
        self._client = client
        self._table = table
        self._shards = shards
        self.several = shards > 1
        """Whether marks stand in several partitions; where not, they may have lately."""
        self._noted = shards == 1
        self._in_use: Mapping[int, float] = {}
        """When marks were last written to how many partitions, as the last reading of all rows found it."""

    def rows(self) -> list[dict[str, Any]]:
        """Return the marks and what stands beside them, those of another number of partitions too."""
        rows = self._read(range(self._shards))
        noted = next((row for row in rows if row["sk"] == SHARDS), {})
        self._in_use = _counts(noted)
        most = max(self._in_use, default=1)
        if most > self._shards:
            rows += self._read(range(self._shards, most))
        return [row for row in rows if row["sk"] != SHARDS]

    def names(self) -> set[FeedKey]:
        """Return of which feeds something came lately, history too."""
        found = [row["sk"] for row in self.rows()]
        most = max(self._shards, *self._in_use, 1)
        for some in at_once(self._sort_keys, [partition(HISTORY, at) for at in range(most)]):
            found += some
        parts = [sk.split("#") for sk in found]
        return {(one[1], one[2]) for one in parts if one[0] == "SEEN"}

    def _read(self, shards: Sequence[int]) -> list[dict[str, Any]]:
        return [
            row for some in at_once(self._rows, [partition(PARTITION, at) for at in shards]) for row in some
        ]

    def keep_note(self, now: float) -> None:
        """Note once a day how many partitions are in use, and forget a number whose marks have expired.

        Call it after `rows`.
        """
        gone = [
            one
            for one, at in self._in_use.items()
            if one != self._shards and now - at > KEPT_S + 2 * NOTED_EVERY_S
        ]
        due = self._shards > 1 and now - self._in_use.get(self._shards, 0.0) > NOTED_EVERY_S
        if due or gone:
            self._note(now if due else None, gone)

    def place_of(self, feed: FeedKey) -> dict[str, str]:
        """Return the key under which a feed's live mark is written."""
        return self._key(feed, LIVE)

    def find(self, feed: FeedKey, *, everywhere: bool = True) -> Found | None:
        """Return the live mark of a feed that counts, None for a feed without one.

        Where it is not in its place, and nothing there says that it has moved, it is looked for `everywhere`
        or not at all.
        """
        own = Found(self.place_of(feed), self._get(self.place_of(feed)))
        if own.item and MOVED not in own.item:
            return own
        return self._elsewhere(feed, own) if own.item or everywhere else None

    def nowhere_else(self) -> Item:
        """Return a transaction's check that marks have never stood in any but one partition."""
        return check(self._table, _NOTE, "attribute_not_exists(pk)")

    def note(self, mark: Mark, way: str) -> None:
        """Write the mark of a post that was not live."""
        unless = {} if mark.past else {"ConditionExpression": _NOT_LATER}
        try:
            self._update(self._key((mark.instrument, mark.timeframe), way), _MARK, _values(mark), **unless)
        except self._client.exceptions.ConditionalCheckFailedException:
            return  # late or repeated: what came after it counts

    def mark(self, mark: Mark) -> Marked:
        """Write a live post's mark; returns the feed's levels, also where the post is late or repeated.

        One call where the mark stands in its place. Raises Contended where others change it all the time.
        """
        for _ in range(TRIES - 1):
            try:
                return self._mark(mark)
            except (Contended, self._client.exceptions.TransactionConflictException):
                continue  # an operator's change of a level is being committed to it, or it is being moved
        return self._mark(mark)

    def rang(self, one: Reached) -> None:
        """Note on a feed's mark that a level rang or has rolled; one that is not there any more is fine."""
        feed = (one.level.instrument, one.level.timeframe)
        own = self._key(feed, LIVE)
        held = self._rang(own, one)
        if held is None or (held and MOVED not in held):
            return
        found = self._elsewhere(feed, Found(own, held))
        if found:
            self._rang(found.key, one)

    def _mark(self, mark: Mark) -> Marked:
        key = self._key((mark.instrument, mark.timeframe), LIVE)
        try:
            before = self._update(
                key,
                _MARK,
                _values(mark),
                ConditionExpression=_COUNTS,
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as failed:
            held = from_item(failed.response.get("Item", {}))
            if not held or MOVED in held:
                return self._placed(mark, Found(key, held))
            if UNFILLED in held:
                self._fill(mark, Found(key, held))
                raise Contended from failed  # whole by now: once more
            return _marked(held)
        known = from_item(before["Attributes"])
        if _leaves_out(mark, known):
            self._update(
                key, "SET gap_to = :gap", {":gap": mark.before}, ConditionExpression="attribute_exists(pk)"
            )
        return _marked(known)

    def _placed(self, mark: Mark, own: Found) -> Marked:
        """Write a mark where none counts: a feed's first, or its first after the number changed."""
        feed = (mark.instrument, mark.timeframe)
        found = self._elsewhere(feed, own)
        if found and found.item["newest"] > mark.newest:
            return _marked(found.item)
        if not self._noted:  # before the first mark stands there, so that every reader looks there
            self._note(mark.received_at)
            self._noted = True
        return self._move(mark, own, found) if found else self._begin(mark, own)

    def _begin(self, mark: Mark, own: Found) -> Marked:
        """Write a feed's first mark, then copy its levels from their owners' lists.

        In this order: who sets a level meanwhile either is in the list by then or finds the mark.
        """
        item = {**_item(mark), "gap_to": mark.before or 0, UNFILLED: True}
        try:
            self._client.put_item(**_put(self._table, own, item))
        except self._client.exceptions.ConditionalCheckFailedException as raced:
            raise Contended from raced
        return Marked(tuple(self._fill(mark, Found(own.key, item))))

    def _move(self, mark: Mark, own: Found, old: Found) -> Marked:
        """Write a mark with what the old one knows, and say on the old one that it moved."""
        known = old.item
        levels = [ArmedLevel(one, known.get(RANG + one.id)) for one in self._listed(mark)]
        item = {
            **_item(mark),
            "gap_to": mark.before if _leaves_out(mark, known) else known["gap_to"],
            CHANGED: known.get(CHANGED),
            **copied(levels),
        }
        gone = [name for name in known if name == "candles" or name.startswith((LEVEL, RANG))]
        left = _left(self._table, old, gone)
        try:
            transact(self._client, [{"Put": _put(self._table, own, item)}, left])
        except Cancelled as raced:
            raise Contended from raced
        return Marked(tuple(levels), known["newest"])

    def _fill(self, mark: Mark, own: Found) -> list[ArmedLevel]:
        levels = self._listed(mark)
        change = copies(levels, also_remove=UNFILLED)
        condition, values = _unchanged(own.item)
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item(own.key),
                ConditionExpression=f"attribute_exists({UNFILLED}) AND {condition}",
                **change
                | {"ExpressionAttributeValues": {**change["ExpressionAttributeValues"], **to_item(values)}},
            )
        except self._client.exceptions.ConditionalCheckFailedException as raced:
            raise Contended from raced
        return [ArmedLevel(one) for one in levels]

    def _listed(self, mark: Mark) -> list[PriceLevel]:
        """Return the feed's armed levels by their owners' lists."""
        feed = (mark.instrument, mark.timeframe)
        owned = [one for row in self._rows(LEVELS) for one in levels_of(row)]
        return [one for one in owned if (one.instrument, one.timeframe) == feed and not one.paused]

    def _rang(self, key: Mapping[str, str], one: Reached) -> dict[str, Any] | None:
        """Note it on this mark; returns None once it is noted, else the item that kept it from being so."""
        level, at = one.level, one.candle.time
        names = {"#level": LEVEL + level.id, "#rang": RANG + level.id}
        if one.own.crossing is Crossing.ROLLED:
            change, condition = "REMOVE #level, #rang", "#level = :level"
            values: dict[str, Any] = {":level": dump_level(level)}
        else:
            change, values = "SET #rang = :at", {":at": at}
            condition = "attribute_exists(#level) AND (attribute_not_exists(#rang) OR #rang < :at)"
        change += f" ADD {CHANGED} :once"
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item(key),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeNames={name: names[name] for name in names if name in change + condition},
                ExpressionAttributeValues=to_item(values | {":once": 1}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as failed:
            return from_item(failed.response.get("Item", {}))
        return None

    def _elsewhere(self, feed: FeedKey, own: Found) -> Found | None:
        """Return the mark that counts, looked for wherever this feed's may stand but in its place."""
        counts = {1, *_counts(self._get(_NOTE))}
        places = {self._key(feed, LIVE, one)["pk"] for one in counts} - {own.key["pk"]}
        keys = [{**own.key, "pk": pk} for pk in sorted(places)]
        items = zip(keys, at_once(self._get, keys), strict=True)
        found = [Found(key, item) for key, item in items if item and MOVED not in item]
        return max(found, key=lambda one: one.item["newest"], default=None)

    def _key(self, feed: FeedKey, way: str, shards: int | None = None) -> dict[str, str]:
        name = PARTITION if way in (LIVE, BACKFILL) else HISTORY
        shard = shard_of(feed[0], shards or self._shards)
        return {"pk": partition(name, shard), "sk": "#".join(("SEEN", *feed, way))}

    def _note(self, at: float | None, gone: Iterable[int] = ()) -> None:
        lines = [f"SET n{self._shards} = :at"] if at is not None else []
        lines += ["REMOVE " + ", ".join(f"n{one}" for one in gone)] if gone else []
        values = {"ExpressionAttributeValues": to_item({":at": at})} if at is not None else {}
        self._client.update_item(
            TableName=self._table, Key=to_item(_NOTE), UpdateExpression=" ".join(lines), **values
        )

    def _update(self, key: Mapping[str, str], change: str, values: Item, **more: Any) -> dict[str, Any]:
        names = {"ExpressionAttributeNames": {"#ttl": "ttl"}} if "#ttl" in change else {}
        return dict(
            self._client.update_item(
                TableName=self._table,
                Key=to_item(key),
                UpdateExpression=change,
                ExpressionAttributeValues=to_item(values),
                **names,
                **more,
            )
        )

    def _get(self, key: Mapping[str, str]) -> dict[str, Any]:
        found = self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True)
        return from_item(found.get("Item", {}))

    def _rows(self, pk: str, **more: Any) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": pk}),
            ConsistentRead=True,
            **more,
        )
        return [from_item(item) for page in pages for item in page["Items"]]

    def _sort_keys(self, pk: str) -> list[str]:
        return [row["sk"] for row in self._rows(pk, ProjectionExpression="sk")]


_NOTE = {"pk": PARTITION, "sk": SHARDS}


def _counts(noted: Mapping[str, Any]) -> dict[int, float]:
    """Return by number of partitions when it was last noted."""
    return {int(name[1:]): at for name, at in noted.items() if name.startswith("n") and name[1:].isdecimal()}


def _values(mark: Mark) -> dict[str, Any]:
    return {
        ":newest": mark.newest,
        ":contract": mark.contract,
        ":symbol": mark.symbol,
        ":bridge": mark.bridge_id,
        ":at": mark.received_at,
        ":before": mark.before or 0,
        ":candles": dump_candles(mark.candles),
        ":ttl": int(mark.received_at + KEPT_S),
    }


def _item(mark: Mark) -> dict[str, Any]:
    return {
        "newest": mark.newest,
        "contract": mark.contract,
        "symbol_name": mark.symbol,
        "bridge_id": mark.bridge_id,
        "received_at": mark.received_at,
        "candles": dump_candles(mark.candles),
        "ttl": int(mark.received_at + KEPT_S),
    }


def _put(table: str, own: Found, item: Item) -> dict[str, Any]:
    """Return the write of a mark where none counts: there is none, or one that has moved away."""
    unless = f"attribute_exists({MOVED})" if own.item else "attribute_not_exists(pk)"
    written = dict(put(table, {**own.key, **item}, unless=unless)["Put"])
    written.pop("ReturnValuesOnConditionCheckFailure")
    return written


def _left(table: str, old: Found, gone: Sequence[str]) -> Item:
    """Return the write that says of a mark that it moved, if it is still as it was read."""
    condition, values = _unchanged(old.item)
    names = {f"#g{at}": name for at, name in enumerate(gone)}
    change = f"SET {MOVED} = :moved REMOVE {', '.join([*names, UNFILLED])}"
    return {
        "Update": {
            "TableName": table,
            "Key": to_item(old.key),
            "UpdateExpression": change,
            "ConditionExpression": f"newest = :newest AND attribute_not_exists({MOVED}) AND {condition}",
            "ExpressionAttributeValues": to_item({":moved": True, ":newest": old.item["newest"], **values}),
            **({"ExpressionAttributeNames": names} if names else {}),
        }
    }


def _unchanged(item: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the condition that nobody has changed a mark's levels since it was read, and its values."""
    if CHANGED in item:
        return f"{CHANGED} = :changed", {":changed": item[CHANGED]}
    return f"attribute_not_exists({CHANGED})", {}


def _marked(known: Mapping[str, Any]) -> Marked:
    return Marked(armed_on(known), known.get("newest", 0))


def _leaves_out(mark: Mark, known: Mapping[str, Any]) -> bool:
    """Tell whether candles between the mark before and a post have not come."""
    return mark.before is not None and known["newest"] < mark.before
