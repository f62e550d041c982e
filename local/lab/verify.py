"""An archive, or a folder copied from it, held against itself, its digests and the tables it came from.

Days are independent of each other but for their records' row, so they are checked in parallel; each is read
once, line by line.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from pregao.domain import merkle
from pregao.domain.archive import KeyParts, Listed, read_key
from pregao.domain.audit import CLOSE, DAYS, GENESIS, TABLES, ChainName
from pregao.domain.hour_digest import PREFIX, digest_key
from pregao.domain.verification import (
    Digests,
    End,
    Entry,
    Finding,
    Holds,
    check_chain,
    check_day,
    check_days,
    check_digests,
    end_of,
    read_line,
)

FRESH = timedelta(hours=2)
"""The newest digest of a healthy archive is not older than this when the archive is looked at."""
Day = tuple[str, str]  # table, day
DayOfObjects = tuple[Day, Mapping[str, Listed | None]]  # its objects, as a digest lists them


@dataclass
class Verified:
    """What was looked at and what does not hold; `unsealed` counts objects that no digest lists yet."""

    findings: list[Finding] = field(default_factory=list)
    records: int = 0
    objects: int = 0
    days: int = 0
    digests: int = 0
    unsealed: int = 0
    sealed_until: datetime | None = None

    @property
    def sound(self) -> bool:
        """Tell whether everything holds."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class DayResult:
    """What one day of one table says: findings, how many records, its own day record."""

    table: str
    day: str
    findings: Sequence[Finding]
    records: int
    own: Entry | None


def verify_folder(
    folder: Path,
    holds: Holds,
    as_of: datetime,
    *,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Verified:
    """Verify a folder in the archive's layout; `as_of`: when it was copied, `holds` knows the public key."""
    keys = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    digests = check_digests(
        ((key, (folder / key).read_bytes()) for key in keys if key.startswith(PREFIX)), holds
    )
    objects = [key for key in keys if not key.startswith(PREFIX)]
    done = Verified(
        [*digests.findings, *_age(digests, as_of), *_strangers(objects), *_gone(digests, objects)],
        objects=len(objects),
        digests=sum(key.startswith(PREFIX) for key in keys),
        unsealed=sum(key not in digests.listed for key in objects),
        sealed_until=digests.newest.start + timedelta(hours=1) if digests.newest else None,
    )
    days = by_day(objects)
    work = [(day, {key: digests.listed.get(key) for key in keys}) for day, keys in sorted(days.items())]
    own: dict[str, dict[str, Entry]] = {table: {} for table in TABLES}
    for at, result in enumerate(_mapped(partial(_check_one, folder), work, workers), start=1):
        done.findings += result.findings
        done.records += result.records
        if result.own:
            own[result.table][result.day] = result.own
        progress(at, len(days))
    done.days = len(days)
    done.findings += [one for table, rows in own.items() for one in check_days(table, rows)]
    done.findings += _unended(days, own)
    return done


def by_day(objects: Iterable[str]) -> dict[Day, list[str]]:
    """Return the objects' keys by table and day; what is no object's name is left out."""
    found: dict[Day, list[str]] = defaultdict(list)
    for key in objects:
        parts = read_key(key)
        if parts:
            found[parts.table, ChainName.parse(parts.chain).day].append(key)
    return found


def _mapped(
    check: Callable[[DayOfObjects], DayResult], days: Sequence[DayOfObjects], workers: int
) -> Iterator[DayResult]:
    if workers <= 1:
        yield from map(check, days)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(check, days, chunksize=8)


def _check_one(folder: Path, one: DayOfObjects) -> DayResult:
    (table, day), objects = one
    chains, findings = read_day(folder, objects)
    return judge_day(table, day, chains, findings)


def read_day(
    folder: Path, objects: Mapping[str, Listed | None]
) -> tuple[dict[str, list[Entry]], list[Finding]]:
    """Read a day's objects; returns the records of each chain, in no order, and what is wrong with them."""
    findings: list[Finding] = []
    chains: dict[str, list[Entry]] = defaultdict(list)
    for key, listed in objects.items():
        parts = read_key(key)
        if parts:
            entries, wrong = read_object(key, parts, (folder / key).read_bytes(), listed)
            chains[parts.chain] += entries
            findings += wrong
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
            own = entries[0] if entries else None
            found += check_chain(name, entries, own.prev_hash if own else GENESIS)
        else:
            found += check_chain(name, entries)
            closed = bool(entries) and entries[-1].kind == CLOSE
            ends[name] = end_of(entries) if closed else None
    if own:
        found += check_day(table, day, own.record, ends)
    return DayResult(table, day, found, sum(map(len, chains.values())), own)


def read_object(
    key: str, parts: KeyParts, content: bytes, listed: Listed | None
) -> tuple[list[Entry], list[Finding]]:
    """Read an object's records; what is wrong with it, with its place or with a line of it, is a finding."""
    try:
        plain = gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return [], [Finding(key, "cannot be unpacked")]
    findings: list[Finding] = []
    entries = []
    for number, line in enumerate(plain.splitlines(), start=1):
        try:
            entries.append(read_line(line))
        except ValueError as error:
            findings.append(Finding(f"{key} line {number}", str(error)))
    sha256 = hashlib.sha256(plain).hexdigest()
    if sha256 != parts.sha256:
        findings.append(Finding(key, "its content is not what its name says"))
    if listed:
        root = merkle.root_of([one.leaf for one in entries]).hex()
        if (listed.sha256, listed.root, listed.count) != (sha256, root, len(entries)):
            findings.append(Finding(key, "its content is not what the digest says"))
    instruments = {one.record.get("instrument") for one in entries}
    span = (entries[0].seq, entries[-1].seq) if entries else (0, 0)
    if instruments != {parts.instrument} or span != (parts.first, parts.last):
        findings.append(Finding(key, "its records are not those that its name says"))
    return entries, findings


def _age(digests: Digests, as_of: datetime) -> list[Finding]:
    """Tell by the clock alone whether the row of digests is cut off at its end."""
    if digests.newest is None:
        return [Finding(PREFIX, "there is no digest: nothing attests what is here")]
    old = as_of - (digests.newest.start + timedelta(hours=1))
    if old <= FRESH:
        return []
    missing = digest_key(digests.newest.start + timedelta(hours=1))
    said = f"{as_of.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return [Finding(missing, f"the digests from here to {said} are missing; was it copied at another time?")]


def _strangers(objects: Iterable[str]) -> list[Finding]:
    return [Finding(key, "is no object of the archive") for key in objects if read_key(key) is None]


def _gone(digests: Digests, objects: Iterable[str]) -> list[Finding]:
    missing = sorted(set(digests.listed) - set(objects))
    return [Finding(key, "is gone; a digest lists it") for key in missing]


def _unended(days: Iterable[Day], own: Mapping[str, Mapping[str, Entry]]) -> list[Finding]:
    """Find days with records and no record of their own, though a later day has one."""
    findings = []
    for table, day in days:
        later = [one for one in own.get(table, {}) if one > day]
        if later and day not in own[table]:
            findings.append(Finding(f"{table} {day}", "the day's record is missing"))
    return findings
