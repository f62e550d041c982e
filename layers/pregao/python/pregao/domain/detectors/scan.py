"""All patterns over a series of candles: the one entry for live detection and for backtests."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Self

import numpy as np

from pregao.domain.alerts.signal import Direction, Pattern, Signal
from pregao.domain.detectors import engulfing, level_break, rsi_divergence, volatility_extreme
from pregao.domain.detectors.indicators import rsi_and_atr
from pregao.domain.detectors.prices import Series

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from pregao.domain.detectors.firings import Firings, Rows, Sides
    from pregao.domain.detectors.settings import DetectorSettings, Hole
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


@dataclass(frozen=True, slots=True)
class Prepared:
    """Candles with what all patterns and all settings share: prices in units, RSI and ATR of every candle."""

    series: Series
    rsi: Floats
    atr: Floats
    step: int

    @classmethod
    def of(cls, candles: Candles, instrument: Instrument, step: int) -> Self:
        """Prepare candles of a timeframe of `step` seconds."""
        series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
        rsi, atr = rsi_and_atr(series)
        return cls(series, rsi, atr, step)

    def find(self, pattern: Pattern, settings: DetectorSettings) -> Firings:
        """Return a pattern's firings from the warm-up on, those after a hole too."""
        series, first = self.series, settings.warmup - 1
        match pattern:
            case Pattern.VOLATILITY_EXTREME:
                return volatility_extreme.find(series, settings.volatility_extreme, first)
            case Pattern.ENGULFING:
                return engulfing.find(series, settings.engulfing, self.atr, first)
            case Pattern.RSI_DIVERGENCE:
                return rsi_divergence.find(series, settings.rsi_divergence, self.rsi, first)
            case Pattern.LEVEL_BREAK:
                return level_break.find(series, settings.level_break, self.atr, first)
        raise ValueError(f"{pattern} is none of the patterns with a side that a candle fires")

    def held(self, hole: Hole) -> NDArray[np.bool_] | None:
        """Return on which candles nothing fires after a hole in the feed; None where there is none."""
        if not (hole.hold and hole.missing and len(self.series.holes(hole.missing, self.step))):
            return None
        held: NDArray[np.bool_] = self.series.since_hole(hole.missing, self.step) < hole.hold
        return held


def prepared(candles: Candles, instrument: Instrument, warmup: int) -> Iterator[tuple[slice, Prepared]]:
    """Prepare a history as `columns` reads it: each part with the rows that it decides, after its warm-up."""
    for rows in _blocks(len(candles), warmup, 0):
        yield slice(rows.start + warmup - 1, rows.stop), Prepared.of(candles[rows], instrument, candles.step)


def columns(candles: Candles, instrument: Instrument, settings: DetectorSettings) -> Columns:
    """Return the side of every candle, +1 long, -1 short, 0 does not fire, and the ATR."""
    every = {pattern: np.zeros(len(candles), dtype=np.int8) for pattern in settings.enabled}
    ranges = np.full(len(candles), np.nan)
    first = settings.warmup - 1
    for judged, part in prepared(candles, instrument, settings.warmup):
        ranges[judged] = part.atr[first:]
        for pattern, firings in _firings(part, settings).items():
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
    part = Prepared.of(candles, instrument, step)
    return part.series, _firings(part, settings), part.atr


def _firings(part: Prepared, settings: DetectorSettings) -> dict[Pattern, Firings]:
    found = {pattern: part.find(pattern, settings) for pattern in settings.enabled}
    held = part.held(settings.hole)
    return found if held is None else {pattern: one.without(held) for pattern, one in found.items()}


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
