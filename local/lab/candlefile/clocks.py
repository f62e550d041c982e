"""Clocks of a file: from wall clock to UTC and back, whole columns at once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.market.candles import Ints

DAY_S = 86_400


class ClockError(ValueError):
    """A clock that is none; the message names the forms."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A zone's wall clock, `ahead_s` seconds ahead of it."""

    zone: str
    ahead_s: int = 0

    def __str__(self) -> str:
        hours = f"{self.ahead_s / 3600:+g}" if self.ahead_s else ""
        return f"{self.zone}{hours}"


UTC_CLOCK = Clock("UTC")


@dataclass(frozen=True, slots=True)
class Converted:
    """UTC seconds, and the rows whose wall clock comes twice (`repeated`) or never (`skipped`)."""

    utc: Ints
    repeated: NDArray[np.bool_]
    skipped: NDArray[np.bool_]


def clock_named(text: str, server: str) -> Clock:
    """Return the clock of --clock; `server` is the instrument's zone. Raises ClockError."""
    if text.casefold() in ("utc", "gmt", "z"):
        return UTC_CLOCK
    if text.casefold() in ("server", "local"):
        return Clock(server)
    if _is_zone(text):
        return Clock(text)
    match = re.fullmatch(r"([A-Za-z_/\-]+)([+-]\d{1,2})(?::(\d\d))?", text)
    if match is None or not _is_zone(match.group(1)):
        raise ClockError(f"{text!r} is no clock; utc, server, America/New_York or America/New_York+7")
    hours, minutes = int(match.group(2) or 0), int(match.group(3) or 0)
    return Clock(match.group(1), hours * 3600 + (minutes if hours >= 0 else -minutes) * 60)


def to_utc(wall: Ints, clock: Clock) -> Converted:
    """Return a wall clock's times in UTC; a repeated time is taken as its first passing."""
    zone, wall = ZoneInfo(clock.zone), wall - clock.ahead_s
    days, row_day = np.unique(wall // DAY_S, return_inverse=True)
    at_start = np.array([_offset(int(day) * DAY_S, zone, 0) for day in days], dtype=np.int64)
    at_end = np.array([_offset((int(day) + 1) * DAY_S, zone, 1) for day in days], dtype=np.int64)
    offsets = at_start[row_day]
    repeated, skipped = np.zeros(len(wall), dtype=bool), np.zeros(len(wall), dtype=bool)
    for row in np.flatnonzero((at_start != at_end)[row_day]):
        first, second = (_offset(int(wall[row]), zone, fold) for fold in (0, 1))
        offsets[row] = first
        repeated[row], skipped[row] = first > second, first < second
    return Converted(wall - offsets, repeated, skipped)


def second_passing(wall: Ints, clock: Clock, rows: NDArray[np.bool_]) -> Ints:
    """Return UTC of the second passing of repeated times; other rows are not asked."""
    zone = ZoneInfo(clock.zone)
    found = np.zeros(len(wall), dtype=np.int64)
    for row in np.flatnonzero(rows):
        at = int(wall[row]) - clock.ahead_s
        found[row] = at - _offset(at, zone, 1)
    return found


def to_wall(utc: Ints, zone_name: str) -> Ints:
    """Return the wall clock of a zone as seconds since 1970, for UTC seconds."""
    zone = ZoneInfo(zone_name)
    bins, row_bin = np.unique(utc // DAY_S, return_inverse=True)
    start = np.array([_utc_offset(int(one) * DAY_S, zone) for one in bins], dtype=np.int64)
    end = np.array([_utc_offset((int(one) + 1) * DAY_S - 1, zone) for one in bins], dtype=np.int64)
    offsets = start[row_bin]
    for row in np.flatnonzero((start != end)[row_bin]):
        offsets[row] = _utc_offset(int(utc[row]), zone)
    return utc + offsets


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _offset(wall: int, zone: ZoneInfo, fold: int) -> int:
    moment = datetime(1970, 1, 1) + timedelta(seconds=wall)  # noqa: DTZ001  # a wall clock, its zone is next
    return _seconds(moment.replace(tzinfo=zone, fold=fold).utcoffset())


def _utc_offset(utc: int, zone: ZoneInfo) -> int:
    return _seconds(datetime.fromtimestamp(utc, UTC).astimezone(zone).utcoffset())


def _seconds(shift: timedelta | None) -> int:
    assert shift is not None  # noqa: S101  # a ZoneInfo always knows
    return int(shift.total_seconds())
