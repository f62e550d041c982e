"""Candle files as people have them -> Candles. Formats in formats.py, what is refused in checks.py."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from local.errors import HistoryError
from local.lab import checks, columns
from pregao.domain.market.candles import Candles, Ints

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["HistoryError", "read", "timeframe_of"]

_DAY_S = 86_400
_PRICES = ("open", "high", "low", "close")


def read(path: Path, timezone: str) -> Candles:
    """Return the candles of a file, oldest first, times in epoch seconds UTC.

    `timezone` is the IANA zone of the file's wall clock: the exchange's or the broker's server. A time that
    daylight saving repeats is its first passing; a time that it skips is refused. Volumes and spread that
    the file does not have are zeros. Raises HistoryError, its message `file:line: what is wrong; remedy`.
    """
    table = columns.load(path)
    wall = columns.wall_clock(table)
    open_, high, low, close = (columns.numbers(table, role) for role in _PRICES)
    checks.check_prices(table, (open_, high, low, close))
    ascending = checks.oldest_first(table, wall)
    checks.check_grid(table, wall, ascending)
    volumes = (columns.integers(table, role) for role in ("tick_volume", "real_volume", "spread"))
    candles = Candles(_to_utc(table, wall, ZoneInfo(timezone)), open_, high, low, close, *volumes)
    return candles if ascending else _reversed(candles)


def timeframe_of(candles: Candles) -> int:
    """Return the timeframe in seconds. Raises ValueError when the times follow none from M1 to D1."""
    timeframe = checks.spacing(candles.time) if len(candles) else None
    if timeframe is None:
        raise ValueError("the candles follow no timeframe from M1 to D1")
    return timeframe


def _reversed(candles: Candles) -> Candles:
    turned = candles[::-1]
    return Candles(*(np.ascontiguousarray(getattr(turned, field.name)) for field in fields(turned)))


def _to_utc(table: columns.Table, wall: Ints, zone: ZoneInfo) -> Ints:
    """Subtract the zone's offset: one per date, minute by minute only on the days it changes."""
    days, row_day = np.unique(wall // _DAY_S, return_inverse=True)
    midnights = [_offset(int(day) * _DAY_S, zone) for day in days]
    next_midnights = [_offset((int(day) + 1) * _DAY_S, zone) for day in days]
    offsets = np.array(midnights, dtype=np.int64)[row_day]
    for day in np.flatnonzero(np.array(midnights) != np.array(next_midnights)):
        for row in np.flatnonzero(row_day == day):
            offsets[row] = _offset(int(wall[row]), zone)
            _refuse_skipped(table, int(row), int(wall[row]), zone)
    return wall - offsets


def _offset(wall: int, zone: ZoneInfo) -> int:
    """Return the zone's offset in seconds at a wall clock, the first passing of a repeated one."""
    shift = _local(wall, zone).utcoffset()
    assert shift is not None  # noqa: S101  # a ZoneInfo always knows
    return int(shift.total_seconds())


def _local(wall: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(wall, UTC).replace(tzinfo=zone)


def _refuse_skipped(table: columns.Table, row: int, wall: int, zone: ZoneInfo) -> None:
    local = _local(wall, zone)
    back = local.astimezone(UTC).astimezone(zone)
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        message = f"{local:%Y-%m-%d %H:%M} does not exist in {zone.key} (daylight saving begins)"
        raise table.refuse(row, f"{message}; name the zone of the file's wall clock")
