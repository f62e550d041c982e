"""Finds which of the archive's objects a question needs, in a folder copied from the archive.

What else lies there (`digest/`, unfinished copies) is none of the tables' business.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from local.audit.archive_schema import TABLES
from local.errors import ArchiveError
from pregao.domain.audit.archive_objects import read_key

LEVELS = (("year=????", 4), ("month=??", 7), ("day=??", 10))
"""The folders down to a day, and how much of ``2026-11-25`` is known in each."""
Files = Mapping[str, Sequence[Path]]
"""By table, the objects a question is asked of."""


@dataclass(frozen=True, slots=True)
class Days:
    """UTC days, the first and the last of them included."""

    first: date = date(2000, 1, 1)
    last: date = date(2099, 12, 31)

    def widened(self, before: int, after: int) -> Days:
        """Return so many days more at each end."""
        return Days(self.first - timedelta(before), self.last + timedelta(after))

    def __contains__(self, day: str) -> bool:
        """Tell of a day written as in the records, ``2026-11-25``."""
        return self.first.isoformat() <= day <= self.last.isoformat()


def files_in(folder: Path, days: Days) -> Files:
    """Return the objects of those days in a folder of that layout, in the order of their names.

    Only folders of those years, months and days are looked into: seven years are not listed for one day.
    Raises ArchiveError when the folder is missing or has none of the tables.
    """
    if not any((folder / f"table={table}").is_dir() for table in TABLES):
        raise ArchiveError(
            f"{folder} holds no table of the archive (table=alertas_audit/year=…); "
            "name the bucket's copy with --folder, or a stack with --stack"
        )
    return {table: list(_objects(folder, table, days)) for table in TABLES}


def _objects(folder: Path, table: str, days: Days) -> Iterator[Path]:
    for day_folder in _day_folders(folder / f"table={table}", days):
        for path in sorted(day_folder.glob("instrument=*/*.jsonl.gz")):
            if read_key(path.relative_to(folder).as_posix()):
                yield path


def _day_folders(parent: Path, days: Days, level: int = 0, so_far: str = "") -> Iterator[Path]:
    if level == len(LEVELS):
        yield parent
        return
    pattern, length = LEVELS[level]
    for child in sorted(parent.glob(pattern)):
        name = so_far + child.name.partition("=")[2]
        if days.first.isoformat()[:length] <= name <= days.last.isoformat()[:length]:
            yield from _day_folders(child, days, level + 1, f"{name}-")
