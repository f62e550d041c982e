"""An archive, or a folder copied from it, held against itself and its digests.

What is attested, to who has the public key: every record in an object that a digest lists; through the chains
every record before one of those, every chain that a listed day record names, every day before that one. An
edit, a gap, something put in, cut off or moved there is found. The digests attest each other from the first
hour to the newest digest.

What is not:
- what no digest lists yet, the running hour and some minutes of the one before. Whoever can write to tables
  and bucket can change that, and forge what is yet to come; left without a digest for longer, it is found;
- that the newest digests are there. Taken away, they are missed by the clock after `FRESH`, or at once by who
  noted the newest digest's hash and asks for it (`seen`);
- an archive deleted as a whole and begun anew with the same key: that shows to who noted any earlier digest's
  hash. The bucket's lock stands against it;
- that the writers wrote the truth; and how an object is packed, for the hashes are of its content.

A copy of some days is verified for those days: what the digests list of others is not asked for. A closed
day is read from the objects it was compacted into, and these are held to the small ones' roots in the
digests; that the small ones themselves are as they were is asked for with `every`.

Days are independent of each other but for the row of their records, so they are checked in parallel.
"""

from __future__ import annotations

import gc
import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from local.audit.copy_note import ENDED, Coverage
from local.audit.copy_note import FILE as NOTE
from local.audit.verify_closed import Day, DayObjects, by_day, check_day_objects, not_at_hand
from local.audit.verify_day import DayResult
from pregao.domain.audit.archive_days import WHOLE
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import DAYS, GENESIS, TABLES, day_after, stamp
from pregao.domain.audit.closed_days import read_closed
from pregao.domain.audit.digest_row import ANOTHER_KEY, Digests, Holds, check_digests, joined
from pregao.domain.audit.hourly_digest import PREFIX, digest_key
from pregao.domain.audit.verification import Entry, Finding, check_days

FRESH = timedelta(hours=2)
"""A healthy archive's newest digest is not older than this, nor is a record that no digest lists."""
DIGESTS_AT_ONCE = 2_000
UNFINISHED = ".copy-"
"""How the name of a file begins that is still being copied."""
EVERYTHING = Coverage()

Work = TypeVar("Work")
Result = TypeVar("Result")


@dataclass
class Verified:
    """What was looked at and what does not hold; `unsealed` counts objects that no digest lists yet.

    `newest` is the hash of the newest digest, to be noted for the next time; `first` and `last` are the days
    (UTC) of what was looked at, empty where nothing was; `whole` is False for some days of the archive.
    """

    findings: list[Finding] = field(default_factory=list)
    records: int = 0
    objects: int = 0
    days: int = 0
    digests: int = 0
    unsealed: int = 0
    sealed_until: datetime | None = None
    newest: str = ""
    first: str = ""
    last: str = ""
    whole: bool = True

    @property
    def sound(self) -> bool:
        """Tell whether everything holds."""
        return not self.findings

    @property
    def unproved(self) -> bool:
        """Tell whether nothing was changed as far as can be told, and not everything can."""
        return bool(self.findings) and all(one.unproved for one in self.findings)

    @property
    def incomplete(self) -> bool:
        """Tell whether nothing is wrong but that days are missing at the ends, or whole tables."""
        return any(one.absent for one in self.findings) and all(
            one.absent or one.unproved for one in self.findings
        )


