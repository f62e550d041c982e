"""What following every alert with one contract would have earned, after costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pregao.domain.backtest.trades import Trades
    from pregao.domain.market.candles import Floats, Ints


@dataclass(frozen=True, slots=True)
class Equity:
    """The running result after each trade, in the order in which the trades ended.

    time: open of the candle a trade ended on, epoch seconds UTC; r and points: cumulative, net of costs.
    """

    time: Ints
    r: Floats
    points: Floats

    def __add__(self, other: Equity) -> Equity:
        """Return this result followed by a later one."""
        return Equity(
            np.concatenate((self.time, other.time)),
            _onward(self.r, other.r),
            _onward(self.points, other.points),
        )

    def plain(self) -> dict[str, float | int | None]:
        """Return the totals: trades, R and points, per trade and in all, and the deepest fall from a peak."""
        count = len(self.r)
        peak = np.maximum.accumulate(np.concatenate(([0.0], self.r)))
        return {
            "trades": count,
            "r": round(float(self.r[-1]), 2) if count else 0.0,
            "points": round(float(self.points[-1]), 6) if count else 0.0,
            "r_per_trade": round(float(self.r[-1]) / count, 4) if count else None,
            "max_drawdown_r": round(float((peak[1:] - self.r).max()), 2) if count else 0.0,
        }


NO_TRADES = Equity(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0))


def equity(trades: Trades, times: Ints, cost_points: float) -> Equity:
    """Return the running result of one contract per alert that was not missed.

    `times` are the opens of the candles.
    """
    taken = trades[trades.taken]
    done = taken[np.lexsort((taken.row, taken.exit_row))]
    net = done.points - cost_points
    return Equity(times[done.exit_row], np.cumsum(done.net_r(cost_points)), np.cumsum(net))


def _onward(before: Floats, after: Floats) -> Floats:
    return np.concatenate((before, after + (before[-1] if len(before) else 0.0)))
