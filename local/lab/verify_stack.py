"""A stack's own bucket and tables: brought here, every version seen, and held against each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.lab.errors import ArchiveError
from local.lab.verify import by_day, judge_day, read_day
from pregao.aws.day_book import DayBook
from pregao.domain.audit import ACAO, ALERTAS, DAYS, ENTREGA, Record, canonical
from pregao.domain.hour_digest import PREFIX
from pregao.domain.verification import Entry, Finding, read_line

AT_ONCE = 8
OUTPUTS = {ALERTAS: "AlertasAuditTable", ENTREGA: "EntregaAuditTable", ACAO: "AcaoOperadorAuditTable"}


def bring(
    s3: Any, bucket: str, folder: Path, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> list[Finding]:
    """Copy a bucket's objects, as they were first written, into a folder; returns what lies over them.

    A later version or a delete marker hides an object from who lists the bucket; under the lock the first
    version is still there. Raises ArchiveError.
    """
    try:
        versions, markers = _versions(s3, bucket)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            fetched = pool.map(lambda one: _fetch(s3, bucket, one[0], one[1][-1], folder), versions.items())
            for done, _ in enumerate(fetched, start=1):
                progress(done, len(versions))
    except (ClientError, BotoCoreError) as error:
        raise ArchiveError(f"the bucket {bucket} cannot be read: {error}") from error
    over = [Finding(key, f"was written {len(ids)} times") for key, ids in versions.items() if len(ids) > 1]
    return over + [Finding(key, "is hidden by a delete marker") for key in sorted(markers)]


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
    if not target.resolve().is_relative_to(folder.resolve()):
        raise ArchiveError(f"{key!r} leads out of the folder; that is no object of the archive")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read())


def day_book(dynamo: Any, outputs: Mapping[str, str]) -> DayBook:
    """Return the stack's audit tables, day by day."""
    tables = {table: outputs[name] for table, name in OUTPUTS.items()}
    return DayBook(dynamo, outputs["AdmissionTable"], tables)


def verify_tables(days: DayBook, folder: Path) -> list[Finding]:
    """Hold the tables against the archive's copy in `folder`, every day of it, chain by chain."""
    keys = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    objects = by_day(key for key in keys if not key.startswith(PREFIX))
    findings: list[Finding] = []
    for (table, day), names in sorted(objects.items()):
        archived, _ = read_day(folder, dict.fromkeys(names))
        live, wrong = _live(days, table, {*archived, *days.chains(table, day)})
        findings += judge_day(table, day, live, wrong).findings
        findings += _compared(table, archived, live)
    return findings


def _live(days: DayBook, table: str, chains: Iterable[str]) -> tuple[dict[str, list[Entry]], list[Finding]]:
    found: dict[str, list[Entry]] = {}
    findings: list[Finding] = []
    for chain in chains:
        found[chain], wrong = _read(f"{table} {chain}", days.records(table, chain))
        findings += wrong
    return {
        chain: entries for chain, entries in found.items() if entries or not chain.startswith(DAYS)
    }, findings


def _read(where: str, records: Sequence[Record]) -> tuple[list[Entry], list[Finding]]:
    entries, findings = [], []
    for record in records:
        try:
            entries.append(read_line(canonical(record)))
        except (ValueError, TypeError) as error:
            findings.append(Finding(f"{where} {record.get('seq')}", str(error)))
    return entries, findings


def _compared(
    table: str, archived: Mapping[str, Sequence[Entry]], live: Mapping[str, Sequence[Entry]]
) -> list[Finding]:
    findings = []
    for chain, entries in sorted(archived.items()):
        now = {entry.seq: entry.hash for entry in live.get(chain, ())}
        for one in entries:
            if one.seq not in now:
                findings.append(
                    Finding(f"{table} {chain} {one.seq}", "is in the archive and not in the table")
                )
            elif now[one.seq] != one.hash:
                findings.append(Finding(f"{table} {chain} {one.seq}", "is not what was archived"))
    return findings
