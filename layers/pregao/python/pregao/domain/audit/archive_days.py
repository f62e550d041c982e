"""The days a question is about, and what is raised where it cannot be answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

Files = Mapping[str, Sequence[Path]]
"""By table, the archive's objects that a question is asked of."""


class ArchiveError(Exception):
    """An archive, a copy of it or a question to it that cannot be read; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class Days:
    """UTC days, the first and the last of them included."""

    first: date = date(2000, 1, 1)
    last: date = date(2099, 12, 31)

    def widened(self, before: int, after: int) -> Days:
        """Return so many days more at each end."""
        return Days(self.first - timedelta(before), self.last + timedelta(after))

    def each(self) -> list[str]:
        """Return the days, as in the records, in order."""
        return [(self.first + timedelta(n)).isoformat() for n in range((self.last - self.first).days + 1)]

    def __str__(self) -> str:
        return f"{self.first}/{self.last}" if self.first != self.last else f"{self.first}"

    def __contains__(self, day: str) -> bool:
        """Tell of a day written as in the records, ``2026-11-25``."""
        return self.first.isoformat() <= day <= self.last.isoformat()


WHOLE = Days()
