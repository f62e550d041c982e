"""The lines of the archive that speak of an alert."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.errors import ArchiveError
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import ALERTAS


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
    year, month, date = day.split("-") if day else ("*", "*", "*")
    under = f"table={table}/year={year}/month={month}/day={date}/instrument=*/*.jsonl.gz"
    for path in sorted(folder.glob(under)):
        key = path.relative_to(folder).as_posix()
        lines = gzip.decompress(path.read_bytes()).splitlines() if read_key(key) else []
        for index, line in enumerate(lines):
            if alert_id.encode() in line and json.loads(line).get("alert_id") == alert_id:
                yield Found(key, index, lines)


def find_alert(folder: Path, alert_id: str, day: str | None) -> dict[str, Any]:
    """Return the first judgement of an alert; raises ArchiveError where there is none."""
    for found in lines_about(folder, alert_id, day, ALERTAS):
        record: dict[str, Any] = json.loads(found.line)
        return record
    raise nothing(alert_id, day)


def nothing(alert_id: str, day: str | None) -> ArchiveError:
    """Return the error that says there is no such alert."""
    where = f"on {day} " if day else ""
    return ArchiveError(
        f"no alert {alert_id} is in the archive {where}(it follows the tables within minutes)"
    )
