"""The lines of the archive that speak of an alert."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import ArchiveError
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import ALERTAS

WHOLE = 64
"""Digits of an id."""
SHOWN = 10
"""So many of the ids that begin alike are listed."""


@dataclass(frozen=True, slots=True)
class Found:
    """A line of an object: its key, all its lines, and which of them it is."""

    key: str
    index: int
    lines: list[bytes]

    @property
    def line(self) -> bytes:
        """The line itself."""
        return self.lines[self.index]


def lines_about(folder: Path, alert_id: str, day: str | None, table: str = "*") -> Iterator[Found]:
    """Yield the lines of an alert from a folder of the archive's layout, of one UTC day where given."""
    for key, lines in _objects(folder, day, table):
        for index, line in enumerate(lines):
            if alert_id.encode() in line and json.loads(line).get("alert_id") == alert_id:
                yield Found(key, index, lines)


def _objects(folder: Path, day: str | None, table: str) -> Iterator[tuple[str, list[bytes]]]:
    year, month, date = day.split("-") if day else ("*", "*", "*")
    under = f"table={table}/year={year}/month={month}/day={date}/instrument=*/*.jsonl.gz"
    for path in sorted(folder.glob(under)):
        key = path.relative_to(folder).as_posix()
        if read_key(key):
            yield key, gzip.decompress(path.read_bytes()).splitlines()


def find_alert(folder: Path, alert_id: str, day: str | None) -> dict[str, Any]:
    """Return the first judgement of an alert; raises ArchiveError where there is none."""
    for found in lines_about(folder, alert_id, day, ALERTAS):
        record: dict[str, Any] = json.loads(found.line)
        return record
    raise nothing(alert_id, f"on {day}" if day else "")


def whole_id(folder: Path, asked: str, day: str | None) -> str:
    """Return the id that begins so, of one UTC day where given; raises ArchiveError: none, or several do."""
    start = written(asked)
    if len(start) == WHOLE:
        return start
    found: dict[str, str] = {}
    for line in _lines(folder, day, ALERTAS, f'"alert_id":"{start}'.encode()):
        record = json.loads(line)
        if record.get("kind") == "alert" and record["alert_id"].startswith(start):
            told = f"{record['recorded_at'][:16]} {record['contract']} {record['pattern']}"
            found.setdefault(record["alert_id"], told)
    return the_one(start, found, f"on {day}" if day else "")


def _lines(folder: Path, day: str | None, table: str, part: bytes) -> Iterator[bytes]:
    for _, lines in _objects(folder, day, table):
        yield from (line for line in lines if part in line)


def written(asked: str) -> str:
    """Return an id, or its beginning, as ids are written: as pages and messages shorten it, too."""
    return asked.strip().rstrip("….").lower()


def the_one(start: str, found: Mapping[str, str], where: str = "") -> str:
    """Return the only id found, each of which comes with what tells it from others; raises ArchiveError."""
    if not start or not found:
        raise nothing(start, where)
    if len(found) > 1:
        shown = "".join(f"\n  {one[:16]}… {told}" for one, told in list(found.items())[:SHOWN])
        more = f"\n  and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise ArchiveError(f"{len(found)} alerts begin with '{start}'; write more of the id:{shown}{more}")
    return next(iter(found))


def nothing(alert_id: str, where: str | None) -> ArchiveError:
    """Return the error that says there is no such alert."""
    begins = "is" if len(alert_id) == WHOLE else "begins so and is"
    return ArchiveError(
        f"no alert '{alert_id}' {begins} in the archive{f' {where}' if where else ''}; "
        "it follows the tables within minutes, and a copy has what it had when it was made"
    )
