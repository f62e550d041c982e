"""Which alerts are one opportunity: one row for a person, and one ring.

Candles of one session that follow each other and each carry a signal are one opportunity; a candle looks back
at most LOOK_BACK candles for its beginning. So it is known from a window alone, whichever window holds it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

LOOK_BACK = 12
"""Candles before its own at which an alert's opportunity may begin."""


def beginnings(rows: Iterable[int], session_first: Callable[[int], int]) -> dict[int, int]:
    """Return per candle with a signal the candle that its opportunity begins on.

    `rows` are the candles with a signal, in order, each once; `session_first` gives the first candle of a
    candle's session.
    """
    found: dict[int, int] = {}
    before, begun = -2, 0
    for row in rows:
        if row != before + 1 or begun < session_first(row):
            begun = row
        found[row] = max(begun, row - LOOK_BACK)
        before = row
    return found


def opportunity_id(contract: str, timeframe: str, first_time: int) -> str:
    """Return the SHA-256 (hex) that all alerts of an opportunity share; its first candle's epoch seconds."""
    return hashlib.sha256(f"{contract}|{timeframe}|{first_time}".encode()).hexdigest()
