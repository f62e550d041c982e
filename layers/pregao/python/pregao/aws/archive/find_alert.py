"""The lines of the archive that speak of an alert."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pregao.aws.archive.files import files_in
from pregao.domain.audit.alert_ids import WHOLE, nothing, the_one, written
from pregao.domain.audit.archive_days import Days
from pregao.domain.audit.chain import ALERTAS

EVERY = "*"


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


def lines_about(folder: Path, alert_id: str, day: str | None, table: str = EVERY) -> Iterator[Found]:
    """Yield the lines of an alert from a folder of the archive's layout, of one UTC day where given."""
    for key, lines in _objects(folder, day, table):
        for index, line in enumerate(lines):
            if alert_id.encode() in line and json.loads(line).get("alert_id") == alert_id:
                yield Found(key, index, lines)


def _objects(folder: Path, day: str | None, table: str) -> Iterator[tuple[str, list[bytes]]]:
    asked = date.fromisoformat(day) if day else None
    for which, paths in files_in(folder, Days(asked, asked) if asked else Days()).items():
        for path in paths if table in (which, EVERY) else ():
            lines = gzip.decompress(path.read_bytes()).removesuffix(b"\n").split(b"\n")
            yield path.relative_to(folder).as_posix(), lines


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