def verify_folder(
    folder: Path,
    holds: Holds,
    as_of: datetime,
    *,
    seen: Collection[str] = (),
    covered: Coverage = EVERYTHING,
    elsewhere: Collection[str] | None = None,
    every: bool = False,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Verified:
    """Verify a folder in the archive's layout; `as_of`: when it was copied, `holds` knows the public key.

    `seen` are hashes of digests noted earlier, `covered` says which days are there to be verified. A closed
    day is read from its own objects, `every` reads the small ones too. `elsewhere` are keys that the bucket
    has and the folder need not, None for a folder by itself: that may be a copy of some days, and no note or
    option says so.
    """
    keys = sorted(files_in(folder))
    signed = [key for key in keys if key.startswith(PREFIX)]
    digests = _signed(folder, signed, holds, workers)
    days, strange = by_day((key for key in keys if not key.startswith(PREFIX)), digests.listed)
    days = {one: objects for one, objects in days.items() if covered.has(one[1])}
    objects = [key for some in days.values() for key in some.read(every=every)]
    span = _span(days) if elsewhere is None and covered.unsaid else None
    gone = _gone(digests, [*keys, *(elsewhere or ())], covered, {} if elsewhere else days, span)
    row = [*_by_another_key(digests.findings, len(signed)), *_row(digests, min(as_of, covered.until), seen)]
    done = Verified(
        [*row, *strange, *gone, *_nothing(objects, covered)],
        objects=len(objects),
        days=len(days),
        digests=len(signed),
        unsealed=sum(key not in digests.listed for key in objects),
        sealed_until=digests.until,
        newest=digests.newest.before.sha256 if digests.newest and digests.newest.before else "",
        first=min((day for _, day in days), default=""),
        last=max((day for _, day in days), default=""),
        whole=covered.whole,
    )
    own: dict[str, dict[str, Entry]] = {table: {} for table in TABLES}
    for at, result in enumerate(_checked(folder, days, digests, workers, every=every), start=1):
        done.findings += result.findings
        done.records += result.records
        if result.own:
            own[result.table][result.day] = result.own
        progress(at, len(days))
    absent = any(one.absent for one in gone)
    done.findings += [
        one
        for table, rows in own.items()
        for one in _rows_of_days(table, rows, covered, begun=covered.whole and not absent)
    ]
    done.findings += _unended(days, own, covered)
    done.findings += _cut_off(own, digests, absent=absent) if covered.now else []
    return done


def files_in(folder: Path, under: str = "") -> Iterator[str]:
    """Yield the keys of a folder's files, a million of them in seconds; a copy's own notes are none."""
    with os.scandir(folder / under) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from files_in(folder, f"{under}{entry.name}/")
            elif entry.is_file() and not entry.name.startswith(UNFINISHED) and under + entry.name != NOTE:
                yield under + entry.name


def _signed(folder: Path, keys: Sequence[str], holds: Holds, workers: int) -> Digests:
    check = partial(_check_part, folder, holds)
    starts = range(0, len(keys), DIGESTS_AT_ONCE)
    parts = [(keys[at - 1 : at] if at else [], keys[at : at + DIGESTS_AT_ONCE]) for at in starts]
    return joined(_mapped(check, parts, workers, at_once=1))


def _check_part(folder: Path, holds: Holds, part: tuple[Sequence[str], Sequence[str]]) -> Digests:
    behind, keys = ([(key, (folder / key).read_bytes()) for key in some] for some in part)
    return check_digests(keys, holds, behind[0] if behind else None)


def _checked(
    folder: Path, days: Mapping[Day, DayObjects], digests: Digests, workers: int, *, every: bool
) -> Iterator[DayResult]:
    late = stamp((digests.until - FRESH).timestamp()) if digests.until else ""
    check = partial(_check_one, folder, late, every=every)
    work = sorted(days.items())
    return _mapped(check, work, workers, at_once=8)


def _mapped(
    check: Callable[[Work], Result], work: Sequence[Work], workers: int, *, at_once: int
) -> Iterator[Result]:
    if workers <= 1 or len(work) <= at_once:
        yield from map(check, work)
        return
    with ProcessPoolExecutor(
        workers, initializer=gc.disable
    ) as pool:  # no reference cycles: no garbage collector
        yield from pool.map(check, work, chunksize=at_once)


def _check_one(folder: Path, late: str, one: tuple[Day, DayObjects], *, every: bool) -> DayResult:
    return check_day_objects(folder, *one, late, every=every)


def _row(digests: Digests, as_of: datetime, seen: Collection[str]) -> list[Finding]:
    """Tell by the clock, and by what was noted, whether the row of digests is cut off at its end."""
    if digests.until is None:
        what = "there is no digest that the key at hand signed: nothing attests what is here"
        return [Finding(PREFIX, what, unproved=not seen)]
    findings = [
        Finding(PREFIX, f"no digest has the hash {one}, which was noted: the row was cut off or begun anew")
        for one in sorted(set(seen) - digests.hashes)
    ]
    if as_of - digests.until <= FRESH:
        return findings
    missing = digest_key(digests.until)
    said = f"{as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    what = f"the digests from here to {said} are missing; was it copied at another time? say when: --as-of"
    return [*findings, Finding(missing, what, unproved=True)]


def _by_another_key(findings: Sequence[Finding], digests: int) -> list[Finding]:
    """Say it once where none of the digests is signed by the key at hand."""
    if not digests or sum(one.what == ANOTHER_KEY for one in findings) < digests:
        return list(findings)
    what = f"none of the {digests} digests is signed by the key at hand: is it this archive's key?"
    return [Finding(PREFIX, what, unproved=True)]


def _span(days: Iterable[Day]) -> dict[str, tuple[str, str]]:
    """Return the first and the last day of each table that has any."""
    found: dict[str, list[str]] = defaultdict(list)
    for table, day in days:
        found[table].append(day)
    return {table: (min(some), max(some)) for table, some in found.items()}


def _beyond(span: Mapping[str, tuple[str, str]] | None, day: Day) -> bool:
    """Tell whether a folder that may be a copy of some days has none of its table on that side of the day."""
    if span is None:
        return False
    first, last = span.get(day[0], ("", ""))
    return not first <= day[1] <= last


def _nothing(objects: Sequence[str], covered: Coverage) -> list[Finding]:
    """Say that there is nothing of the days asked about: that everything holds would be said of nothing."""
    if objects or covered.asked == WHOLE:
        return []
    return [Finding(str(covered.asked), "there is nothing of these days here", unproved=True)]


def _gone(
    digests: Digests,
    keys: Iterable[str],
    covered: Coverage,
    days: Mapping[Day, DayObjects],
    span: Mapping[str, tuple[str, str]] | None,
) -> list[Finding]:
    missing = not_at_hand(days, sorted(set(digests.listed) - set(keys)))
    what = "is gone; a digest lists it"
    return [
        Finding(key, what, absent=parts is not None and _beyond(span, (parts.table, parts.day)))
        for key in missing
        if (parts := read_key(key) or read_closed(key)) is None or covered.had(parts.day, digests.ends[key])
    ]


def _rows_of_days(table: str, rows: Mapping[str, Entry], covered: Coverage, *, begun: bool) -> list[Finding]:
    """Check the day records between days that were not copied, each stretch by itself.

    `begun` says that the first day of all must be among them.
    """
    findings: list[Finding] = []
    stretch: dict[str, Entry] = {}
    behind = GENESIS if begun else None
    for day, entry in sorted(rows.items()):
        if stretch and not _follows(max(stretch), day, covered):
            findings += check_days(table, stretch, behind)
            stretch, behind = {}, None
        stretch[day] = entry
    return findings + check_days(table, stretch, behind)


def _follows(before: str, day: str, covered: Coverage) -> bool:
    """Tell whether the records of all days between should be here."""
    between = day_after(before)
    while between < day and covered.had(between, _ended(between)):
        between = day_after(between)
    return between == day


def _ended(day: str) -> datetime:
    """Return when a day's record is in the archive and signed."""
    return datetime.fromisoformat(f"{day_after(day)}T00:00+00:00") + ENDED


def _unended(days: Iterable[Day], own: Mapping[str, Mapping[str, Entry]], covered: Coverage) -> list[Finding]:
    """Find days with records and no record of their own, though a later day has one."""
    last = {table: max(rows, default="") for table, rows in own.items()}
    return [
        Finding(f"{table} {day}", "the day's record is missing")
        for table, day in days
        if day < last[table] and day not in own[table] and covered.had(day, _ended(day))
    ]


def _cut_off(own: Mapping[str, Mapping[str, Entry]], digests: Digests, *, absent: bool) -> list[Finding]:
    """Find tables whose row of days stops though the digests go on, or never began."""
    if digests.first is None or digests.until is None:
        return []
    due = day_after(f"{digests.until - ENDED:%Y-%m-%d}", -1)
    findings = []
    for table, rows in own.items():
        missing = day_after(max(rows)) if rows else f"{digests.first:%Y-%m-%d}"
        if missing <= due:
            what = "the days' records from here on are missing: never ended, not archived, or taken away"
            findings.append(Finding(f"{table} {DAYS}#{missing}", what, absent=absent))
    return findings
