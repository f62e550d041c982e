"""Does a chain, a day, a row of digests hold? Every check says where it does not and what is wrong there.

The checks trust nothing they read: what no writer of ours could have written is a finding, no exception.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pregao.domain import merkle
from pregao.domain.archive import Listed
from pregao.domain.audit import CLOSE, DAY, DAYS, GENESIS, ChainName, canonical, day_after
from pregao.domain.hour_digest import HOUR, Sealed, digest_key, read_signed

_HASH = re.compile(rb'"hash":"([0-9a-f]{64})",')

Holds = Callable[[str, str, str], bool]
"""Tells whether a signature (hex) over a text is that of the public key with this fingerprint."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not hold: where, and what is wrong there."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class Entry:
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
        record = json.loads(line)
        entry = Entry(
            int(record["seq"]),
            str(record["prev_hash"]),
            str(record["hash"]),
            str(record["kind"]),
            merkle.leaf_hash(line),
            record,
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError("no record of ours can be read there") from error
    if hashlib.sha256(_hashed(line, record)).hexdigest() != entry.hash:
        raise ValueError("its content is not what its hash says: it was edited")
    return entry


def _hashed(line: bytes, record: Mapping[str, Any]) -> bytes:
    """Return the bytes that were hashed. The line without its hash is those, but for the records of days."""
    if line.count(b'"hash":"') == 1:
        return _HASH.sub(b"", line, count=1)
    return canonical({name: value for name, value in record.items() if name != "hash"})


def check_chain(name: str, entries: Sequence[Entry], behind: str = GENESIS) -> list[Finding]:
    """Check that entries in order of their number are one chain from 1, closed at most at its end."""
    findings, expected, before = [], 1, behind
    for entry in entries:
        where = f"{name} {entry.seq}"
        if entry.record.get("chain") != name:
            findings.append(Finding(where, f"it belongs to {entry.record.get('chain')!r}"))
        if entry.seq != expected:
            what = "appears twice" if entry.seq < expected else f"{entry.seq - expected} missing before it"
            findings.append(Finding(where, what))
        elif entry.prev_hash != before:
            findings.append(Finding(where, "does not follow from the record before it"))
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
    listed = told.get("chains")
    listed = listed if isinstance(listed, Mapping) else {}
    where = f"{table} {day}"
    if (told.get("kind"), told.get("table")) != (DAY, table):
        findings.append(Finding(where, "its record is no day's record of this table"))
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


def check_days(table: str, days: Mapping[str, Entry]) -> list[Finding]:
    """Check that a table's day records are one row without a gap, each behind the one before."""
    findings, before, expected = [], GENESIS, ""
    for day, entry in sorted(days.items()):
        where = f"{table} {DAYS}#{day}"
        if expected and day != expected:
            findings.append(Finding(where, f"the days from {expected} on are missing before it"))
        elif entry.prev_hash != before:
            findings.append(Finding(where, "does not follow from the day before"))
        before, expected = entry.hash, day_after(day)
    return findings


@dataclass(frozen=True, slots=True)
class Digests:
    """What the row of digests says: findings, the objects it lists by key, and the newest digest."""

    findings: Sequence[Finding]
    listed: Mapping[str, Listed]
    newest: Sealed | None


def check_digests(files: Iterable[tuple[str, bytes]], holds: Holds) -> Digests:
    """Check the digests' files (key, content): signed, in their place, one an hour, behind the last."""
    findings: list[Finding] = []
    listed: dict[str, Listed] = {}
    last: Sealed | None = None
    for key, content in sorted(files):
        try:
            signed = read_signed(content)
        except ValueError as error:
            findings.append(Finding(key, str(error)))
            continue
        digest = signed.read()
        if not holds(digest.to_sign(), signed.signature, digest.public_key):
            findings.append(Finding(key, "its signature is not that of the key at hand"))
            continue
        findings += _in_place(key, digest.key) + _behind(key, digest.start, digest.before, last)
        for one in digest.objects:
            if one.key in listed:
                findings.append(Finding(key, f"lists {one.key}, which an earlier digest lists"))
            listed[one.key] = one
        last = signed.sealed()
    return Digests(findings, listed, last)


def _in_place(key: str, said: str) -> list[Finding]:
    return [] if key == said else [Finding(key, f"was signed as {said}: it was moved or replayed")]


def _behind(key: str, start: datetime, before: Any, last: Sealed | None) -> list[Finding]:
    if last is None:
        return [Finding(key, f"follows {before.key}, which is not there")] if before else []
    missing = last.start + HOUR
    if start > missing:
        return [Finding(key, f"the digests from {digest_key(missing)} on are missing before it")]
    return [] if before == last.before else [Finding(key, "does not follow from the digest before it")]


def check_name(name: str, day: str) -> list[Finding]:
    """Check that a chain's name is one, of that day."""
    try:
        fits = ChainName.parse(name).day == day
    except ValueError:
        fits = False
    return [] if fits else [Finding(name, f"is no chain of {day}")]
