"""DynamoDB's request units from item sizes, as its developer guide counts them.

A write is billed by the larger of the item before and after, in whole KB, twice in a transaction. Every
index whose key the item has is written too: once when it comes, goes or changes there, twice when its key
changes. Indices are counted once also in a transaction: the guide does not say, and nobody has measured it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

Item = Mapping[str, Any]
"""In DynamoDB's own form: {"pk": {"S": "..."}, ...}."""


@dataclass(frozen=True)
class Index:
    """Its key, and the attributes that stand in it; None for all."""

    keys: Sequence[str]
    projected: frozenset[str] | None = None


WRITE_BYTES = 1024
READ_BYTES = 4096
ROW_BYTES = 100
"""What storage is billed beside an item's own bytes, in the table and in each index."""


def item_size(item: Item) -> int:
    """Bytes of an item: its names and its values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "S":
            return len(held.encode())
        case "N":
            return ceil(len(held.lstrip("-").replace(".", "").strip("0")) / 2) + 1 + held.startswith("-")
        case "M":
            return 3 + len(held) + item_size(held)
        case "L":
            return 3 + len(held) + sum(map(_value_size, held))
        case "SS":
            return sum(len(one.encode()) for one in held)
        case "B":
            return len(held)
        case "BOOL" | "NULL":
            return 1
    raise ValueError(f"no size known for an attribute of type {kind}")


def read_units(items: Sequence[Item], *, consistent: bool) -> float:
    """Units of one request that read these items: half as many when it need not be consistent."""
    return max(1, ceil(sum(map(item_size, items)) / READ_BYTES)) * (1 if consistent else 0.5)


def write_units(before: Item | None, after: Item | None, *, transaction: bool) -> int:
    """Units of a write to a table itself."""
    return max(1, _kilobytes(before), _kilobytes(after)) * (2 if transaction else 1)


def index_units(index: Index, before: Item | None, after: Item | None) -> int:
    """Units of what a write does to an index; none where the key is missing or nothing projected changes."""
    old, new = _indexed(index, before), _indexed(index, after)
    if old and new and any(old[key] != new[key] for key in index.keys):
        return _kilobytes(old) + _kilobytes(new)
    return max(_kilobytes(old), _kilobytes(new)) if old != new else 0


def kept_bytes(indices: Sequence[Index], item: Item) -> int:
    """Bytes of storage that an item takes, in its table and in the indices it stands in."""
    places = [item, *filter(None, (_indexed(index, item) for index in indices))]
    return sum(item_size(one) + ROW_BYTES for one in places)


def _indexed(index: Index, item: Item | None) -> Item | None:
    if not item or not all(key in item for key in index.keys):
        return None
    return {name: value for name, value in item.items() if index.projected is None or name in index.projected}


def _kilobytes(item: Item | None) -> int:
    return ceil(item_size(item) / WRITE_BYTES) if item else 0
