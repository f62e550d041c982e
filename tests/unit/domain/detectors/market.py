"""Made-up markets for the detectors' tests: on the tick grid, with sessions and overnight gaps."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import time
from pathlib import Path

import numpy as np
import pytest

from pregao.domain.detectors.settings import DetectorSettings, Engulfing
from pregao.domain.market.candles import Candles
from pregao.domain.market.instrument import ContractRule, Expiry, Instrument
from pregao.domain.market.sessions import Hours, Sessions
from tests.seeds import THOROUGH

ROOT = Path(__file__).resolve().parents[4]
WIN = Instrument(
    name="WIN",
    tick_size=5.0,
    point_value=0.2,
    timezone="America/Sao_Paulo",
    sessions=Sessions(Hours(time(9), time(18, 25))),
    contracts=ContractRule("GJMQVZ", Expiry.WEDNESDAY_NEAREST_15TH),
)
REAL_FILES = {
    "WINFUT_M5_2021-2022_fritter-C.csv": "WINFUT",
    "WING24_M5_utf16_mtcli.csv": "WING24",
    "WINJ20_M5_2020Q1_profit_arthurmb98.csv": "WINJ20",
    "WDOV24_M5_utf16_mtcli.csv": "WDOV24",
    "WIN_M5_2026-06_copyrates_maronezzi.csv": "WIN$N",
    "WDO_M5_2026-06_copyrates_maronezzi.csv": "WDO$N",
    "EURUSD_M5_2025-07_mt5native_P3dr7.csv": "EURUSD",
}
if THOROUGH:
    REAL_FILES["EURUSD_M5_2021_mt5native_kayoroxa.csv"] = "EURUSD"  # a year of days of 24 hours
"""Of ../shared/data, and the symbol of each."""
SETTINGS = DetectorSettings()
TEXTBOOK = DetectorSettings(engulfing=Engulfing(min_body_atr=0, trend_atr=0))
MONDAY_9H = 1_767_614_400  # 2026-01-05 09:00 in São Paulo
DAY_S, M5 = 86_400, 300


def candles(open_, high, low, close, times=None) -> Candles:
    """Build candles of columns, M5 within one endless session where no times are given."""
    count = len(close)
    times = MONDAY_9H + np.arange(count) * M5 if times is None else times
    prices = (np.asarray(column, dtype=np.float64) for column in (open_, high, low, close))
    return Candles(np.asarray(times, dtype=np.int64), *prices, *(np.zeros(count, dtype=np.int64),) * 3)


def walk(seed: int, count: int = 700, session: int = 100, wild: float = 6.0, tick: float = 5.0) -> Candles:
    """Return a random walk of whole ticks whose sessions of so many candles open with a gap."""
    dice = np.random.default_rng(seed)
    place = np.arange(count)
    steps = np.rint(dice.normal(0, wild, count))
    gaps = np.where((place % session == 0) & (place > 0), np.rint(dice.normal(0, 20 * wild, count)), 0)
    close = 20_000 + np.cumsum(steps + gaps)
    before = np.concatenate(([20_000], close[:-1]))
    open_ = before + gaps + np.rint(dice.normal(0, 0.6, count))
    high = np.maximum(open_, close) + np.abs(np.rint(dice.normal(0, wild / 2, count)))
    low = np.minimum(open_, close) - np.abs(np.rint(dice.normal(0, wild / 2, count)))
    times = MONDAY_9H + place // session * DAY_S + place % session * M5
    return candles(open_ * tick, high * tick, low * tick, close * tick, times)


def thinned(series: Candles, seed: int, share: float) -> Candles:
    """Return the series without some stretches of one to five candles, that share of them begun."""
    dice = np.random.default_rng(seed)
    kept = np.ones(len(series), dtype=bool)
    for start in np.flatnonzero(dice.random(len(series)) < share):
        kept[start : start + dice.integers(1, 6)] = False
    return Candles(*(getattr(series, field.name)[kept] for field in fields(series)))


def one_day(series: Candles) -> Candles:
    """Return the same prices a second apart, so that no night is between them."""
    return replace(series, time=MONDAY_9H + np.arange(len(series)))


def flat(closes, reach: float = 0.0) -> Candles:
    """Return candles that open at the close before."""
    close = np.asarray(closes, dtype=np.float64)
    open_ = np.concatenate((close[:1], close[:-1]))
    return candles(open_, np.maximum(open_, close) + reach, np.minimum(open_, close) - reach, close)


def real(name: str) -> Path:
    """Return a file of real candles, or skip."""
    path = ROOT.parent / "shared" / "data" / name
    if not path.exists():
        pytest.skip(f"{name} is not here; real candles are not shipped")
    return path
