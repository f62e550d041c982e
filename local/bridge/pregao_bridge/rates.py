"""Rows as the terminal answers them into closed candles in UTC."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from pregao_bridge.batch import Columns
from pregao_bridge.market import Condition, MarketFault

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao_bridge.metatrader import Rows

NOTHING = Columns([], [], [], [], [], [], [], [])


def closed(rows: Rows, timeframe_s: int, utc: Callable[[int], int], server_now: float) -> Columns:
    """Return the candles closed at `server_now` (epoch seconds UTC), oldest first, as plain numbers.

    `utc` turns a server's stamp into epoch seconds UTC. A row said twice is taken once. Raises MarketFault
    FAILED for two candles of one time that differ, and for a time off the timeframe's grid.
    """
    told = zip(*(rows[field.name].tolist() for field in fields(Columns)), strict=True)
    candles = sorted({(utc(row[0]), *row[1:]) for row in told})
    kept = [row for row in candles if row[0] + timeframe_s <= server_now]
    for one, following in pairwise(kept):
        if one[0] == following[0]:
            raise MarketFault(Condition.FAILED, f"two different candles of {_when(one[0])}")
    for row in kept:
        if row[0] % timeframe_s:
            raise MarketFault(Condition.FAILED, f"candle of {_when(row[0])} is off the {timeframe_s} s grid")
    return Columns(*map(list, zip(*kept, strict=True))) if kept else NOTHING


def joined(first: Columns, second: Columns) -> Columns:
    """Return the candles of both, in this order."""
    return Columns(*(getattr(first, one.name) + getattr(second, one.name) for one in fields(Columns)))


def rows_of(columns: Columns) -> list[tuple[float, ...]]:
    """Return one tuple per candle, in the order of the columns."""
    return list(zip(*(getattr(columns, one.name) for one in fields(Columns)), strict=True))


def _when(epoch_s: int) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="minutes")
