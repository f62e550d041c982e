"""Append-only records: canonical form, and the chain that ties each one to the one before.

A chain is the sequence of records of one table, contract and UTC day, numbered from 1; record n carries the
hash of record n - 1, so an edit, a gap or a swap shows. After the day a `close` record ends it with its count
and its Merkle root; nothing follows a close. A `day` record per table lists the ends of all its chains of a
day, also when there were none, and carries the hash of the day before: a chain or a day left out shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from pregao.domain.audit import merkle

GENESIS = "0" * 64
CLOSE = "close"
"""The kind of the record that ends a chain."""
DAY = "day"
"""The kind of the record that ends a table's day."""
DAYS = "_days"
"""Stands for a contract in the chains of day records."""
ALERTAS, ENTREGA, ACAO = "alertas_audit", "entrega_audit", "acao_operador_audit"
TABLES = (ALERTAS, ENTREGA, ACAO)
"""What was judged, attempted, decided; a second stack in an account puts a prefix before the names."""

Record = Mapping[str, Any]
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_AS_IT_IS = {str, int, bool}
_EXACT = 2.0**53
"""Below it a whole float is the number it is written as."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The last link of a chain: its name, its number from 1 and its hash; number 0 before the first."""

    chain: str
    seq: int = 0
    hash: str = GENESIS

    @classmethod
    def of(cls, record: Record) -> Tail:
        """Return the tail of a chain whose newest record this one is."""
        return cls(record["chain"], record["seq"], record["hash"])


@dataclass(frozen=True, slots=True)
class ChainName:
    """The parts of ``WINZ26#2026-11-23`` or ``WINZ26#2026-11-23#fallback``.

    Writers that would race for a contract's chain name a `lane` and get one of their own.
    """

    contract: str
    day: str
    lane: str = ""

    @classmethod
    def parse(cls, text: str) -> ChainName:
        """Read a name; raises ValueError."""
        contract, day, *lane = text.split("#")
        date.fromisoformat(day)
        if not contract or len(lane) > 1:
            raise ValueError(f"{text!r} is no chain's name")
        return cls(contract, day, *lane)

    def __str__(self) -> str:
        return f"{self.contract}#{self.day}" + (f"#{self.lane}" if self.lane else "")


def day_after(day: str, days: int = 1) -> str:
    """Return the calendar day so many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


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
    return _ENCODER.encode(_plain(record)).encode()


def line(record: Record) -> bytes:
    """Return a linked record as a line of the archive: its canonical form with its hash."""
    return canonical(record)


def link(records: Sequence[Record], tail: Tail) -> tuple[list[dict[str, Any]], Tail]:
    """Chain records behind a tail; returns the linked records and the new tail. Their day is the chain's.

    A record that says that it has none (`day` None) is in no index by day; its chain's name still tells it.
    """
    linked: list[dict[str, Any]] = []
    day = ChainName.parse(tail.chain).day
    for record in records:
        place = {"chain": tail.chain, "seq": tail.seq + 1, "prev_hash": tail.hash}
        own = {} if record.get("day", day) is None else {"day": day}
        body = {**_body(record), **own, **place}
        digest = hashlib.sha256(canonical(body)).hexdigest()
        linked.append({**body, "hash": digest})
        tail = Tail(tail.chain, tail.seq + 1, digest)
    return linked, tail


def close_record(records: Sequence[Record], now: float) -> dict[str, Any]:
    """Return the record that ends a chain of at least one: how many they are, and their Merkle root."""
    last = records[-1]
    return {
        "kind": CLOSE,
        "instrument": last["instrument"],
        "contract": last["contract"],
        "recorded_at": stamp(now),
        "count": len(records),
        "root": merkle.root(line(one) for one in records).hex(),
    }


def day_record(table: str, ends: Mapping[str, Record], now: float) -> dict[str, Any]:
    """Return the record that ends a table's day; `ends` holds the close of every chain by its name."""
    return {
        "kind": DAY,
        "instrument": DAYS,
        "contract": DAYS,
        "recorded_at": stamp(now),
        "table": table,
        "chains": {
            name: {"count": one["count"], "root": one["root"], "hash": one["hash"]}
            for name, one in sorted(ends.items())
        },
    }


def broken_at(
    records: Sequence[Record], *, behind: str | None = None, until: str | None = None
) -> int | None:
    """Return the index of the first record that does not follow from the one before, None when all do.

    `records` is one whole chain in order of `seq`. `behind` is the hash its first record must follow, that of
    the day before in a chain of day records, `until` the hash its last one must have (what the day record
    says): a chain cut short is broken at its end. None where it is not known.
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
    """Return JSON's own values; seven years are sixteen million records, hence the short ways out."""
    kind = type(value)
    if kind in _AS_IT_IS or (kind is float and not value.is_integer()):
        return value
    if kind is float and -_EXACT < value < _EXACT:
        return int(value)
    if isinstance(value, Mapping):
        return {
            key if type(key) is str else str(key): item if type(item) in _AS_IT_IS else _plain(item)
            for key, item in value.items()
            if item is not None
        }
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        value = Decimal(float.__repr__(value))  # as the store keeps it, also beyond 2**53
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value
