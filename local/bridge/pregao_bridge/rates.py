"""Rows as the terminal answers them into closed candles in UTC."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pregao_bridge.batch import Columns, Faulty, Row, columns_of
from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.setaside import once_each

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao_bridge.metatrader import Rows

NOTHING = Columns([], [], [], [], [], [], [], [])


def closed(
    rows: Rows,
    timeframe_s: int,
    utc: Callable[[int], int],
    server_now: float,
    on_double: Callable[[Faulty], None] = lambda _candle: None,
) -> Columns:
    """Return the candles closed at `server_now` (epoch seconds UTC), oldest first, as plain numbers.

    `utc` turns a server's stamp into epoch seconds UTC. Of two candles of one time the terminal's later one
    stands, and `on_double` hears of the other. Raises MarketFault FAILED where most times are off the
    timeframe's grid: that is the clock, not a candle.
    """
    named = zip(*(rows[field.name].tolist() for field in fields(Columns)), strict=True)
    told: list[Row] = [(utc(row[0]), *row[1:]) for row in named]
    kept, doubled = once_each([row for row in told if row[0] + timeframe_s <= server_now])
    off = [row for row in kept if row[0] % timeframe_s]
    if len(off) > len(kept) / 2:
        raise MarketFault(Condition.FAILED, f"candle of {_when(off[-1][0])} is off the {timeframe_s} s grid")
    for one in doubled:
        on_double(one)
    return columns_of(kept)


def joined(first: Columns, second: Columns) -> Columns:
    """Return the candles of both, in this order."""
    return Columns(*(getattr(first, one.name) + getattr(second, one.name) for one in fields(Columns)))


def _when(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="minutes")
