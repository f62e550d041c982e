"""Candle files as people have them -> Candles. How a file is understood: candlefile/."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING

from local.errors import HistoryError, Undecided
from local.lab.candlefile import timegrid
from local.lab.candlefile.facts import BY_EVIDENCE, Choices, Market, Reading
from local.lab.candlefile.read import understand
from pregao.domain.market.sessions import Hours, Sessions
from pregao.domain.market.timeframe import TIMEFRAMES

if TYPE_CHECKING:
    from pathlib import Path

    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument

B3_ZONE = "America/Sao_Paulo"
B3_FUTURES = Sessions(Hours(time(9), time(18, 30)))
"""When B3's futures trade, for a file of which the zone alone is known; holidays are not."""

__all__ = ["HistoryError", "judged_candles", "read", "read_for", "timeframe_of"]


def read_for(path: Path, instrument: Instrument, name: str = "", choices: Choices = BY_EVIDENCE) -> Reading:
    """Return a file as understood with what is known of the instrument; `name` is the symbol asked for.

    Raises HistoryError, its message `file:line: what is wrong; remedy`.
    """
    market = Market(instrument.timezone, instrument.sessions, instrument.tick_size, name or instrument.name)
    return understand(path, market, choices)


def judged_candles(reading: Reading) -> Candles:
    """Return the candles of a timeframe that detection takes. Raises HistoryError, which names it."""
    if reading.timeframe_s in TIMEFRAMES.values():
        return reading.candles
    name, taken = timegrid.name_of(reading.timeframe_s), ", ".join(TIMEFRAMES)
    raise HistoryError(
        reading.path, 1, f"{name} candles are read and charted, not judged; give one of {taken}"
    )


def read(path: Path, timezone: str, choices: Choices = BY_EVIDENCE) -> Candles:
    """Return the candles of a file, oldest first, times in epoch seconds UTC, knowing but the zone.

    `timezone` is the IANA zone of the file's wall clock: the exchange's or the broker's server. Without an
    instrument no tick chooses between readings, and sessions only where B3's zone tells them: more files are
    refused than by `read_for`. Volumes and spread that the file does not have are zeros. Raises HistoryError.
    """
    try:
        return understand(path, Market(timezone), choices).candles
    except Undecided:
        if timezone != B3_ZONE:
            raise
        return understand(path, Market(timezone, B3_FUTURES, name="B3's futures"), choices).candles


def timeframe_of(candles: Candles) -> int:
    """Return the timeframe in seconds. Raises ValueError when the times follow none from M1 to D1."""
    timeframe = timegrid.spacing(candles.time) if len(candles) else None
    if timeframe is None:
        raise ValueError("the candles follow no timeframe from M1 to D1")
    return timeframe
