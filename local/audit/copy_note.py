"""Which days of the bucket a copy holds, and when each was copied: `copy.json` in the copy's root.

A copy of some days is verified for those days. The note proves nothing; it only limits verification
to the days it lists, and the result names those days.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from pregao.domain.audit.archive_days import WHOLE, ArchiveError, Days

FILE = "copy.json"
ENDED = timedelta(hours=3)
"""So long after a day its record is in the archive and signed."""


@dataclass(frozen=True, slots=True)
class Part:
    """Days (UTC) that were copied, and when."""

    days: Days
    at: datetime


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a copy holds, and what of it is asked about; without parts it is the whole archive."""

    parts: Sequence[Part] = ()
    asked: Days = WHOLE

    @property
    def whole(self) -> bool:
        """Tell whether every day of the archive is covered."""
        return self.asked == WHOLE and (not self.parts or any(one.days == WHOLE for one in self.parts))

    @property
    def unsaid(self) -> bool:
        """Tell whether neither a note nor an option says which days of the archive are there."""
        return not self.parts and self.asked == WHOLE

    @property
    def now(self) -> bool:
        """Tell whether all of it was copied at one time, so that every day must be there to the end."""
        return self.whole and len(self.parts) <= 1

    def has(self, day: str) -> bool:
        """Tell of a day written as in the records whether it is covered."""
        return day in self.asked and (not self.parts or any(day in one.days for one in self.parts))

    def had(self, day: str, until: datetime) -> bool:
        """Tell whether that day was copied after `until`: what was archived by then is in the copy."""
        if not self.parts:
            return day in self.asked
        return day in self.asked and any(day in one.days and until <= one.at for one in self.parts)

    @property
    def until(self) -> datetime:
        """When the last day asked about was over and signed; later objects belong to another day's check."""
        return datetime.combine(self.asked.last, time(), UTC) + timedelta(days=1) + ENDED

    @property
    def as_of(self) -> datetime | None:
        """When the newest part was copied, None where no note says."""
        return max((one.at for one in self.parts), default=None)


def add(folder: Path, days: Days, now: datetime) -> None:
    """Note that those days are in the folder as the bucket had them at `now`."""
    parts = [one for one in read(folder) if not _within(one.days, days)]
    parts.append(Part(days, now.astimezone(UTC)))
    folder.mkdir(parents=True, exist_ok=True)
    plain = [
        {"first": f"{one.days.first}", "last": f"{one.days.last}", "at": one.at.isoformat()} for one in parts
    ]
    (folder / FILE).write_text(json.dumps({"version": 1, "parts": plain}, indent=1) + "\n", encoding="utf-8")


def read(folder: Path) -> list[Part]:
    """Return the parts that a folder's note names, none where it has no note; raises ArchiveError."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))["parts"]
        return [Part(_days(one), datetime.fromisoformat(one["at"]).astimezone(UTC)) for one in told]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(
            f"{folder / FILE} não é a nota de uma cópia ({error}); apague-o para conferir a pasta como cópia"
            " do bucket inteiro · is not the note that a copy comes with; remove it to verify the folder as a"
            " copy of the whole bucket"
        ) from error


def _days(told: dict[str, str]) -> Days:
    return Days(date.fromisoformat(told["first"]), date.fromisoformat(told["last"]))


def _within(inner: Days, outer: Days) -> bool:
    return outer.first <= inner.first and inner.last <= outer.last
