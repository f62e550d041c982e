"""A server's wall clock where it is known by a rule: an IANA zone, perhaps some hours away from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NO_ZONE = (ZoneInfoNotFoundError, ValueError, OSError)
"""What ZoneInfo raises for a name that is no zone; OSError for a directory of zones ("America")."""
_SHIFTED = re.compile(r"(?P<zone>.+)(?P<sign>[+-])(?P<hours>\d{1,2})(?::(?P<minutes>[0-5]\d))?")


@dataclass(frozen=True, slots=True)
class ServerZone:
    """The zone's wall clock plus `shift_s` seconds; a zone of None is UTC, which makes a fixed offset."""

    zone: ZoneInfo | None
    shift_s: int = 0

    def offset_at(self, epoch_s: float) -> int:
        """Return the server's offset at a moment (epoch seconds UTC), seconds east of UTC."""
        shown = datetime.fromtimestamp(epoch_s, UTC).astimezone(self.zone or UTC).utcoffset()
        return self.shift_s + (0 if shown is None else int(shown.total_seconds()))

    def utc(self, stamp: int) -> int:
        """Return the UTC epoch of a stamp: the server's wall clock as seconds since 1970."""
        near = stamp - self.offset_at(stamp)
        return stamp - self.offset_at(near)


def parse(text: str) -> ServerZone:
    """Read "Europe/Athens" or "America/New_York+7". Raises ValueError for what is neither."""
    try:
        return ServerZone(ZoneInfo(text))
    except NO_ZONE:
        found = _SHIFTED.fullmatch(text)
    if found is None:
        raise ValueError(text)
    seconds = int(found["hours"]) * 3600 + int(found["minutes"] or 0) * 60
    try:
        return ServerZone(ZoneInfo(found["zone"]), -seconds if found["sign"] == "-" else seconds)
    except NO_ZONE as error:
        raise ValueError(text) from error
