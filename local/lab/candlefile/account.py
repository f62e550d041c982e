"""What was understood of a file, as numbers and as words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from local.lab.candlefile import evidence, marks, timegrid
from local.lab.candlefile.clocks import DAY_S, to_wall
from pregao.domain.text.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.lab.candlefile.facts import Reading

_ATR_CANDLES = 14
_SEPARATORS = {"\t": "tab", "\x1f": "cells", " ": "space"}


@dataclass(frozen=True, slots=True)
class Measures:
    """Figures of the candles: shares from 0 to 1 (None: not known), `holes` candles missing within days.

    Prices and the mean true range of the last 14 candles in the instrument's own numbers.
    """

    in_session: float | None
    on_grid: float | None
    holes: int
    lowest: float
    highest: float
    atr: float


def measure(reading: Reading) -> Measures:
    """Return the figures of a file's candles."""
    candles, market = reading.candles, reading.market
    before = np.r_[candles.open[:1], candles.close[:-1]]
    span = np.maximum(candles.high, before) - np.minimum(candles.low, before)
    prices = (candles.open, candles.high, candles.low, candles.close)
    return Measures(
        evidence.session_share(candles.time, reading.timeframe_s, market),
        None if market.tick is None else marks.share_on_grid(prices, market.tick),
        _holes(reading),
        float(candles.low.min()),
        float(candles.high.max()),
        float(span[-_ATR_CANDLES:].mean()),
    )


def one_line(reading: Reading) -> str:
    """Return the file as understood in one line, for every command that reads it."""
    first, last = _local(reading, 0), _local(reading, -1)
    told = [
        f"{reading.path.name}: {reading.format}",
        f"{counted(len(reading.candles), 'candle')} {timegrid.name_of(reading.timeframe_s)}",
        f"{first} → {last} ({reading.market.timezone})",
        f"relógio · clock {reading.clock}",
    ]
    if not reading.stamps.startswith("open"):
        told.append(f"hora · time {reading.stamps}")
    told += [f"dúvida · doubt: {doubt}" for doubt in doubts(reading)]
    return "; ".join(told)


def doubts(reading: Reading) -> tuple[str, ...]:
    """Return what was doubtful, the prices off the tick grid included."""
    found = measure(reading)
    if found.on_grid is None or found.on_grid >= 0.98:
        return reading.doubts
    tick = f"{reading.market.tick:g}"
    return (*reading.doubts, f"{1 - found.on_grid:.0%} of the prices are off the tick grid of {tick}")


def plain(reading: Reading) -> dict[str, Any]:
    """Return what `inspect --json` prints."""
    candles = reading.candles
    return {
        "format": reading.format,
        "candles": len(candles),
        "timeframe": timegrid.name_of(reading.timeframe_s),
        "first_utc": _utc(reading, 0),
        "last_utc": _utc(reading, -1),
        "first": {name: float(getattr(candles, name)[0]) for name in marks.PRICES},
        "doubts": list(doubts(reading)),
    }


def rows(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield label and value of everything that was understood."""
    found = measure(reading)
    separator = _SEPARATORS.get(reading.separator, reading.separator)
    yield "formato · format", reading.format + (f", {reading.sheet!r}" if reading.sheet else "")
    yield "codificação · encoding", reading.encoding
    yield "separador · separator", separator
    yield "decimal · decimal mark", reading.decimal
    yield "datas · date order", reading.dates
    yield "relógio · clock", reading.clock
    yield "hora da vela · stamp", reading.stamps
    yield "ordem · order", "newest first" if reading.newest_first else "oldest first"
    yield "velas · candles", f"{len(reading.candles)} {timegrid.name_of(reading.timeframe_s)}"
    for label, at in (("primeira · first", 0), ("última · last", -1)):
        yield label, f"{_local(reading, at)} {reading.market.timezone} · {_utc(reading, at)}"
    yield "no pregão · in session", _share(found.in_session)
    yield "na grade · on the tick grid", _share(found.on_grid)
    yield "buracos · holes", str(found.holes)
    yield "repetidas · duplicates", str(reading.duplicates)
    yield (
        "preços · prices",
        f"{found.lowest:.10g} … {found.highest:.10g}, ATR({_ATR_CANDLES}) {found.atr:.6g}",
    )
    yield "volume", reading.volumes
    for doubt in doubts(reading):
        yield "dúvida · doubt", doubt


def _holes(reading: Reading) -> int:
    """Return how many candles are missing between candles of one date at the exchange."""
    wall = to_wall(reading.candles.time, reading.market.timezone)
    steps = np.diff(reading.candles.time)
    same = np.diff(wall // DAY_S) == 0
    return int((steps[same] // reading.timeframe_s - 1).sum())


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"


def _utc(reading: Reading, at: int) -> str:
    return f"{datetime.fromtimestamp(int(reading.candles.time[at]), UTC):%Y-%m-%dT%H:%M:%SZ}"


def _local(reading: Reading, at: int) -> str:
    moment = datetime.fromtimestamp(int(reading.candles.time[at]), ZoneInfo(reading.market.timezone))
    return f"{moment:%Y-%m-%d %H:%M}"
