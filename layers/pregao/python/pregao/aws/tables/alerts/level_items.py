"""Price levels in the state table: each operator's own list, and a copy of each armed one on its feed's mark.

LEVELS / <audit id>                   all levels of an operator; `counted` counts the changes
a live mark (market/mark_items.py)    level_<id>: an armed level; rang_<id>: the candle it rang on last;
                                      `changed` counts the changes of them
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

LEVELS = "LEVELS"
LEVEL, RANG, CHANGED = "level_", "rang_", "changed"


def armed_on(mark: Item) -> tuple[ArmedLevel, ...]:
    """Return the levels on a mark."""
    names = (name for name in mark if name.startswith(LEVEL))
    return tuple(
        ArmedLevel(load_level(mark[name]), mark.get(RANG + name.removeprefix(LEVEL))) for name in names
    )


def levels_of(row: Item) -> list[PriceLevel]:
    """Return an operator's levels."""
    return load_levels(row["levels"]) if row else []


def copied(levels: Iterable[ArmedLevel]) -> dict[str, Any]:
    """Return the attributes of a mark that has these levels."""
    some = list(levels)
    there = {LEVEL + one.level.id: dump_level(one.level) for one in some}
    return there | {RANG + one.level.id: one.rang for one in some if one.rang is not None}


def copies(
    levels: Iterable[PriceLevel], gone: Iterable[str] = (), also_remove: str | None = None
) -> dict[str, Any]:
    """Return the arguments of an update that puts these levels on a mark and takes those off (by id)."""
    set_ = {LEVEL + one.id: dump_level(one) for one in levels}
    names = {f"#l{at}": name for at, name in enumerate(set_)}
    values = {f":l{at}": text for at, text in enumerate(set_.values())}
    removed = [kind + one for one in gone for kind in (LEVEL, RANG)] + ([also_remove] if also_remove else [])
    off = {f"#g{at}": name for at, name in enumerate(removed)}
    lines = ["SET " + ", ".join(f"#l{at} = :l{at}" for at in range(len(set_)))] if set_ else []
    lines += ["REMOVE " + ", ".join(off)] if off else []
    change: dict[str, Any] = {"UpdateExpression": " ".join([*lines, f"ADD {CHANGED} :once"])}
    if names or off:
        change["ExpressionAttributeNames"] = names | off
    return change | {"ExpressionAttributeValues": to_item(values | {":once": 1})}
