"""Price levels in the state table: each operator's own list, and a copy of each armed one on its feed's mark.

LEVELS / <audit id>                          all levels of an operator; `counted` counts the changes
FEEDS / SEEN#<instrument>#<timeframe>#live   level_<id>: an armed level; rang_<id>: the candle it rang on last
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import to_item
from pregao.domain.alerts.price_level import ArmedLevel
from pregao.wire.price_level_v1 import dump_level, load_level, load_levels

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.price_level import PriceLevel
    from pregao.domain.feeds.feed import FeedKey

LEVELS = "LEVELS"
LEVEL, RANG = "level_", "rang_"


def live_mark(feed: FeedKey) -> dict[str, str]:
    """Return the key of the mark that a feed's live posts write."""
    return {"pk": "FEEDS", "sk": f"SEEN#{feed[0]}#{feed[1]}#live"}


def armed_on(mark: Item) -> tuple[ArmedLevel, ...]:
    """Return the levels on a mark."""
    names = (name for name in mark if name.startswith(LEVEL))
    return tuple(
        ArmedLevel(load_level(mark[name]), mark.get(RANG + name.removeprefix(LEVEL))) for name in names
    )


def levels_of(row: Item) -> list[PriceLevel]:
    """Return an operator's levels."""
    return load_levels(row["levels"]) if row else []


def copies(levels: Iterable[PriceLevel], gone: Iterable[str] = ()) -> dict[str, Any]:
    """Return the arguments of an update that puts these levels on a mark and takes those off (by id).

    Empty where there is nothing to change.
    """
    set_ = {LEVEL + one.id: dump_level(one) for one in levels}
    names = {f"#l{at}": name for at, name in enumerate(set_)}
    values = {f":l{at}": text for at, text in enumerate(set_.values())}
    off = {f"#g{at}": name for at, name in enumerate(kind + one for one in gone for kind in (LEVEL, RANG))}
    lines = ["SET " + ", ".join(f"#l{at} = :l{at}" for at in range(len(set_)))] if set_ else []
    lines += ["REMOVE " + ", ".join(off)] if off else []
    if not lines:
        return {}
    change: dict[str, Any] = {"UpdateExpression": " ".join(lines), "ExpressionAttributeNames": names | off}
    return change | ({"ExpressionAttributeValues": to_item(values)} if values else {})
