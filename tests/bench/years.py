"""`make years [DAYS=30]`: seven years of audit made, verified and asked; writes its part of RESULTS.md.

It works in a temporary folder, which goes away in any case: for 2,555 days some 8 GB and half an hour.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from local.audit.verify import Verified, verify_folder
from pregao.aws.archive.files import files_in
from pregao.aws.archive.sql import ArchiveSql
from pregao.domain.audit.archive_days import Days, Files
from pregao.domain.audit.chain import ACAO, TABLES
from pregao.domain.audit.hourly_digest import HOUR, PREFIX
from pregao.domain.audit.named_queries import NamedQuery, named_queries
from tests.archive_fakes import FakeSigner
from tests.bench.results import write_years
from tests.bench.years_made import ALERTS, FIRST, NAMES, OPERATORS, make
from tests.bench.years_weighed import Weighed, in_dollars, weigh
from tests.forger import records_of

WORKERS = 2
MONTH = 30
Result = TypeVar("Result")


@dataclass(frozen=True)
class Took:
    """How long something took, in seconds, and how much memory its processes had at most, in bytes."""

    seconds: float
    most: int = 0

    def __str__(self) -> str:
        """In seconds, and from two minutes on in minutes."""
        return f"{self.seconds:.1f} s" if self.seconds < 120 else f"{self.seconds / 60:.1f} min"


def main() -> None:
    """Make so many days, verify and ask them, write down what it took."""
    with tempfile.TemporaryDirectory(prefix="pregao-years-") as work:
        lines = measure(Path(work), int(sys.argv[1]))
        print("\n".join(lines))
        write_years(lines)
        _tell("clearing up")  # a million files take minutes


def measure(folder: Path, days: int) -> list[str]:
    """Return the part's lines."""
    made, _ = _timed(lambda: _make(folder, days))
    weight = weigh(folder, FIRST + timedelta(days // 2))
    _tell(f"{weight.objects} objects, {weight.on_disk / 1e9:.1f} GB of disk; verifying")
    verified, done = _timed(lambda: verify(folder))
    assert (done.findings, done.unsealed) == ([], 0)
    _tell("verifying, small objects too")
    longer, every = _timed(lambda: verify(folder, every=True))
    assert every.findings == []
    _tell("asking")
    return [
        *_lies(days, weight, made),
        *_holds(done, verified),
        f"With `--every-object`: {longer}, {every.objects:,} objects read.",
        "",
        *_asked(folder, days),
        *in_dollars(days, weight),
    ]


def verify(folder: Path, *, every: bool = False) -> Verified:
    """Verify as somebody does who has just copied the bucket."""
    newest = max(path.name for path in (folder / PREFIX).rglob("*.json"))
    as_of = datetime.strptime(newest, "%Y-%m-%dT%HZ.json").replace(tzinfo=UTC) + HOUR
    return verify_folder(
        folder, FakeSigner().known(), as_of, workers=WORKERS, progress=_progress, every=every
    )


def _make(folder: Path, days: int) -> None:
    for number, _ in enumerate(make(folder, days, WORKERS), start=1):
        _progress(number, days)


def _lies(days: int, weight: Weighed, took: Took) -> list[str]:
    a_record = weight.plain / weight.records
    return [
        f"By `make years`, {datetime.now(UTC):%Y-%m-%d}: {days:,} days of {ALERTS} alerts for {OPERATORS}"
        " operators, one decision on each, written by the functions' own code and signed by a local key"
        f" in {took} on two cores. The stream's batches of a minute make small objects.",
        "",
        "| what lies there | |",
        "|---|---|",
        f"| records | {weight.records:,} in {weight.objects:,} objects, {weight.digests:,} hourly digests |",
        f"| closed days put together | {weight.closed:,} objects, {weight.together / 1e9:.2f} GB |",
        f"| unpacked | {weight.plain / 1e9:.2f} GB, {a_record:.0f} bytes a record |",
        f"| packed, as S3 bills it | {weight.packed / 1e9:.2f} GB, digests {weight.signed / 1e9:.2f} GB |",
        f"| on this disk, whole blocks | {weight.on_disk / 1e9:.2f} GB |",
        f"| in DynamoDB, indices included | {weight.kept / 1e9:.2f} GB |",
        "",
    ]


def _holds(done: Verified, took: Took) -> list[str]:
    return [
        f"`pregao audit verify` of that folder on {WORKERS} cores: **{took}**,"
        f" {done.records / took.seconds:,.0f} records/s, at most {took.most / 1e6:.0f} MB in a process;"
        f" everything holds: {done.records:,} records on {done.days:,} days of tables, from"
        f" {done.objects:,} objects.",
        "",
    ]


def _asked(folder: Path, days: int) -> list[str]:
    """Time each named query over the last day and over the last thirty; opening the files included."""
    last = FIRST + timedelta(days - 1)
    month = Days(max(FIRST, last - timedelta(MONTH - 1)), last)
    rows = []
    for name, query in named_queries().items():
        day_took, in_day = _timed(lambda query=query: _ask(folder, query, Days(last, last)))
        month_took, in_month = _timed(lambda query=query: _ask(folder, query, month))
        small_took, _ = _timed(lambda query=query: _ask(folder, query, month, small=True))
        rows.append(f"| `{name}` | {day_took} | {in_day:,} | {month_took} | {in_month:,} | {small_took} |")
    span = f"{(month.last - month.first).days + 1} days"
    heads = f"| named query | one day | rows | {span} | rows | {span} from small objects |"
    return [heads, "|---|---|---|---|---|---|", *rows, ""]


def _ask(folder: Path, query: NamedQuery, days: Days, *, small: bool = False) -> int:
    given = {"operator": NAMES[0], "alert": _an_alert(folder, days.last)}
    reads = query.reads(days)
    with ArchiveSql(_small(folder, reads) if small else files_in(folder, reads)) as archive:
        return len(list(archive.ask(query.sql, query.values(days, given)).rows))


def _small(folder: Path, days: Days) -> Files:
    """Return the small objects of all days, as they were read before closed days were compacted."""
    every = (days.first + timedelta(n) for n in range((days.last - days.first).days + 1))
    parts = [f"year={day:%Y}/month={day:%m}/day={day:%d}/instrument=*/*.jsonl.gz" for day in every]
    return {
        table: sorted(path for part in parts for path in folder.glob(f"table={table}/{part}"))
        for table in TABLES
    }


def _an_alert(folder: Path, day: date) -> str:
    """Return an alert that was delivered and decided; some files hold nothing but their day's end."""
    under = f"table={ACAO}/year={day:%Y}/month={day:%m}/day={day:%d}/instrument=W*/*.jsonl.gz"
    records = (one for file in sorted(folder.glob(under)) for one in records_of(file.read_bytes()))
    return next(str(one["alert_id"]) for one in records if "alert_id" in one)


def _timed(work: Callable[[], Result]) -> tuple[Took, Result]:
    began = time.perf_counter()
    result = work()
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return Took(time.perf_counter() - began, most * 1024), result


def _progress(done: int, of: int) -> None:
    if done % max(1, of // 20) == 0:
        _tell(f"{done} of {of}")


def _tell(what: str) -> None:
    sys.stderr.write(f"· {what}\n")


if __name__ == "__main__":
    main()
