"""A closed day of a table in one object: the lines of its small objects, put together.

``closed/table=acao_operador_audit/year=2026/month=11/day=25/000000001-000000412.000000412.<sha256>.jsonl.gz``
holds the records 1 to 412 of the day's 412: chain after chain by name, the day's own record last. A day
that is too large for one object has several, cut where a small object ends; they are the day when they are
all there. A day without an alert has one too, with its own record in it. The small objects stay where they
are.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pregao.domain.audit import merkle
from pregao.domain.audit.archive_objects import Listed, Stretch
from pregao.domain.audit.chain import DAYS, TABLES, ChainName

PREFIX = "closed/"
CLOSED = "_closed"
"""Stands for a contract where a digest names the chain of such an object."""
RECORDS_AT_MOST, OBJECTS_AT_MOST = 50_000, 5_000
"""What one object is made from: some 35 MB of lines, a minute of reading."""
_KEY = re.compile(
    rf"{PREFIX}table=(?P<table>{'|'.join(TABLES)})/year=(?P<year>20\d\d)/month=(?P<month>\d\d)/day=(?P<day>\d\d)"
    r"/(?P<first>\d{9})-(?P<last>\d{9})\.(?P<of>\d{9})\.(?P<sha256>[0-9a-f]{64})\.jsonl\.gz",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class ClosedKey:
    """What the name of a closed day's object says: records `first` to `last` of the day's `of`."""

    table: str
    day: str
    first: int
    last: int
    of: int
    sha256: str

    @property
    def said(self) -> tuple[str, str, int, int, str]:
        """What a digest says of the object, too."""
        return self.table, _chain(self.day), self.first, self.last, self.sha256


def read_closed(key: str) -> ClosedKey | None:
    """Return what the name of a closed day's object says, None where it is no such name."""
    found = _KEY.fullmatch(key)
    if not found:
        return None
    day = f"{found['year']}-{found['month']}-{found['day']}"
    try:
        date.fromisoformat(day)
    except ValueError:
        return None
    first, last, of = (int(found[name]) for name in ("first", "last", "of"))
    return ClosedKey(found["table"], day, first, last, of, found["sha256"])


def whole_days(keys: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Return the objects of the days (table, day) that are there whole, in their order.

    Objects that overlap, or of which some are missing, are no day: it is read from its small objects then.
    """
    found: dict[tuple[str, str], list[tuple[ClosedKey, str]]] = defaultdict(list)
    for key in keys:
        if parts := read_closed(key):
            found[parts.table, parts.day].append((parts, key))
    ordered = {day: sorted(some, key=lambda one: (one[0].first, one[1])) for day, some in found.items()}
    return {day: [key for _, key in some] for day, some in ordered.items() if _is_whole([p for p, _ in some])}


def _is_whole(parts: Sequence[ClosedKey]) -> bool:
    ends = [0, *(one.last for one in parts)]
    follow = all(one.first == end + 1 <= one.last for one, end in zip(parts, ends, strict=False))
    return follow and {one.of for one in parts} == {ends[-1]}


def in_order(objects: Iterable[Listed]) -> list[Listed]:
    """Return a day's small objects in the order of their records in the day's object."""
    return sorted(
        objects, key=lambda one: (ChainName.parse(one.chain).contract == DAYS, one.chain, one.first)
    )


def next_part(ordered: Sequence[Listed], after: int) -> Sequence[Listed]:
    """Return the small objects, at least one, that follow the day's first `after` records in one object."""
    start = passed = 0
    while passed < after:
        passed += ordered[start].count
        start += 1
    end, count = start + 1, ordered[start].count
    while end < len(ordered) and end - start < OBJECTS_AT_MOST:
        count += ordered[end].count
        if count > RECORDS_AT_MOST:
            break
        end += 1
    return ordered[start:end]


def incomplete(objects: Iterable[Listed], counts: Mapping[str, int]) -> str:
    """Return the first chain whose objects are not all its records, empty where they are.

    `counts` are the records of each chain as the day's own record tells them, closes included.
    """
    ends: dict[str, int] = defaultdict(int)
    for one in in_order(objects):
        if one.first != ends[one.chain] + 1:
            return one.chain
        ends[one.chain] = one.last
    return min((name for name in {*ends, *counts} if ends.get(name) != counts.get(name)), default="")


def pack(table: str, day: str, plain: bytes, after: int, of: int) -> Stretch:
    """Pack lines that follow the day's first `after` records of `of`."""
    lines = plain.removesuffix(b"\n").split(b"\n")
    sha256 = hashlib.sha256(plain).hexdigest()
    first, last = after + 1, after + len(lines)
    year, month, date_of = day.split("-")
    key = (
        f"{PREFIX}table={table}/year={year}/month={month}/day={date_of}"
        f"/{first:09d}-{last:09d}.{of:09d}.{sha256}.jsonl.gz"
    )
    listed = Listed(key, table, _chain(day), first, last, sha256, merkle.root(lines).hex())
    return Stretch(listed, gzip.compress(plain, mtime=0))


def _chain(day: str) -> str:
    return str(ChainName(CLOSED, day))
