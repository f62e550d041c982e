"""One day of one table, verified: its objects read line by line, its chains, the record that ends it."""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pregao.domain.audit import merkle
from pregao.domain.audit.archive_objects import KeyParts, read_key
from pregao.domain.audit.chain import CLOSE, DAYS, ChainName
from pregao.domain.audit.closed_days import read_closed
from pregao.domain.audit.verification import (
    End,
    Entry,
    Finding,
    as_written,
    check_chain,
    check_day,
    end_of,
    read_line,
)

LARGEST = 1 << 30
"""Bytes of an unpacked object; ours are a thousandth of that."""
SAID = 20
"""Lines of one object that are told of; behind them it is not read any further."""
GZIP = 31  # zlib's word for: with a gzip header


@dataclass(frozen=True, slots=True)
class DayResult:
    """What one day of one table says: findings, how many records, its own day record."""

    table: str
    day: str
    findings: Sequence[Finding]
    records: int
    own: Entry | None


def read_day(
    folder: Path, objects: Mapping[str, str | None], late: str = ""
) -> tuple[dict[str, list[Entry]], list[Finding]]:
    """Read a day's objects; returns the records of each chain, in no order, and what is wrong with them.

    Each object comes with the Merkle root by which a digest lists it, None where none does; of those, one
    whose records were all written before `late` (as in a record) should have been listed.
    """
    findings: list[Finding] = []
    chains: dict[str, list[Entry]] = defaultdict(list)
    for key, root in objects.items():
        parts = read_key(key)
        if not parts:
            continue
        entries, wrong = _read_file(folder, key, parts, root)
        chains[parts.chain] += entries
        findings += wrong
        if root is None:
            written = max((str(one.record.get("recorded_at")) for one in entries), default=late)
            if written < late:
                findings.append(Finding(key, f"no digest lists it, though it was written at {written}"))
    return chains, findings


def judge_day(
    table: str, day: str, chains: Mapping[str, list[Entry]], findings: Sequence[Finding] = ()
) -> DayResult:
    """Check the chains of a day against each other and against the day's record, where there is one."""
    found, ends = list(findings), dict[str, End | None]()
    own: Entry | None = None
    for name, entries in sorted(chains.items()):
        entries.sort(key=lambda entry: entry.seq)
        if ChainName.parse(name).contract == DAYS:
            own = entries[0] if entries else own
            found += _check_own(name, day, entries)
        else:
            found += check_chain(name, entries)
            closed = bool(entries) and entries[-1].kind == CLOSE
            ends[name] = end_of(entries) if closed else None
    if own:
        found += check_day(table, day, own.record, ends)
    return DayResult(table, day, found, sum(map(len, chains.values())), own)


def _check_own(name: str, day: str, entries: Sequence[Entry]) -> list[Finding]:
    """Check the chain of a day's own record; what it must follow is checked where all days are at hand."""
    if not entries:
        return []
    alone = [] if name == f"{DAYS}#{day}" and len(entries) == 1 else [Finding(name, "a day has one record")]
    return alone + check_chain(name, entries, entries[0].prev_hash)


def _read_file(
    folder: Path, key: str, parts: KeyParts, root: str | None
) -> tuple[list[Entry], list[Finding]]:
    plain = _content(folder, key)
    if plain is None:
        return [], [Finding(key, "cannot be unpacked")]
    return read_object(key, parts, plain, root)


def _content(folder: Path, key: str) -> bytes | None:
    try:
        with open(f"{folder}/{key}", "rb") as file:  # noqa: PTH123 a million of them
            return _unpacked(file.read())
    except (OSError, ValueError, zlib.error):
        return None


def _unpacked(content: bytes) -> bytes:
    """Unpack one gzip member of a sane size with nothing behind it; raises ValueError and zlib.error."""
    unpacker = zlib.decompressobj(GZIP)
    plain = unpacker.decompress(content, LARGEST)
    if not unpacker.eof or unpacker.unused_data:
        raise ValueError("cut short, too large, or with something behind it")
    return plain


def read_object(
    key: str, parts: KeyParts, plain: bytes, root: str | None
) -> tuple[list[Entry], list[Finding]]:
    """Read an object's records; what is wrong with it, with its place or with a line of it, is a finding.

    Objects not yet in a digest must also be in canonical JSON form, line by line.
    """
    entries, findings = _read_lines(key, plain, vouched=root is not None)
    findings += _placed(key, parts, plain, entries)
    if root is not None and root != merkle.root_of([one.leaf for one in entries]).hex():
        findings.append(Finding(key, "its content is not what the digest says"))
    return entries, findings


def read_part(folder: Path, key: str, *, vouched: bool) -> tuple[list[Entry], list[Finding]]:
    """Read the records of a closed day's object; what is wrong with it or with a line of it is a finding.

    The hash in its name is the one that a digest lists where one does: then it is `vouched` for.
    """
    parts = read_closed(key)
    plain = _content(folder, key)
    if plain is None or parts is None:
        return [], [Finding(key, "cannot be unpacked")]
    if hashlib.sha256(plain).hexdigest() != parts.sha256:
        return _read_lines(key, plain, vouched=False)[0], [
            Finding(key, "its content is not what its name says")
        ]
    entries, findings = _read_lines(key, plain, vouched=vouched)
    if len(entries) != parts.last - parts.first + 1 and not findings:
        findings.append(Finding(key, "its records are not those that its name says"))
    return entries, findings


def _read_lines(key: str, plain: bytes, *, vouched: bool) -> tuple[list[Entry], list[Finding]]:
    findings: list[Finding] = []
    entries = []
    for number, line in enumerate(plain.removesuffix(b"\n").split(b"\n"), start=1):
        try:
            entry = read_line(line)
        except ValueError as error:
            findings.append(Finding(f"{key} line {number}", str(error)))
            if len(findings) >= SAID:
                break
            continue
        if not vouched and not as_written(entry, line):
            findings.append(Finding(f"{key} line {number}", "is not written as any record of ours is"))
        entries.append(entry)
    return entries, findings


def _placed(key: str, parts: KeyParts, plain: bytes, entries: Sequence[Entry]) -> list[Finding]:
    findings = []
    if hashlib.sha256(plain).hexdigest() != parts.sha256:
        findings.append(Finding(key, "its content is not what its name says"))
    numbers = [one.seq for one in entries]
    others = [one for one in entries if one.record.get("instrument") != parts.instrument]
    whole = len(numbers) == parts.last - parts.first + 1
    if others or not whole or numbers != list(range(parts.first, parts.first + len(numbers))):
        findings.append(Finding(key, "its records are not those that its name says"))
    return findings
