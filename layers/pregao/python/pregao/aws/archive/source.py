"""The records of some days as tables: closed days from the bucket, the days after them from the audit tables.

A closed day's object never changes, so what was brought once stays in the process's folder. A day that is not
closed is read from the tables, which have every record, the archive's last minutes too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregao.aws.archive.prove import prove
from pregao.aws.vault import Vault
from pregao.domain.audit.archive_objects import read_key, stretch
from pregao.domain.audit.chain import ALERTAS, DAYS, TABLES, ChainName, day_after
from pregao.domain.audit.closed_days import PREFIX as CLOSED
from pregao.domain.audit.closed_days import whole_days
from pregao.domain.audit.hourly_digest import PREFIX as DIGESTS
from pregao.domain.audit.hourly_digest import is_digest_key
from pregao.flow.ports.archive import Opened, TimeLeft
from pregao.flow.ports.refusals import OutOfTime

if TYPE_CHECKING:
    from pregao.domain.audit.archive_days import Days
    from pregao.flow.ports.audit import DayBook

AT_ONCE = 8
NEEDED_S = 9.0
"""What one more call may take at its longest, and the question to the tables after the last one."""
Closed = Mapping[tuple[str, str], Sequence[str]]
"""The keys of closed days' objects, by table and day."""
SEALED_AFTER = 2
"""Days after an alert's in which its records are written and signed."""


class DaySource:
    """flow.ports.archive.RecordSource and Proofs over a bucket and tables; `kept` is for closed days."""

    def __init__(self, s3: Any, bucket: str, days: DayBook, kept: Path) -> None:
        self._s3, self._bucket, self._days, self._kept = s3, bucket, days, kept
        self._vault = Vault(s3, bucket)

    @contextmanager
    def open(self, days: Days, today: str, time: TimeLeft) -> Iterator[Opened]:
        """Open the records of those days; see flow.ports.archive. Raises OutOfTime."""
        from pregao.aws.archive.sql import ArchiveSql  # DuckDB: not before it is known who asks

        asked = [day for day in days.each() if day <= today]
        files: dict[str, list[Path]] = {table: [] for table in TABLES}
        there: set[str] = set()
        with tempfile.TemporaryDirectory(prefix="pregao-records-") as scratch:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                closed = self._closed(asked, pool, time)
                places = [(table, day) for table in TABLES for day in asked]
                brought = pool.map(lambda one: self._bring(one, closed, Path(scratch), time), places)
                for (table, day), paths in zip(places, brought, strict=True):
                    files[table] += paths
                    there |= {day} if paths else set()
                empty = [day for day in asked if day not in there]
                begun = pool.map(lambda day: self._begun(day, today, time), empty)
                there |= {day for day, yes in zip(empty, begun, strict=True) if yes}
            with ArchiveSql(files) as tables:
                yield Opened(tables, there)

    def _begun(self, day: str, today: str, time: TimeLeft) -> bool:
        """Tell of a day without a record whether it was one of the system's: it has an end, or none yet."""
        _enough(time)
        ended = str(ChainName(DAYS, day))
        return day_after(day) >= today or self._days.newest(ALERTAS, ended) > 0

    def of(self, alert: str, days: Days, today: str, time: TimeLeft) -> dict[str, Any]:
        """Return an alert's proof; see flow.ports.archive. Digests and objects of its days alone are brought.

        Raises OutOfTime.
        """
        last = min(days.widened(0, SEALED_AFTER).last.isoformat(), today)
        asked = [day for day in days.each() if day <= today]
        while asked and asked[-1] < last:
            asked.append(day_after(asked[-1]))
        with tempfile.TemporaryDirectory(prefix="pregao-proof-") as scratch:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                keys = self._provable(asked, pool, time)
                list(pool.map(lambda key: self._fetch([key], Path(scratch), time), keys))
            return prove(Path(scratch), alert)

    def _provable(self, days: Sequence[str], pool: Executor, time: TimeLeft) -> list[str]:
        """Return the keys of those days' objects, closed ones where there are, and of their digests."""
        closed = self._closed(days, pool, time)
        prefixes = [f"{DIGESTS}{_folder(day)}" for day in days]
        prefixes += [
            f"table={one}/{_folder(day)}" for one in TABLES for day in days if (one, day) not in closed
        ]
        listed = pool.map(lambda prefix: self._listed(prefix, time), prefixes)
        ours = [key for some in listed for key in some if is_digest_key(key) or read_key(key)]
        return [*ours, *(key for some in closed.values() for key in some)]

    def _closed(self, days: Sequence[str], pool: Executor, time: TimeLeft) -> Closed:
        """Return the keys of the closed days' objects, by table and day."""
        months = sorted({day[:7] for day in days})
        prefixes = [
            f"{CLOSED}table={table}/year={month[:4]}/month={month[5:]}/"
            for table in TABLES
            for month in months
        ]
        listed = pool.map(lambda prefix: self._listed(prefix, time), prefixes)
        keys = [key for some in listed for key in some]
        return {place: some for place, some in whole_days(keys).items() if place[1] in days}

    def _bring(self, place: tuple[str, str], closed: Closed, scratch: Path, time: TimeLeft) -> list[Path]:
        keys = closed.get(place)
        if keys is None:
            return self._from_tables(*place, scratch, time)
        self._fetch([key for key in keys if not (self._kept / key).is_file()], self._kept, time)
        return [self._kept / key for key in keys]

    def _from_tables(self, table: str, day: str, scratch: Path, time: TimeLeft) -> list[Path]:
        paths = []
        _enough(time)
        for chain in self._days.chains(table, day):
            _enough(time)
            records = self._days.records(table, chain)
            if records:
                packed = stretch(table, records)
                paths.append(_write(scratch / packed.listed.key, packed.body))
        return paths

    def _fetch(self, keys: Sequence[str], folder: Path, time: TimeLeft) -> None:
        for key in keys:
            _enough(time)
            _write(folder / key, self._vault.get(key))

    def _listed(self, prefix: str, time: TimeLeft) -> list[str]:
        _enough(time)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [str(one["Key"]) for page in pages for one in page.get("Contents", [])]


def _enough(time: TimeLeft) -> None:
    if time() < NEEDED_S:
        raise OutOfTime(f"{time():.1f} s are left; fewer days take less")


def _folder(day: str) -> str:
    year, month, day_of_month = day.split("-")
    return f"year={year}/month={month}/day={day_of_month}/"


def _write(path: Path, body: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(body)
    return unfinished.replace(path)
