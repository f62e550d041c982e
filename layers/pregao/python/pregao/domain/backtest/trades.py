"""What became of every alert: a trade from its candle's close to target, stop or the end of patience."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pregao.domain.alerts.signal import Pattern
from pregao.domain.backtest.barrier import STOP, TARGET, first_touch
from pregao.domain.backtest.score import Share
from pregao.domain.detectors.prices import UNITS_PER_TICK

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Levels
    from pregao.domain.backtest.truth import Flags
    from pregao.domain.detectors.firings import Rows
    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.scan import Columns
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Floats, Ints

PATTERNS = tuple(Pattern)


@dataclass(frozen=True, slots=True)
class Trades:
    """One row per alert, by candle, then in the order of Pattern.

    row: its candle; time: that candle's open, epoch seconds UTC; pattern: index into PATTERNS; side: +-1;
    price, target, stop: the instrument's own numbers, on the tick grid; hit: its own candle is an opportunity
    of its side; touched: TARGET, STOP or TIME; exit_row, exit_price: where it ended (a touch at its level,
    TIME at the close); points: profit before costs; r: points per point risked.
    """

    row: Rows
    time: Ints
    pattern: NDArray[np.int8]
    side: NDArray[np.int8]
    price: Floats
    target: Floats
    stop: Floats
    hit: Flags
    touched: NDArray[np.int8]
    exit_row: Rows
    exit_price: Floats
    points: Floats
    r: Floats

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, which: Flags | Rows) -> Trades:
        """Return the trades chosen by a mask or by indices."""
        return Trades(*(getattr(self, field.name)[which] for field in fields(self)))

    def hits(self, pattern: int, side: int) -> Share:
        """Return how many alerts of a pattern and side are on an opportunity of their side."""
        mine = self.hit[(self.pattern == pattern) & (self.side == side)]
        return Share(int(mine.sum()), len(mine))


def trades(
    series: Series,
    columns: Columns,
    found: dict[int, Flags],
    settings: DetectorSettings,
    horizon: int,
    rung: Flags,
) -> Trades:
    """Return what became of the alerts on candles where `rung` holds (the session is open, say)."""
    parts = [
        _of_pattern(series, columns, pattern, settings.levels(pattern), horizon, rung) for pattern in PATTERNS
    ]
    row, pattern, side, target, stop, touched, exit_row, exit_price = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    hit = np.where(side > 0, found[1][row], found[-1][row])
    order = np.lexsort((pattern, row))
    price = series.closes[row].astype(np.float64)
    points = side * (exit_price - price)
    risk = np.abs(price - stop)
    return Trades(
        row,
        series.candles.time[row],
        pattern,
        side,
        series.price(price),
        series.price(target),
        series.price(stop),
        hit,
        touched,
        exit_row,
        series.price(exit_price),
        series.price(points),
        points / risk,
    )[order]


def levels_of(
    series: Series, rows: Rows, side: NDArray[np.int8], atr: Floats, levels: Levels
) -> tuple[Floats, Floats]:
    """Return target and stop in units, exactly where `pregao.domain.alerts.alert.raise_alert` puts them."""
    close, tick = series.closes[rows].astype(np.float64), float(UNITS_PER_TICK)
    entry = [_to_tick(close + sign * levels.entry_atr * atr) for sign in (-1, 1)]
    near = np.where(side > 0, entry[0], entry[1])  # the band's end on the stop's side
    far = np.where(side > 0, entry[1], entry[0])
    stop = _to_tick(close - side * levels.stop_atr * atr)
    target = _to_tick(close + side * levels.target_atr * atr)
    stop = side * np.minimum(side * stop, side * near - tick)
    target = side * np.maximum(side * target, side * far + tick)
    return target, stop


def _of_pattern(
    series: Series, columns: Columns, pattern: Pattern, levels: Levels, horizon: int, rung: Flags
) -> tuple[NDArray[np.generic], ...]:
    sides = columns.sides.get(pattern, np.zeros(len(series), dtype=np.int8))
    rows = np.flatnonzero((sides != 0) & rung)
    side = sides[rows]
    target, stop = levels_of(series, rows, side, columns.atr[rows], levels)
    exits = first_touch(series, rows, side.astype(np.int64), target, stop, horizon)
    at_touch = np.where(exits.touched == TARGET, target, stop)
    closed = series.closes[exits.row].astype(np.float64)
    exit_price = np.where((exits.touched == TARGET) | (exits.touched == STOP), at_touch, closed)
    number = np.full(len(rows), PATTERNS.index(pattern), dtype=np.int8)
    return rows, number, side, target, stop, exits.touched, exits.row, exit_price


def _to_tick(units: Floats) -> Floats:
    """Round to whole ticks, halves to the even one."""
    ticks: Floats = np.rint(units / UNITS_PER_TICK) * UNITS_PER_TICK
    return ticks
