"""Append-only records: canonical form, and the chain that ties each one to the one before.

A chain is the sequence of records of one table, contract and UTC day. Record n carries the hash of record
n - 1, the first of a day that of the last record before it, so an edit, a gap or a swap shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

GENESIS = "0" * 64

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tail:
    """The last link of a chain: its name, its number from 1 and its hash; number 0 before the first."""

    chain: str
    seq: int = 0
    hash: str = GENESIS


def chain_name(contract: str, now: float) -> str:
    """Name the chain that a record written at `now` (epoch seconds) belongs to: ``WINZ26#2026-11-23``."""
    return f"{contract}#{day_of(now)}"


def day_of(now: float) -> str:
    """Return the UTC calendar day, ``2026-11-23``."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")


def stamp(now: float) -> str:
    """Return ISO 8601 UTC to the microsecond: sorts as text in the order of time."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="microseconds")


def canonical(record: Record) -> bytes:
    """Return the bytes that are hashed: JSON, keys sorted, no spaces, whole numbers without a fraction.

    A record read back from DynamoDB (numbers as Decimal) gives the same bytes as the one written.
    """
    plain = _plain(record)
    return json.dumps(
        plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def link(records: Sequence[Record], tail: Tail) -> tuple[list[dict[str, Any]], Tail]:
    """Chain records behind a tail; returns the linked records and the new tail."""
    linked: list[dict[str, Any]] = []
    for record in records:
        body = {**_body(record), "chain": tail.chain, "seq": tail.seq + 1, "prev_hash": tail.hash}
        digest = hashlib.sha256(canonical(body)).hexdigest()
        linked.append({**body, "hash": digest})
        tail = Tail(tail.chain, tail.seq + 1, digest)
    return linked, tail


def broken_at(
    records: Sequence[Record], *, behind: str | None = None, until: str | None = None
) -> int | None:
    """Return the index of the first record that does not follow from the one before, None when all do.

    `records` is one whole chain in order of `seq`. `behind` is the hash its first record must follow (the
    last of the day before), `until` the hash its last one must have (what the next day follows, or the
    ledger's head): a chain cut short is broken at its end. None where it is not known.
    """
    before = behind
    for index, record in enumerate(records):
        follows = before is None or record.get("prev_hash") == before
        if record.get("seq") != index + 1 or not follows or not _intact(record):
            return index
        before = record["hash"]
    return len(records) if until is not None and before != until else None


def _intact(record: Record) -> bool:
    try:
        return hashlib.sha256(canonical(_body(record))).hexdigest() == record.get("hash")
    except (TypeError, ValueError, OverflowError):
        return False  # holds what no record was ever written with


def _body(record: Record) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "hash"}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        value = Decimal(float.__repr__(value))  # as the store keeps it, also beyond 2**53
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
