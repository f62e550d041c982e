"""Does a chain hold, a day, the row of days? Every check says where it does not and what is wrong there.

The checks trust nothing they read: what no writer of ours could have written is a finding, no exception.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pregao.domain.audit import merkle
from pregao.domain.audit.chain import CLOSE, DAY, DAYS, GENESIS, canonical, day_after

_HASH = b'"hash":"'
_JSON = json.JSONDecoder()

NO_RECORD = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What reading something raises that none of our writers wrote."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: where, and what is wrong there.

    `unproved` is one that tells of no change: what would prove it is not at hand. `absent` is one of what
    lies before the first or after the last day of a folder: it may be a copy of some days.
    """

    where: str
    what: str
    unproved: bool = False
    absent: bool = False


class Entry(NamedTuple):
    """A line of a chain, read: its number, its links, its kind and the hash of its leaf."""

    seq: int
    prev_hash: str
    hash: str
    kind: str
    leaf: bytes
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class End:
    """Where a chain ends, as its day's record tells it: records before the close, their root, its hash."""

    count: int
    root: str
    hash: str


def read_line(line: bytes) -> Entry:
    """Read a line and check it against its own hash; raises ValueError saying what is wrong."""
    try:
        record, end = _JSON.raw_decode(text := line.decode())
        seq, prev_hash, own_hash = record["seq"], record["prev_hash"], record["hash"]
        entry = Entry(seq, prev_hash, own_hash, record["kind"], merkle.leaf_hash(line), record)
        hashed = _hashed(line, record, own_hash)
    except NO_RECORD as error:
        raise ValueError("no record of ours can be read there") from error
    if end != len(text) or type(seq) is not int or not isinstance(prev_hash, str):
        raise ValueError("no record of ours is numbered and tied like that")
    if hashlib.sha256(hashed).hexdigest() != own_hash:
        raise ValueError("its content is not what its hash says: it was edited")
    return entry


def as_written(entry: Entry, line: bytes) -> bool:
    """Tell whether a line has the form that its record is written in: no name twice, no number otherwise.

    A record that says one thing to this reader and another to the next has not.
    """
    try:
        return canonical(entry.record) == line
    except NO_RECORD:
        return False


def _hashed(line: bytes, record: Mapping[str, Any], own_hash: str) -> bytes:
    """Return the bytes that were hashed: the line without its hash, where that stands there but once."""
    before, _, behind = line.partition(mark := f'"hash":"{own_hash}",'.encode())
    if line.count(_HASH) == 1 and len(mark) + len(before) + len(behind) == len(line):
        return before + behind
    return canonical({name: value for name, value in record.items() if name != "hash"})


def check_chain(name: str, entries: Sequence[Entry], behind: str = GENESIS) -> list[Finding]:
    """Check that entries in order of their number are one chain from 1, closed at most at its end."""
    findings, expected, before = [], 1, behind
    for entry in entries:
        if entry.record.get("chain") != name:
            findings.append(Finding(f"{name} {entry.seq}", f"it belongs to {entry.record.get('chain')!r}"))
        if entry.seq != expected:
            what = "appears twice" if entry.seq < expected else f"{entry.seq - expected} missing before it"
            findings.append(Finding(f"{name} {entry.seq}", what))
        elif entry.prev_hash != before:
            findings.append(Finding(f"{name} {entry.seq}", "does not follow from the record before it"))
        expected, before = entry.seq + 1, entry.hash
    return findings + _after_close(name, entries)


def _after_close(name: str, entries: Sequence[Entry]) -> list[Finding]:
    closed = next((at for at, one in enumerate(entries) if one.kind == CLOSE), None)
    if closed is None:
        return []
    findings = [
        Finding(f"{name} {one.seq}", "stands behind the chain's close") for one in entries[closed + 1 :]
    ]
    close, end = entries[closed].record, end_of(entries[: closed + 1])
    if (close.get("count"), close.get("root")) != (end.count, end.root):
        findings.append(Finding(f"{name} {entries[closed].seq}", "closes other records than these"))
    return findings


def end_of(entries: Sequence[Entry]) -> End:
    """Return where a chain ends whose last entry is its close."""
    root = merkle.root_of([one.leaf for one in entries[:-1]]).hex()
    return End(len(entries) - 1, root, entries[-1].hash)


def check_day(table: str, day: str, told: Mapping[str, Any], ends: Mapping[str, End | None]) -> list[Finding]:
    """Check a day's record against the chains that are there; `ends` is None for one that is not closed."""
    findings = []
    chains = told.get("chains")
    listed = chains if isinstance(chains, Mapping) else {}
    if (told.get("kind"), told.get("table")) != (DAY, table) or listed is not chains:
        findings.append(Finding(f"{table} {day}", "its record is no day's record of this table"))
    for name in sorted(set(listed) | set(ends)):
        if name not in ends:
            findings.append(Finding(f"{table} {name}", "the chain is gone; its day's record lists it"))
        elif name not in listed:
            findings.append(Finding(f"{table} {name}", "the chain is not in its day's record"))
        elif ends[name] is None:
            findings.append(
                Finding(f"{table} {name}", "its end is cut off; its day's record says it was closed")
            )
        elif listed[name] != _plain(ends[name]):
            findings.append(Finding(f"{table} {name}", "it ends otherwise than its day's record says"))
    return findings


def _plain(end: End | None) -> dict[str, Any]:
    return {"count": end.count, "root": end.root, "hash": end.hash} if end else {}


def check_days(table: str, days: Mapping[str, Entry], behind: str | None = GENESIS) -> list[Finding]:
    """Check that a table's day records are one row without a gap, each behind the one before.

    The first follows `behind`, None where that is not known.
    """
    findings, expected = [], ""
    before = behind if behind is not None else days[min(days)].prev_hash if days else ""
    for day, entry in sorted(days.items()):
        where = f"{table} {DAYS}#{day}"
        if expected and day != expected:
            findings.append(Finding(where, f"the days from {expected} on are missing before it"))
        elif entry.prev_hash != before:
            findings.append(Finding(where, "does not follow from the day before"))
        before, expected = entry.hash, day_after(day)
    return findings
