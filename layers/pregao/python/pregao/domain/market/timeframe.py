"""The timeframes of the candles that are taken, by MetaTrader 5's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

Timeframe = Literal["M1", "M2", "M3", "M4", "M5", "M6", "M10", "M12", "M15", "M20", "M30", "H1"]
"""The one list: a batch, a heartbeat and the configuration take these, and refuse others."""


def seconds_of(timeframe: str) -> int:
    """Return the seconds of one candle: 300 for "M5", 3600 for "H1"."""
    return {"M": 60, "H": 3600}[timeframe[0]] * int(timeframe[1:])


TIMEFRAMES: Mapping[str, int] = {name: seconds_of(name) for name in get_args(Timeframe)}
"""Seconds of one candle by the timeframe's name, the shortest first."""
