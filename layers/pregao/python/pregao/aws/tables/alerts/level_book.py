"""The operators' price levels in the state table; see level_items.py for the keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.alerts.level_items import LEVELS, armed_on, copies, levels_of
from pregao.aws.tables.dynamo import Cancelled, check, from_item, put, to_item, transact
from pregao.aws.tables.market.mark_items import GONE, MOVED
from pregao.flow.ports.levels import FeedNow, Owned
from pregao.flow.ports.refusals import Contended
from pregao.wire.price_level_v1 import dump_levels
from pregao.wire.ticks_v1 import load_candles

if TYPE_CHECKING:
    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.aws.tables.dynamo import Item
    from pregao.aws.tables.market.feed_marks import FeedMarks
    from pregao.domain.alerts.price_level import PriceLevel
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.feeds.feed import FeedKey


class LevelBook:
    """flow.ports.levels.LevelBook over DynamoDB."""

    def __init__(self, client: Any, table: str, ledger: Ledger, marks: FeedMarks) -> None:
        self._client = client
        self._table = table
        self._ledger = ledger
        self._marks = marks
        self._stand: dict[FeedKey, Mapping[str, str]] = {}
        """Where a feed's mark stood when it was read last."""
        self._everywhere = marks.several
        """Whether marks may stand in several partitions; a change finds out that they did lately."""

    def owned(self, owner: str) -> Owned:
        """Return an operator's levels; see flow.ports.levels."""
        row = self._get(_key(owner))
        return Owned(row.get("counted", 0), tuple(levels_of(row)))

    def feeds(self, keys: Iterable[FeedKey]) -> Mapping[FeedKey, FeedNow]:
        """Return how feeds stand; see flow.ports.levels."""
        found = {one: self._marks.find(one, everywhere=self._everywhere) for one in keys}
        self._stand |= {one: mark.key for one, mark in found.items() if mark}
        return {one: _now(mark.item) for one, mark in found.items() if mark}

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the chain stands; see flow.ports.levels."""
        return self._ledger.tail(contract, now)

    def change(
        self,
        owner: str,
        before: Owned,
        after: Sequence[PriceLevel],
        known: Iterable[FeedKey],
        record: Record,
        tail: Tail,
    ) -> None:
        """Write list, copies and record; see flow.ports.levels."""
        item = {**_key(owner), "levels": dump_levels(list(after)), "counted": before.version + 1}
        if before.version:
            own = put(self._table, item, unless="counted = :before", before=before.version)
        else:
            own = put(self._table, item)
        marks = self._copied(before.levels, after, set(known))
        appended = self._ledger.append([record], tail)
        try:
            transact(self._client, [own, *marks, *appended])
        except Cancelled as cancelled:
            self._everywhere = True
            raise Contended from cancelled

    def _copied(
        self, before: Sequence[PriceLevel], after: Sequence[PriceLevel], known: set[FeedKey]
    ) -> list[Item]:
        """Return how the marks are changed, and that a feed without one still has none."""
        armed, were = _armed(after), _armed(before)
        new = [one for one in armed.values() if were.get(one.id) != one]
        gone = [one for one in were.values() if one.id not in armed]
        actions: list[Item] = []
        for feed in dict.fromkeys((one.instrument, one.timeframe) for one in (*new, *gone)):
            if feed not in known:
                actions.append(check(self._table, self._marks.place_of(feed), GONE))
                continue
            mine = [[one for one in some if (one.instrument, one.timeframe) == feed] for some in (new, gone)]
            change = copies(mine[0], (one.id for one in mine[1]))
            counts = f"attribute_exists(pk) AND attribute_not_exists({MOVED})"
            there = {
                "Key": to_item(self._stand.get(feed, self._marks.place_of(feed))),
                "ConditionExpression": counts,
            }
            actions.append({"Update": {"TableName": self._table, **there, **change}})
        looked = self._everywhere or all("Update" in one for one in actions)
        return actions if looked else [*actions, self._marks.nowhere_else()]

    def _get(self, key: Mapping[str, str]) -> dict[str, Any]:
        found = self._client.get_item(TableName=self._table, Key=to_item(key), ConsistentRead=True)
        return from_item(found.get("Item", {}))


def _key(owner: str) -> dict[str, str]:
    return {"pk": LEVELS, "sk": owner}


def _armed(levels: Iterable[PriceLevel]) -> dict[str, PriceLevel]:
    return {one.id: one for one in levels if not one.paused}


def _now(mark: Item) -> FeedNow:
    candles = load_candles(mark["candles"])
    armed = {one.level.id: one for one in armed_on(mark)}
    return FeedNow(mark["contract"], candles[-1].close if candles else None, armed)
