"""A watched alert that comes back to its operator at a time, by their own choice."""

from __future__ import annotations

from dataclasses import dataclass

LONGEST_MIN = 60
"""Minutes after which a watched alert comes back at most: it is open for so long (WATCH_S)."""
TRIED_S = 900
"""Seconds for which a screen is looked for once the time has come."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """An operator (an id) wants an alert back at `at` (epoch seconds)."""

    operator: str
    alert_id: str
    at: float
