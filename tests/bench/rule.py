"""One rule in four engines: z beyond 2, against the move, stop and target at 1.5 ATR, one trade at a time.

An entry is the close of the first candle of a run with z < -2 (long) or z > 2 (short), from the candle on
which all have warmed up; a signal while a trade is open is passed over. No time exit: vectorbt has none.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import backtrader
import numpy as np
import talib
import vectorbt
from backtesting import Backtest, Strategy

from pregao.domain.backtest.many import Many
from pregao.domain.backtest.rules import Truth
from pregao.domain.calibration.barrier import first_touch
from pregao.domain.detectors.indicators import wilder_sums
from pregao.domain.detectors.prices import Series
from pregao.domain.detectors.settings import (
    PERIOD,
    DetectorSettings,
    Engulfing,
    LevelBreak,
    RsiDivergence,
    VolatilityExtreme,
)
from pregao.domain.detectors.volatility_extreme import scores
from pregao.domain.market.candles import Candles
from tests.bench.market import WINDOW, work

REACH = 1.5
PATIENCE = 100_000
_ALONE = DetectorSettings(
    engulfing=Engulfing(enabled=False),
    rsi_divergence=RsiDivergence(enabled=False),
    level_break=LevelBreak(enabled=False),
)
SLOW = 20_000
"""Candles for the engines that go candle by candle."""


def starts(extreme: np.ndarray) -> np.ndarray:
    """The first candle of each run."""
    first = extreme & ~np.concatenate(([False], extreme[:-1]))
    first[:WINDOW] = False
    return first


@cache
def endless() -> Candles:
    """The candles one second apart: a single session, as the other engines know none."""
    c = work().candles
    times = np.arange(len(c), dtype=np.int64)
    return Candles(times, c.open, c.high, c.low, c.close, c.tick_volume, c.real_volume, c.spread)


def ours(count: int | None = None, *, waits: bool = True) -> int:
    """Our kernels: all signals' ends at once, then the walk that holds one trade at a time.

    `waits` passes over a signal on the candle of an exit, as vectorbt does.
    """
    series = Series(endless()[:count], work().instrument.tick_size, "UTC")
    z, _, _ = scores(series, 20)
    rows = np.flatnonzero(starts(z < -2) | starts(z > 2))
    side = np.where(z[rows] < 0, 1, -1)
    close, reach = series.closes[rows], REACH * _atr(series)[rows]
    exits = first_touch(series, rows, side, close + side * reach, close - side * reach, PATIENCE)
    ends, taken, free = exits.row.tolist(), [], -1
    for at, row in enumerate(rows.tolist()):
        if row > free or (row == free and not waits):
            taken.append(at)
            free = ends[at]
    exits.touched[taken].sum()  # the result in R: +1, -1, 0
    return len(taken)


def _atr(series: Series) -> np.ndarray:
    before = series.closes_before
    ranges = np.maximum(series.highs, before) - np.minimum(series.lows, before)
    return wilder_sums(ranges[None])[0] / PERIOD


def with_vectorbt() -> int:
    """Whole columns, compiled."""
    c = work().candles
    z = (c.close - talib.SMA(c.close, 20)) / talib.STDDEV(c.close, 20)
    reach = REACH * talib.ATR(c.high, c.low, c.close, 14) / c.close
    trades = vectorbt.Portfolio.from_signals(
        c.close,
        entries=starts(z < -2),
        short_entries=starts(z > 2),
        open=c.open,
        high=c.high,
        low=c.low,
        sl_stop=reach,
        tp_stop=reach,
        upon_opposite_entry="ignore",
        size=1,
        init_cash=1e12,
    ).trades
    trades.returns.sum()
    return int(trades.count())


GRID_CANDLES = 20_000
WINDOWS, LIMITS = range(10, 60), np.linspace(1, 3, 20)
"""The grid of one rule: 1,000 settings."""


def our_grid() -> int:
    """Every setting detected and judged as `pregao tune` does, what they share worked out within."""
    many = Many([work().candles[:GRID_CANDLES]], work().instrument, Truth(), 0.0)
    alerts = 0
    for window in WINDOWS:
        for sigma in LIMITS.tolist():
            extreme = VolatilityExtreme(window=window, sigma=sigma, confirm=1)
            alerts += many.in_place(replace(_ALONE, volatility_extreme=extreme)).right[1]
    return alerts


def their_grid() -> int:
    """The same grid as one portfolio of as many columns."""
    c = work().candles[:GRID_CANDLES]
    entries, shorts = [], []
    for window in WINDOWS:
        z = (c.close - talib.SMA(c.close, window)) / talib.STDDEV(c.close, window)
        entries += [starts(z < -limit) for limit in LIMITS]
        shorts += [starts(z > limit) for limit in LIMITS]
    close, open_, high, low = (one[:, None] for one in (c.close, c.open, c.high, c.low))
    reach = REACH * talib.ATR(c.high, c.low, c.close, 14)[:, None] / close
    trades = vectorbt.Portfolio.from_signals(
        close,
        entries=np.column_stack(entries),
        short_entries=np.column_stack(shorts),
        open=open_,
        high=high,
        low=low,
        sl_stop=reach,
        tp_stop=reach,
        upon_opposite_entry="ignore",
        size=1,
        init_cash=1e12,
    ).trades
    trades.win_rate()
    trades.returns.mean()
    return int(trades.count().sum())


class _ByCandle(Strategy):
    """backtesting.py: the rule per candle over columns made before."""

    def init(self):
        c = self.data
        close = np.asarray(c.Close)
        z = (close - talib.SMA(close, 20)) / talib.STDDEV(close, 20)
        atr = talib.ATR(np.asarray(c.High), np.asarray(c.Low), close, 14)
        self.long, self.short = self.I(lambda: starts(z < -2)), self.I(lambda: starts(z > 2))
        self.reach = self.I(lambda: REACH * atr)

    def next(self):
        if self.position or not (self.long[-1] or self.short[-1]):
            return
        close, reach = self.data.Close[-1], self.reach[-1]
        if self.long[-1]:
            self.buy(size=1, sl=close - reach, tp=close + reach)
        else:
            self.sell(size=1, sl=close + reach, tp=close - reach)


def with_backtesting() -> int:
    """Candle by candle in Python, entry on the signal's close."""
    frame = work().frame.iloc[:SLOW]
    found = Backtest(frame, _ByCandle, cash=1e12, trade_on_close=True).run()
    return int(found["# Trades"])


