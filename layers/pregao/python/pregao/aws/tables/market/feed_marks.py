"""Writes and finds the feeds' marks in the state table; what a mark is: mark_items.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.alerts.level_items import CHANGED, LEVEL, LEVELS, RANG, copied, copies, levels_of
from pregao.aws.tables.dynamo import Cancelled, check, from_item, to_item, transact
from pregao.aws.tables.market.mark_items import (
    COUNTS,
    GONE,
    HISTORY,
    LIVE,
    MARK,
    MOVED,
    NOT_LATER,
    NOTE,
    PARTITION,
    UNFILLED,
    Found,
    attributes_of,
    counts_in,
    key_of,
    leaves_out,
    left,
    marked,
    noted_as,
    unchanged,
    values_of,
    written,
)
from pregao.aws.tables.shards import at_once, partition
from pregao.domain.alerts.price_level import ArmedLevel, Crossing, Marked
from pregao.domain.feeds.feed import KEPT_S
from pregao.flow.ports.refusals import Contended
from pregao.wire.price_level_v1 import dump_level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.price_level import PriceLevel, Reached
    from pregao.domain.feeds.feed import FeedKey, Mark

TRIES = 4
"""So often a mark is written at once; then the bridge posts again."""
NOTED_EVERY_S = 86_400
"""How old a note of a number of partitions may get; what it stands for is written on and on."""


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
        noted = next((row for row in rows if row["sk"] == NOTE["sk"]), {})
        self._in_use = counts_in(noted)
        most = max(self._in_use, default=1)
        if most > self._shards:
            rows += self._read(range(self._shards, most))
        return [row for row in rows if row["sk"] != NOTE["sk"]]

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
        return check(self._table, NOTE, "attribute_not_exists(pk)")

    def note(self, mark: Mark, way: str) -> None:
        """Write the mark of a post that was not live."""
        unless = {} if mark.past else {"ConditionExpression": NOT_LATER}
        try:
            self._update(self._key((mark.instrument, mark.timeframe), way), MARK, values_of(mark), **unless)
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
                MARK,
                values_of(mark),
                ConditionExpression=COUNTS,
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
            return marked(held)
        known = from_item(before["Attributes"])
        if leaves_out(mark, known):
            self._update(
                key, "SET gap_to = :gap", {":gap": mark.before}, ConditionExpression="attribute_exists(pk)"
            )
        return marked(known)

    def _placed(self, mark: Mark, own: Found) -> Marked:
        """Write a mark where none counts: a feed's first, or its first after the number changed."""
        feed = (mark.instrument, mark.timeframe)
        found = self._elsewhere(feed, own)
        if found and found.item["newest"] > mark.newest:
            return marked(found.item)
        if not self._noted:  # before the first mark stands there, so that every reader looks there
            self._note(mark.received_at)
            self._noted = True
        return self._move(mark, own, found) if found else self._begin(mark, own)

    def _begin(self, mark: Mark, own: Found) -> Marked:
        """Write a feed's first mark, then copy its levels from their owners' lists.

        In this order: who sets a level meanwhile either is in the list by then or finds the mark. A process
        with another number of partitions may begin the same feed at this moment: one of the two does.
        """
        item = {**attributes_of(mark), "gap_to": mark.before or 0, UNFILLED: True}
        counts = {1, *counts_in(self._get(NOTE))}
        others = _others((mark.instrument, mark.timeframe), own, counts)
        still = [
            check(self._table, NOTE, noted_as(counts)),
            *(check(self._table, one, GONE) for one in others),
        ]
        try:
            transact(self._client, [{"Put": written(self._table, own, item)}, *still])
        except Cancelled as raced:
            raise Contended from raced
        return Marked(tuple(self._fill(mark, Found(own.key, item))))

    def _move(self, mark: Mark, own: Found, old: Found) -> Marked:
        """Write a mark with what the old one knows, and say on the old one that it moved."""
        known = old.item
        levels = [ArmedLevel(one, known.get(RANG + one.id)) for one in self._listed(mark)]
        item = {
            **attributes_of(mark),
            "gap_to": mark.before if leaves_out(mark, known) else known["gap_to"],
            CHANGED: known.get(CHANGED),
            **copied(levels),
        }
        gone = [name for name in known if name == "candles" or name.startswith((LEVEL, RANG))]
        gone_from = left(self._table, old, gone)
        try:
            transact(self._client, [{"Put": written(self._table, own, item)}, gone_from])
        except Cancelled as raced:
            raise Contended from raced
        return Marked(tuple(levels), known["newest"])

    def _fill(self, mark: Mark, own: Found) -> list[ArmedLevel]:
        levels = self._listed(mark)
        change = copies(levels, also_remove=UNFILLED)
        condition, values = unchanged(own.item)
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
        keys = _others(feed, own, {1, *counts_in(self._get(NOTE))})
        items = zip(keys, at_once(self._get, keys), strict=True)
        found = [Found(key, item) for key, item in items if item and MOVED not in item]
        return max(found, key=lambda one: one.item["newest"], default=None)

    def _key(self, feed: FeedKey, way: str) -> dict[str, str]:
        return key_of(feed, way, self._shards)

    def _note(self, at: float | None, gone: Iterable[int] = ()) -> None:
        lines = [f"SET n{self._shards} = :at"] if at is not None else []
        lines += ["REMOVE " + ", ".join(f"n{one}" for one in gone)] if gone else []
        values = {"ExpressionAttributeValues": to_item({":at": at})} if at is not None else {}
        self._client.update_item(
            TableName=self._table, Key=to_item(NOTE), UpdateExpression=" ".join(lines), **values
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


def _others(feed: FeedKey, own: Found, counts: Iterable[int]) -> list[dict[str, str]]:
    """Return where else a feed's live mark may stand with these numbers of partitions."""
    places = {key_of(feed, LIVE, one)["pk"] for one in counts} - {own.key["pk"]}
    return [{**own.key, "pk": pk} for pk in sorted(places)]
