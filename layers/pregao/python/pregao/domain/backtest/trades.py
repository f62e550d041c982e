"""What became of every alert: a trade from the next candle's open to target, stop or the end of patience."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pregao.domain.alerts.signal import SIDED, Pattern
from pregao.domain.calibration.barrier import MISSED, Sides, follow

if TYPE_CHECKING:
    from pregao.domain.alerts.signal import Levels
    from pregao.domain.backtest.truth import Flags
    from pregao.domain.detectors.firings import Rows
    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.scan import Columns
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Floats, Ints

PATTERNS = SIDED


@dataclass(frozen=True, slots=True)
class Trades:
    """One row per alert, by candle, then in the order of Pattern.

    row: its candle; time: that candle's open, epoch seconds UTC; pattern: index into PATTERNS; side: +-1;
    price: its close; entry: the open of the next candle; target, stop: on the tick grid, all in the
    instrument's own numbers; touched: TARGET, STOP, TIME or MISSED; exit_row, exit_price: where it ended;
    points: profit before costs; risk: points from entry to stop. A missed one has entry, exit_price and risk
    NaN and made no points.
    """

    row: Rows
    time: Ints
    pattern: NDArray[np.int8]
    side: Sides
    price: Floats
    entry: Floats
    target: Floats
    stop: Floats
    touched: NDArray[np.int8]
    exit_row: Rows
    exit_price: Floats
    points: Floats
    risk: Floats

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, which: Flags | Rows) -> Trades:
        """Return the trades chosen by a mask or by indices."""
        return Trades(*(getattr(self, field.name)[which] for field in fields(self)))

    def shifted(self, by: int) -> Trades:
        """Return the trades with every row so much further on."""
        return replace(self, row=self.row + by, exit_row=self.exit_row + by)

    @property
    def taken(self) -> Flags:
        """Which could be entered."""
        flags: Flags = self.touched != MISSED
        return flags

    def net_r(self, cost_points: float) -> Floats:
        """Return the result after costs in multiples of the risk, 0 for what was missed."""
        r: Floats = np.where(self.taken, (self.points - cost_points) / self.risk, 0.0)
        return r


def trades(series: Series, columns: Columns, settings: DetectorSettings, horizon: int, rung: Flags) -> Trades:
    """Return what became of the alerts on candles where `rung` holds (the session is open, say)."""
    parts = [_of_pattern(series, columns, pattern, settings, horizon, rung) for pattern in PATTERNS]
    every = joined(parts)
    return every[np.lexsort((every.pattern, every.row))]


def joined(parts: Sequence[Trades]) -> Trades:
    """Return the trades of several tables as one."""
    columns = (np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Trades))
    return Trades(*columns)


def _of_pattern(
    series: Series, columns: Columns, pattern: Pattern, settings: DetectorSettings, horizon: int, rung: Flags
) -> Trades:
    sides = columns.sides.get(pattern, np.zeros(len(series), dtype=np.int8))
    rows = np.flatnonzero((sides != 0) & rung)
    return trades_at(series, rows, sides[rows], columns.atr[rows], settings.levels(pattern), horizon, pattern)


def trades_at(
    series: Series, rows: Rows, side: Sides, atr: Floats, levels: Levels, horizon: int, pattern: Pattern
) -> Trades:
    """Return what became of a pattern's alerts on the candles `rows`; `atr` is per alert, in units."""
    ends = follow(series, rows, side, atr, levels, horizon)
    return Trades(
        row=rows,
        time=series.candles.time[rows],
        pattern=np.full(len(rows), PATTERNS.index(pattern), dtype=np.int8),
        side=side,
        price=series.price(series.closes[rows]),
        entry=series.price(ends.entry),
        target=series.price(ends.target),
        stop=series.price(ends.stop),
        touched=ends.touched,
        exit_row=ends.row,
        exit_price=series.price(ends.price),
        points=np.where(ends.touched == MISSED, 0.0, series.price(side * (ends.price - ends.entry))),
        risk=series.price(np.abs(ends.entry - ends.stop)),
    )
