"""The numbers are TA-Lib's on the trailing window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import talib

from local.lab import history
from pregao.domain.alerts.signal import Pattern
from pregao.domain.detectors import volatility_extreme
from pregao.domain.detectors.indicators import rolling_max, rolling_sum, rsi_and_atr
from pregao.domain.detectors.prices import Series
from pregao.domain.detectors.scan import columns
from pregao.domain.detectors.settings import VolatilityExtreme
from tests.unit.domain.detectors.market import TEXTBOOK, WIN, flat, one_day, real, walk

EUR = replace(WIN, name="EURUSD", tick_size=0.00001, timezone="UTC", contracts=None)


@pytest.mark.parametrize("tick", [5.0, 0.5, 0.00001])
def test_rsi_and_atr_are_talibs_on_the_trailing_181_candles(tick):
    series = one_day(walk(3, count=500, session=10_000, tick=tick))
    columns = Series(series, tick, "UTC")
    rsi, atr = rsi_and_atr(columns)
    atr = columns.price(atr)
    assert np.isnan(rsi[:180]).all()
    assert np.isnan(atr[:180]).all()
    for t in range(180, 500):
        rows = slice(t - 180, t + 1)
        assert rsi[t] == pytest.approx(talib.RSI(series.close[rows], 14)[-1], rel=1e-9)
        expected = talib.ATR(series.high[rows], series.low[rows], series.close[rows], 14)[-1]
        assert atr[t] == pytest.approx(expected, rel=1e-9)


def test_rsi_without_any_change_is_zero_and_without_a_fall_a_hundred():
    rsi, atr = rsi_and_atr(Series(one_day(flat([100_000.0] * 200)), 5.0, "UTC"))
    assert rsi[199] == talib.RSI(np.full(181, 100_000.0), 14)[-1] == 0.0
    assert atr[199] == 0.0
    rising = one_day(flat(100_000.0 + 5 * np.arange(200)))
    assert rsi_and_atr(Series(rising, 5.0, "UTC"))[0][199] == 100.0


def test_z_is_close_minus_mean_over_talibs_stddev():
    series = one_day(walk(5, count=400, session=10_000))
    settings = VolatilityExtreme(sigma=0.5, confirm=1)
    firings = volatility_extreme.find(Series(series, 5.0, "UTC"), settings)
    rows = np.flatnonzero(firings.sides)
    reasons = firings.reasons(rows)
    mean, std = talib.SMA(series.close, 20), talib.STDDEV(series.close, 20)
    assert len(rows) > 30
    np.testing.assert_allclose(reasons["z"], ((series.close - mean) / std)[rows], rtol=1e-6)
    np.testing.assert_allclose(reasons["mean"], mean[rows], rtol=1e-12)
    np.testing.assert_allclose(reasons["std"], std[rows], rtol=1e-6)


def assert_engulfing_is_talibs(series, instrument):
    of_one_contract = replace(instrument, contracts=None)  # TA-Lib knows no rolls
    ours = columns(series, of_one_contract, TEXTBOOK).sides[Pattern.ENGULFING][249:]
    theirs = np.sign(talib.CDLENGULFING(series.open, series.high, series.low, series.close))[249:]
    np.testing.assert_array_equal(ours, theirs)
    return np.count_nonzero(ours) / len(ours)


@pytest.mark.parametrize("wild", [1.0, 2.0, 8.0])
def test_engulfing_without_filters_is_cdlengulfing_bar_for_bar(wild):
    assert assert_engulfing_is_talibs(walk(7, count=20_000, wild=wild), WIN) > 0.02


@pytest.mark.parametrize(
    ("name", "instrument"),
    [("WINFUT_M5_2021-2022_fritter-C.csv", WIN), ("EURUSD_M5_2025-07_mt5native_P3dr7.csv", EUR)],
)
def test_engulfing_without_filters_is_cdlengulfing_on_real_candles(name, instrument):
    series = history.read(real(name), instrument.timezone)
    assert assert_engulfing_is_talibs(series, instrument) > 0.05


@pytest.mark.parametrize("window", [1, 2, 5, 13, 20])
def test_rolling_kernels_are_talibs(window):
    values = np.random.default_rng(1).integers(-1000, 1000, 300)
    floats = values.astype(np.float64)
    np.testing.assert_array_equal(
        rolling_max(floats, window),
        [floats[t - window + 1 : t + 1].max() for t in range(window - 1, 300)],
    )
    np.testing.assert_array_equal(
        rolling_sum(values, window)[window - 1 :],
        [values[t - window + 1 : t + 1].sum() for t in range(window - 1, 300)],
    )
