"""The one reader of the clock; everything below is handed `now`."""

from __future__ import annotations

import time


def now() -> float:
    """Return epoch seconds UTC."""
    return time.time()
