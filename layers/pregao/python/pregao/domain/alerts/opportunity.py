"""Which alerts are one opportunity: one row for a person, and one ring.

Candles of one session that follow each other and each carry a signal are one opportunity; a candle looks back
at most LOOK_BACK candles for its beginning. So it is known from a window alone, whichever window holds it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from pregao.domain.alerts.alert import Opportunity, alert_id

if TYPE_CHECKING:
    from pregao.domain.alerts.signal import Direction, Signal

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


def look_back(since: int, warmup: int) -> int:
    """Return the first candle to judge so that the opportunities of the candles from `since` on are known.

    A window that is shorter than warm-up and look-back is judged as far back as its warm-up allows.
    """
    return max(min(since, warmup - 1), since - LOOK_BACK)


def opportunities(
    signals: Sequence[Signal],
    times: Sequence[int],
    day_of: Callable[[int], date],
    contract: str,
    timeframe: str,
) -> dict[str, Opportunity]:
    """Return the opportunity of every signal, by the id of its alert.

    `signals` are those of consecutive candles of a window, by time, and `times` the opens of its candles;
    `day_of` gives the session's date. An alert knows those of its opportunity up to its own candle: the other
    side conflicts, all else agrees.
    """
    row_of = {one.time: bisect_left(times, one.time) for one in signals}
    begun = beginnings(
        sorted(row_of.values()), lambda row: bisect_left(times, day_of(times[row]), key=day_of)
    )
    ids = [alert_id(contract, timeframe, one.pattern, one.direction, one.time) for one in signals]
    rows = [row_of[one.time] for one in signals]
    found = {}
    for at, (own, signal) in enumerate(zip(ids, signals, strict=True)):
        begins, row = begun[rows[at]], rows[at]
        among = range(bisect_left(rows, begins), bisect_left(rows, row + 1))
        members = [(ids[one], signals[one].direction) for one in among if one != at]
        found[own] = Opportunity(
            opportunity_id(contract, timeframe, times[begins]),
            tuple(other for other, side in members if not _opposed(signal.direction, side)),
            tuple(other for other, side in members if _opposed(signal.direction, side)),
        )
    return found


def _opposed(one: Direction, other: Direction) -> bool:
    return one.sign * other.sign < 0
