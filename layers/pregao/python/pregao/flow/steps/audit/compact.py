"""Closed days of the archive, each put together into one object per table.

A day is closed for a table when its own record is in the archive: that comes after everything it lists, so
nothing is added to the day any more. What is put together are the small objects that signed digests list,
held to their hashes; whatever has become of the tables since changes nothing. The next digest lists the new
object.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pregao.domain.audit.archive_objects import Listed, read_key
from pregao.domain.audit.chain import DAYS, TABLES, ChainName, day_after
from pregao.domain.audit.closed_days import in_order, incomplete, next_part, pack
from pregao.domain.audit.hourly_digest import HOUR, digest_key, hour_of, read_signed
from pregao.flow.ports.audit import ArchiveBook, Closed, Vault
from pregao.flow.ports.refusals import OutOfTime
from pregao.flow.steps.in_time import Failures, TimeLeft

PART_S = 120.0
"""One object put together, where every call takes its longest."""
FARTHEST = 3_660
"""Days before the first closed day among which the archive's first day is looked for."""


class ChangedArchive(Exception):
    """The archive does not hold what its digests list. The verification tells where."""


@dataclass(frozen=True, slots=True)
class Compaction:
    """What the step works with; `clock` gives epoch seconds."""

    book: ArchiveBook
    vault: Vault
    clock: Callable[[], float]


def compact_days(deps: Compaction, time: TimeLeft) -> int:
    """Put the closed days together that are not yet, the oldest first; returns how many objects were written.

    What there is no time for is the next run's. A table goes no further than a day that fails; the other
    tables do. Raises an ExceptionGroup after all had their turn, or where there was no time for any.
    """
    count, failures, stopped = 0, Failures(), set[str]()
    for day, tables in failures.each(_due(deps), PART_S, time):
        going = [table for table in tables if table not in stopped]
        objects: Mapping[str, list[Listed]] = {}
        with failures.kept():
            objects = _listed(day, going, deps) if going else {}
        for table in going:
            stopped.add(table)  # unless it comes to the day's end
            with failures.kept():
                if ordered := _ended(table, day, objects.get(table, ()), deps.vault):
                    count += _compact(table, day, ordered, deps, time)
                    stopped.discard(table)
    failures.tell(f"not every closed day is compacted, {count} objects were written")
    return count


def _due(deps: Compaction) -> Sequence[tuple[str, list[str]]]:
    """Return the days that are archived whole and not compacted, each with its tables."""
    due: dict[str, list[str]] = defaultdict(list)
    for table in TABLES:
        whole = deps.book.whole(table)
        day = _first(table, whole, deps) if whole else ""
        while whole and day <= whole:
            due[day].append(table)
            day = day_after(day)
    return sorted(due.items())


def _first(table: str, whole: str, deps: Compaction) -> str:
    """Return the first day that is not compacted whole.

    Before there is any, that is the archive's first: the day records are one row without a gap.
    """
    closed = deps.book.closed(table)
    if closed:
        return day_after(closed.day) if closed.upto == closed.of else closed.day
    days = [day_after(whole, -back) for back in range(FARTHEST, -1, -1)]

    def archived(day: str) -> bool:
        return deps.book.place(table, str(ChainName(DAYS, day))).upto > 0

    if not archived(whole):
        return day_after(whole)
    return days[bisect_left(days, True, key=archived)]


def _listed(day: str, tables: Collection[str], deps: Compaction) -> Mapping[str, list[Listed]]:
    """Return the day's objects by table, as digests list them, up to the one that lists the day's record."""
    found: dict[str, list[Listed]] = defaultdict(list)
    own, hour = str(ChainName(DAYS, day)), datetime.fromisoformat(f"{day}T00:00+00:00") - HOUR
    last, missing = deps.book.sealed(hour_of(deps.clock()) - 2 * HOUR).start, set(tables)
    while hour <= last and missing:
        for one in _objects(hour, deps.vault):
            if ChainName.parse(one.chain).day == day and read_key(one.key):
                found[one.table].append(one)
                missing -= {one.table} if one.chain == own else set()
        hour += HOUR
    return found


def _objects(hour: datetime, vault: Vault) -> Sequence[Listed]:
    """Return what an hour's digest lists; nothing of an hour before the first digest."""
    try:
        return read_signed(vault.get(digest_key(hour))).read().objects
    except KeyError:
        return ()


def _ended(table: str, day: str, objects: Sequence[Listed], vault: Vault) -> Sequence[Listed]:
    """Return a day's objects in order, none while the day's own record waits for its digest.

    Raises ChangedArchive where they are not all that the day's record tells of.
    """
    ordered = in_order(objects)
    if not ordered or ordered[-1].chain != str(ChainName(DAYS, day)):
        return ()
    own = json.loads(_lines(ordered[-1:], vault))
    counts = {name: one["count"] + 1 for name, one in own["chains"].items()} | {own["chain"]: 1}
    if chain := incomplete(ordered, counts):
        raise ChangedArchive(f"{table} {day}: the digests do not list all records of {chain}")
    return ordered


def _compact(table: str, day: str, ordered: Sequence[Listed], deps: Compaction, time: TimeLeft) -> int:
    """Write what is left of a day; returns how many objects. The same records are the same object each time.

    Raises OutOfTime where the next object must wait for the next run.
    """
    closed, count, of = deps.book.closed(table), 0, sum(one.count for one in ordered)
    upto = closed.upto if closed and closed.day == day else 0
    while upto < of:
        if count and not time.for_more(PART_S):
            raise OutOfTime(f"{table} {day} is compacted up to record {upto} of {of}; the next run goes on")
        packed = pack(table, day, _lines(next_part(ordered, upto), deps.vault), upto, of)
        deps.vault.put(packed.listed.key, packed.body)
        deps.book.compacted(packed.listed, Closed(day, packed.listed.last, of), deps.clock())
        upto, count = packed.listed.last, count + 1
    return count


def _lines(objects: Sequence[Listed], vault: Vault) -> bytes:
    """Return the lines of small objects; raises ChangedArchive where they are not what a digest lists."""
    lines = []
    for one, body in zip(objects, vault.get_all([one.key for one in objects]), strict=True):
        plain = gzip.decompress(body)
        if hashlib.sha256(plain).hexdigest() != one.sha256:
            raise ChangedArchive(f"{one.key} is not what its digest lists")
        lines.append(plain)
    return b"".join(lines)