class _Bracket(backtrader.Strategy):
    """backtrader: the rule per candle over its own incremental indicators."""

    def __init__(self):
        mean = backtrader.indicators.SMA(self.data.close, period=20)
        self.z = (self.data.close - mean) / backtrader.indicators.StdDev(self.data.close, period=20)
        self.atr = backtrader.indicators.ATR(self.data, period=14)
        self.trades = 0

    def next(self):
        z, before = self.z[0], self.z[-1]
        begins = (z < -2 and not before < -2) or (z > 2 and not before > 2)
        if len(self) <= WINDOW or self.position or not begins:
            return
        close, reach = self.data.close[0], REACH * self.atr[0]
        self.trades += 1
        enter, side = (self.buy_bracket, 1) if z < 0 else (self.sell_bracket, -1)
        target, stop = close + side * reach, close - side * reach
        enter(exectype=backtrader.Order.Market, limitprice=target, stopprice=stop)


def with_backtrader() -> int:
    """Candle by candle in Python, indicators too, entry on the signal's close."""
    cerebro = backtrader.Cerebro(stdstats=False)
    cerebro.adddata(backtrader.feeds.PandasData(dataname=work().frame.iloc[:SLOW]))
    cerebro.addstrategy(_Bracket)
    cerebro.broker.set_cash(1e12)
    cerebro.broker.set_coc(True)
    return int(cerebro.run()[0].trades)
