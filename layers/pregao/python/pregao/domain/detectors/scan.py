"""All patterns over a series of candles: the one entry for live detection and for backtests."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.signal import Direction, Pattern, Signal
from pregao.domain.detectors import engulfing, level_break, rsi_divergence, volatility_extreme
from pregao.domain.detectors.indicators import rsi_and_atr
from pregao.domain.detectors.prices import Series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pregao.domain.detectors.firings import Firings, Rows, Sides
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles, Floats
    from pregao.domain.market.instrument import Instrument

# Candles judged at once: their columns stay in the processor's cache. No result depends on it.
_BLOCK = 6000


def scan(
    candles: Candles, instrument: Instrument, settings: DetectorSettings, since: int = 0, step: int = 0
) -> list[Signal]:
    """Return the signals on candles of index >= since, by time, then in the order of Pattern.

    `step` is the timeframe in seconds; 0 takes the one that the candles tell.
    Nothing fires before index `settings.warmup` - 1. What a candle fires depends on the `warmup` candles up
    to it and on nothing else, bit for bit: a window and the whole history agree.
    """
    return [one for block in judged(candles, instrument, settings, since, step) for one in block.signals()]


@dataclass(frozen=True, slots=True)
class Block:
    """Candles judged together: the rows from `first` on, by the warm-up before them. ATR in units."""

    candles: Candles
    series: Series
    found: dict[Pattern, Firings]
    atr: Floats
    first: int

    def signals(self) -> list[Signal]:
        """Return the signals by time, then in the order of Pattern."""
        prices = self.series.price(self.atr)
        fresh = [
            signal
            for pattern, firings in self.found.items()
            for signal in _signals(pattern, firings, self.candles, prices, self.first)
        ]
        fresh.sort(key=attrgetter("time"))
        return fresh


def judged(
    candles: Candles, instrument: Instrument, settings: DetectorSettings, since: int = 0, step: int = 0
) -> Iterator[Block]:
    """Judge the candles from index `since` on, block by block; see `scan`."""
    step = step or candles.step
    for rows in _blocks(len(candles), settings.warmup, since):
        judged = candles[rows]
        series, found, atr = _judge(judged, instrument, settings, step)
        yield Block(judged, series, found, atr, settings.warmup - 1)


@dataclass(frozen=True, slots=True)
class Columns:
    """What the scan says of every candle: sides per enabled pattern, ATR in units (NaN before warm-up)."""

    sides: dict[Pattern, Sides]
    atr: Floats


def columns(candles: Candles, instrument: Instrument, settings: DetectorSettings) -> Columns:
    """Return the side of every candle, +1 long, -1 short, 0 does not fire, and the ATR."""
    every = {pattern: np.zeros(len(candles), dtype=np.int8) for pattern in settings.enabled}
    ranges = np.full(len(candles), np.nan)
    first, step = settings.warmup - 1, candles.step
    for rows in _blocks(len(candles), settings.warmup, 0):
        judged = slice(rows.start + first, rows.stop)
        _, found, atr = _judge(candles[rows], instrument, settings, step)
        ranges[judged] = atr[first:]
        for pattern, firings in found.items():
            every[pattern][judged] = firings.sides[first:]
    return Columns(every, ranges)


def _blocks(length: int, warmup: int, since: int) -> Iterator[slice]:
    """Cut the candles to judge into blocks, each preceded by its warm-up."""
    for start in range(max(since, warmup - 1), length, _BLOCK):
        yield slice(start - warmup + 1, min(start + _BLOCK, length))


def _judge(
    candles: Candles, instrument: Instrument, settings: DetectorSettings, step: int
) -> tuple[Series, dict[Pattern, Firings], Floats]:
    """Return the firings of the enabled patterns, in the order of Pattern, and the ATR in units."""
    series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
    (rsi, atr), first = rsi_and_atr(series), settings.warmup - 1
    judges = {
        Pattern.VOLATILITY_EXTREME: lambda: volatility_extreme.find(
            series, settings.volatility_extreme, first
        ),
        Pattern.ENGULFING: lambda: engulfing.find(series, settings.engulfing, atr, first),
        Pattern.RSI_DIVERGENCE: lambda: rsi_divergence.find(series, settings.rsi_divergence, rsi, first),
        Pattern.LEVEL_BREAK: lambda: level_break.find(series, settings.level_break, atr, first),
    }
    found = {pattern: judges[pattern]() for pattern in settings.enabled}
    hole = settings.hole
    if hole.hold and hole.missing and len(series.holes(hole.missing, step)):
        held = series.since_hole(hole.missing, step) < hole.hold
        found = {pattern: one.without(held) for pattern, one in found.items()}
    return series, found, atr


def _signals(
    pattern: Pattern, firings: Firings, candles: Candles, atr: Floats, first: int
) -> Iterator[Signal]:
    rows: Rows = firings.sides[first:].nonzero()[0] + first
    if not len(rows):
        return
    reasons = firings.reasons(rows)
    names, columns = list(reasons), [column.tolist() for column in reasons.values()]
    facts = (column[rows].tolist() for column in (candles.time, firings.sides, candles.close, atr))
    for time, side, price, range_, *numbers in zip(*facts, *columns, strict=True):
        direction = Direction.LONG if side > 0 else Direction.SHORT
        yield Signal(time, pattern, direction, price, range_, dict(zip(names, numbers, strict=True)))
