"""A stack's own bucket and tables: brought here, every version seen, and held against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.audit.verify import FRESH, files_in
from local.audit.verify_closed import DayObjects, by_day, read_objects
from local.audit.verify_day import DayResult, judge_day, read_part
from pregao.aws.tables.audit.day_book import DayBook
from pregao.domain.audit.archive_days import WHOLE, ArchiveError, Days
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import (
    ACAO,
    ALERTAS,
    DAYS,
    ENTREGA,
    GENESIS,
    TABLES,
    ChainName,
    Record,
    canonical,
    stamp,
)
from pregao.domain.audit.closed_days import read_closed, whole_days
from pregao.domain.audit.hourly_digest import PREFIX, is_digest_key
from pregao.domain.audit.verification import NO_RECORD, Entry, Finding, check_days, read_line

AT_ONCE = 8
OUTPUTS = {ALERTAS: "AlertasAuditTable", ENTREGA: "EntregaAuditTable", ACAO: "AcaoOperadorAuditTable"}


@dataclass(frozen=True, slots=True)
class Brought:
    """What else lies in a bucket than the archive's objects as they were written, and the objects' keys."""

    findings: list[Finding]
    keys: Sequence[str]


def bring(
    s3: Any,
    bucket: str,
    folder: Path,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    every: bool = False,
) -> Brought:
    """Copy a bucket's objects, as they were first written, into a folder.

    Of a closed day its own objects are copied; the small ones only with `every`, or where those are
    damaged. A later version or a delete marker hides an object from who lists the bucket; under the lock
    the first version is still there. What has no name of ours stays where it is. Raises ArchiveError.
    """
    try:
        versions, markers = _versions(s3, bucket)
        ours = {key: ids for key, ids in versions.items() if _is_ours(key)}
        small = [key for key in ours if read_key(key)]
        with ThreadPoolExecutor(AT_ONCE) as pool:

            def fetch(keys: Sequence[str], of: int) -> None:
                done = pool.map(lambda key: _fetch(s3, bucket, key, ours[key][-1], folder), keys)
                for count, _ in enumerate(done, start=1 + of - len(keys)):
                    progress(count, of)

            first = [key for key in ours if not read_key(key)]
            fetch(first, len(first))
            whole = {} if every else _sound(folder, first)
            rest = [key for key in small if (p := read_key(key)) and (p.table, p.day) not in whole]
            fetch(rest, len(first) + len(rest))
    except (ClientError, BotoCoreError) as error:
        raise ArchiveError(
            f"o bucket não pode ser lido · the bucket cannot be read: {bucket}: {error}"
        ) from error
    over = [
        *(Finding(key, "is no object of the archive") for key in sorted(set(versions) - set(ours))),
        *(Finding(key, f"was written {len(ids)} times") for key, ids in ours.items() if len(ids) > 1),
        *(Finding(key, "is hidden by a delete marker") for key in sorted(markers)),
    ]
    return Brought(over, list(ours))


def _is_ours(key: str) -> bool:
    return bool(read_key(key) or read_closed(key)) or is_digest_key(key)


def _sound(folder: Path, keys: Iterable[str]) -> set[tuple[str, str]]:
    """Return the closed days whose objects are all there and hold what their names say."""
    return {
        day
        for day, objects in whole_days(keys).items()
        if not any(read_part(folder, key, vouched=True)[1] for key in objects)
    }


def _versions(s3: Any, bucket: str) -> tuple[dict[str, list[str]], set[str]]:
    """Return each key's versions, the newest first, and the keys with delete markers."""
    versions: dict[str, list[str]] = defaultdict(list)
    markers = set()
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for one in page.get("Versions", []):
            versions[one["Key"]].append(one["VersionId"])
        markers |= {one["Key"] for one in page.get("DeleteMarkers", [])}
    return versions, markers


def _fetch(s3: Any, bucket: str, key: str, version: str, folder: Path) -> None:
    target = folder / key
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read())


def day_book(dynamo: Any, outputs: Mapping[str, str]) -> DayBook:
    """Return the stack's audit tables, day by day."""
    tables = {table: outputs[name] for table, name in OUTPUTS.items()}
    return DayBook(dynamo, outputs["AdmissionTable"], tables)


def verify_tables(days: DayBook, folder: Path, as_of: datetime, asked: Days = WHOLE) -> list[Finding]:
    """Hold the tables against the archive's copy in `folder`, chain by chain; `as_of`: when it was copied.

    Every chain is looked at that the archive, the day's list or the table itself knows: what was put into a
    table past its writers stands on no list.
    """
    objects, _ = by_day(key for key in files_in(folder) if not key.startswith(PREFIX))
    late = stamp((as_of - FRESH).timestamp())
    findings: list[Finding] = []
    for table in TABLES:
        live, strange = _by_day(table, days.names(table))
        findings += strange
        own: dict[str, Entry] = {}
        every = {*live, *(one for which, one in objects if which == table)}
        for day in sorted(one for one in every if one in asked):
            archived, _ = read_objects(folder, objects.get((table, day), DayObjects()))
            names = {*archived, *live.get(day, ()), *days.chains(table, day)}
            result, there = _judged(days, table, day, names)
            findings += [*result.findings, *_compared(table, archived, there, late)]
            if result.own:
                own[day] = result.own
        findings += check_days(table, own, GENESIS if asked == WHOLE else None)
    return findings


def _by_day(table: str, names: Iterable[str]) -> tuple[dict[str, set[str]], list[Finding]]:
    found: dict[str, set[str]] = defaultdict(set)
    strange = []
    for name in names:
        try:
            found[ChainName.parse(name).day].add(name)
        except ValueError:
            strange.append(Finding(f"{table} {name}", "is no chain of ours"))
    return found, strange


def _judged(
    days: DayBook, table: str, day: str, names: Iterable[str]
) -> tuple[DayResult, Mapping[str, Sequence[Entry]]]:
    live: dict[str, list[Entry]] = {}
    findings: list[Finding] = []
    for name in sorted(names, key=lambda one: not one.startswith(DAYS)):  # it may be written meanwhile
        live[name], wrong = _read(f"{table} {name}", days.records(table, name))
        findings += wrong
    return judge_day(table, day, live, findings), live


def _read(where: str, records: Sequence[Record]) -> tuple[list[Entry], list[Finding]]:
    entries, findings = [], []
    for record in records:
        try:
            entries.append(read_line(canonical(record)))
        except NO_RECORD as error:
            findings.append(Finding(f"{where} {record.get('seq')}", str(error)))
    return entries, findings


def _compared(
    table: str, archived: Mapping[str, Sequence[Entry]], live: Mapping[str, Sequence[Entry]], late: str
) -> list[Finding]:
    findings = []
    for chain in sorted({*archived, *live}):
        then = {entry.seq: entry for entry in archived.get(chain, ())}
        now = {entry.seq: entry for entry in live.get(chain, ())}
        for seq in sorted({*then, *now}):
            what = _difference(then.get(seq), now.get(seq), late)
            if what:
                findings.append(Finding(f"{table} {chain} {seq}", what))
    return findings


def _difference(then: Entry | None, now: Entry | None, late: str) -> str:
    if now is None:
        return "is in the archive and not in the table"
    if then is None:
        written = str(now.record.get("recorded_at"))
        return f"was written at {written} and is not in the archive" if written < late else ""
    return "" if then.hash == now.hash else "is not what was archived"
