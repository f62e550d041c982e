"""Candles as MetaTrader 5 itself exports them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from pregao.domain.market.candles import Candles, Floats

HEADER = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
_MOST_DIGITS = 8


def write_mt5(candles: Candles, path: Path, timezone: str) -> None:
    """Write MetaTrader 5's export: tabs, one line per candle, the wall clock of `timezone` (IANA).

    Prices keep every digit they have. `local.lab.history.read` with the same zone gives the candles back,
    but for the hour that daylight saving repeats: a wall clock cannot tell its two passings apart.
    """
    zone = ZoneInfo(timezone)
    stamps = [datetime.fromtimestamp(at, zone).strftime("%Y.%m.%d\t%H:%M:%S") for at in candles.time.tolist()]
    prices = [_texts(column) for column in (candles.open, candles.high, candles.low, candles.close)]
    volumes = [map(str, one.tolist()) for one in (candles.tick_volume, candles.real_volume, candles.spread)]
    rows = map("\t".join, zip(stamps, *prices, *volumes, strict=True))
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="ascii", newline="\n")


def _texts(column: Floats) -> list[str]:
    """Format with the fewest decimals, the same in each row, that lose nothing."""
    for digits in range(_MOST_DIGITS + 1):
        if np.array_equal(np.round(column, digits), column):
            return [f"{value:.{digits}f}" for value in column.tolist()]
    return [repr(value) for value in column.tolist()]
