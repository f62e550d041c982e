"""Times as operators read them: on the clock of an exchange, which is named where it is not the desk's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from pregao.domain.delivery.duty import DESK_ZONE

ZoneOf = Callable[[str], ZoneInfo]
"""Gives the zone of an instrument's exchange by the instrument's name."""


def desk_zone(_instrument: str) -> ZoneInfo:
    """Return the desk's zone, whatever the instrument."""
    return DESK_ZONE


def zone_mark(zone: ZoneInfo) -> str:
    """Return what stands behind a time of another zone than the desk's (`` New York``); else nothing."""
    return "" if zone == DESK_ZONE else f" {zone.key.rpartition('/')[2].replace('_', ' ')}"


def hour_minute(at: float, zone: ZoneInfo = DESK_ZONE) -> str:
    """Return ``11:05``, or ``09:05 New York``; `at` is in epoch seconds."""
    return f"{datetime.fromtimestamp(at, zone):%H:%M}{zone_mark(zone)}"


def day_and_minute(at: float, zone: ZoneInfo = DESK_ZONE) -> str:
    """Return ``23/11/2026 11:05``, with the zone's mark; `at` is in epoch seconds."""
    return f"{datetime.fromtimestamp(at, zone):%d/%m/%Y %H:%M}{zone_mark(zone)}"


def day_and_second(at: float, zone: ZoneInfo = DESK_ZONE) -> str:
    """Return ``23/11/2026 11:05:03``, with the zone's mark; `at` is in epoch seconds."""
    return f"{datetime.fromtimestamp(at, zone):%d/%m/%Y %H:%M:%S}{zone_mark(zone)}"
