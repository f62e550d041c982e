"""The patterns and their indicators over a history and at one new candle: ours, TA-Lib, pandas, talipp."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import talib
from talipp.indicators import ATR, BB, RSI
from talipp.ohlcv import OHLCV

from pregao.domain.backtest.rules import Truth
from pregao.domain.backtest.run import backtest
from pregao.domain.backtest.sample import sample_of
from pregao.domain.calibration.live import Calibration, calibrations, scan_live
from pregao.domain.calibration.odds import chances
from pregao.domain.calibration.size import sizes
from pregao.domain.detectors.prices import Series
from pregao.domain.detectors.scan import columns, scan
from pregao.domain.market.candles import Candles
from tests.bench.market import WINDOW, work

STEP = 300
LIVE = 200
"""New candles of one live measurement."""
TALIPP = 10_000
"""Candles that talipp is given: it takes them one by one."""


def ours_as_columns():
    return columns(work().candles, work().instrument, work().settings)


def ours_as_signals():
    return scan(work().candles, work().instrument, work().settings)


def ours_with_outlook():
    """What `pregao detect` tells: five patterns, each signal's outlook and chance."""
    candles, instrument, settings = work().candles, work().instrument, work().settings
    found = scan(candles, instrument, settings)
    series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
    size = sizes(series, columns(candles, instrument, settings).atr, settings)
    every = dict.fromkeys(settings.levels(signal.pattern) for signal in found)
    odds = {levels: chances(series, instrument, levels) for levels in every}
    rows = np.searchsorted(candles.time, [signal.time for signal in found]).tolist()
    told = [odds[settings.levels(one.pattern)].at(row) for one, row in zip(found, rows, strict=True)]
    return told, [size.outlook(row) for row in rows], size.fires


def ours_judged():
    return sample_of([backtest(work().candles, work().instrument, work().settings, Truth())], 0.0).score()


def with_talib(candles: Candles | None = None):
    """The indicators alone, no rule: what z, divergence, filters and break are made of."""
    c = candles or work().candles
    talib.SMA(c.close, 20), talib.STDDEV(c.close, 20), talib.RSI(c.close, 14), talib.MAX(c.high, 20)
    talib.ATR(c.high, c.low, c.close, 14), talib.CDLENGULFING(c.open, c.high, c.low, c.close)
    talib.MIN(c.low, 20)


def with_pandas(frame: pd.DataFrame | None = None):
    """The same in pandas: rolling windows, and Wilder's smoothing as ewm."""
    f = work().frame if frame is None else frame
    rolling, change = f.Close.rolling(20), f.Close.diff()
    z = (f.Close - rolling.mean()) / rolling.std(ddof=0)
    parts = change.clip(lower=0), -change.clip(upper=0)
    rise, fall = (part.ewm(alpha=1 / 14, adjust=False).mean() for part in parts)
    before = f.Close.shift()
    ranges = pd.concat([f.High - f.Low, (f.High - before).abs(), (f.Low - before).abs()], axis=1).max(axis=1)
    white = f.Close >= f.Open
    swallows = (f.Close >= f.Open.shift()) & (f.Open <= before) & white & ~white.shift(fill_value=False)
    levels = f.High.rolling(20).max().shift(), f.Low.rolling(20).min().shift()
    return z, 100 * rise / (rise + fall), ranges.ewm(alpha=1 / 14, adjust=False).mean(), swallows, levels


def _fed() -> list[OHLCV]:
    c = work().candles
    rows = zip(c.open.tolist(), c.high.tolist(), c.low.tolist(), c.close.tolist(), strict=True)
    return [OHLCV(*row) for row, _ in zip(rows, range(TALIPP), strict=False)]


def with_talipp():
    """Incremental: z by Bollinger bands, RSI and ATR; the two rules without state cost it nothing here."""
    _talipp(_fed())


def _talipp(candles: list[OHLCV]):
    bands, rsi, atr = BB(20, 2.0), RSI(14), ATR(14)
    for one in candles:
        bands.add(one.close), rsi.add(one.close), atr.add(one)
    return bands, rsi, atr


def live_ours():
    for end in range(1_000, 1_000 + LIVE):
        scan(work().candles[end - WINDOW : end], work().instrument, work().settings, since=WINDOW - 1)


@cache
def known() -> Calibration:
    """What is known after the sessions before those that live candles are taken of."""
    return list(calibrations(work().candles[:1_000], work().instrument, work().settings))[-1]


def live_with_outlook():
    """Five patterns with a calibration at hand: each signal with outlook and chance."""
    calibration = known()
    for end in range(1_000, 1_000 + LIVE):
        window = work().candles[end - WINDOW : end]
        scan_live(window, work().instrument, work().settings, WINDOW - 1, STEP, lambda _day: calibration)


def live_talib():
    for end in range(1_000, 1_000 + LIVE):
        with_talib(work().candles[end - WINDOW : end])


def live_pandas():
    for end in range(1_000, 1_000 + LIVE, 10):
        with_pandas(work().frame.iloc[end - WINDOW : end])
