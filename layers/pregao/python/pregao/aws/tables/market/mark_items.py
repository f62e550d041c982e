"""A feed's mark in the state table: its key, its attributes, and the writes of it.

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

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.alerts.level_items import CHANGED, armed_on
from pregao.aws.tables.dynamo import put, to_item
from pregao.aws.tables.shards import partition, shard_of
from pregao.domain.alerts.price_level import Marked
from pregao.domain.feeds.feed import KEPT_S
from pregao.wire.ticks_v1 import dump_candles

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pregao.aws.tables.dynamo import Item
    from pregao.domain.feeds.feed import FeedKey, Mark

PARTITION, HISTORY = "FEEDS", "FEEDS_HISTORY"
LIVE, BACKFILL, PAST, KEPT = "live", "backfill", "past", "kept"
MOVED, UNFILLED = "moved", "unfilled"
NOTE = {"pk": PARTITION, "sk": "SHARDS"}
MARK = (
    "SET newest = :newest, contract = :contract, symbol_name = :symbol, bridge_id = :bridge,"
    " received_at = :at, candles = :candles, #ttl = :ttl, gap_to = if_not_exists(gap_to, :before)"
)
NOT_LATER = "attribute_not_exists(newest) OR newest <= :newest"
COUNTS = f"newest <= :newest AND attribute_not_exists({MOVED}) AND attribute_not_exists({UNFILLED})"

GONE = f"attribute_not_exists(pk) OR attribute_exists({MOVED})"
"""The condition that no mark counts in a place."""
MOST = 16
"""Partitions that there may be."""


@dataclass(frozen=True, slots=True)
class Found:
    """A live mark that counts, and where it stands."""

    key: Mapping[str, str]
    item: Mapping[str, Any]


def key_of(feed: FeedKey, way: str, shards: int) -> dict[str, str]:
    """Return the key of a feed's mark of a way."""
    name = PARTITION if way in (LIVE, BACKFILL) else HISTORY
    return {"pk": partition(name, shard_of(feed[0], shards)), "sk": "#".join(("SEEN", *feed, way))}


def counts_in(noted: Mapping[str, Any]) -> dict[int, float]:
    """Return by number of partitions when it was last noted."""
    return {int(name[1:]): at for name, at in noted.items() if name.startswith("n") and name[1:].isdecimal()}


def noted_as(counts: Collection[int]) -> str:
    """Return the condition that these numbers of partitions are noted and no other."""
    return " AND ".join(
        f"attribute_{'exists' if one in counts else 'not_exists'}(n{one})" for one in range(2, MOST + 1)
    )


def values_of(mark: Mark) -> dict[str, Any]:
    """Return the values of MARK."""
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


def attributes_of(mark: Mark) -> dict[str, Any]:
    """Return what MARK writes, but for `gap_to`, as an item's attributes."""
    return {
        "newest": mark.newest,
        "contract": mark.contract,
        "symbol_name": mark.symbol,
        "bridge_id": mark.bridge_id,
        "received_at": mark.received_at,
        "candles": dump_candles(mark.candles),
        "ttl": int(mark.received_at + KEPT_S),
    }


def written(table: str, own: Found, item: Item) -> dict[str, Any]:
    """Return the write of a mark where none counts: there is none, or one that has moved away."""
    unless = f"attribute_exists({MOVED})" if own.item else "attribute_not_exists(pk)"
    written = dict(put(table, {**own.key, **item}, unless=unless)["Put"])
    written.pop("ReturnValuesOnConditionCheckFailure")
    return written


def left(table: str, old: Found, gone: Sequence[str]) -> Item:
    """Return the write that says of a mark that it moved, if it is still as it was read."""
    condition, values = unchanged(old.item)
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


def unchanged(item: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the condition that nobody has changed a mark's levels since it was read, and its values."""
    if CHANGED in item:
        return f"{CHANGED} = :changed", {":changed": item[CHANGED]}
    return f"attribute_not_exists({CHANGED})", {}


def marked(known: Mapping[str, Any]) -> Marked:
    """Return what a mark says to a post, as it was before that."""
    return Marked(armed_on(known), known.get("newest", 0))


def leaves_out(mark: Mark, known: Mapping[str, Any]) -> bool:
    """Tell whether candles between the mark before and a post have not come."""
    return mark.before is not None and known["newest"] < mark.before
