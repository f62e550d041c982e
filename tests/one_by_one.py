"""Histories with holes and rolls, and what live detection says of them candle by candle."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import numpy as np

from local.lab.market import synthesize
from pregao.domain.alerts.signal import Signal
from pregao.domain.detectors.scan import scan
from pregao.domain.detectors.settings import DetectorSettings
from pregao.domain.market.candles import Candles
from pregao.domain.market.instrument import Instrument
from tests.judged import HISTORY


def chosen(candles: Candles, which: Any) -> Candles:
    """The candles at some places."""
    return Candles(*(getattr(candles, field.name)[which] for field in fields(candles)))


def torn(seed: int, sessions: int) -> Candles:
    """Synthetic sessions over rolls: candles, hours and days missing, and the price jumps at times."""
    dice = np.random.default_rng(seed)
    market = synthesize(seed, sessions, date(2024, 1, 2), noise=0.3).candles
    there = dice.random(len(market)) > 0.02
    for start in dice.integers(0, len(market), 60):
        there[start : start + int(dice.integers(2, 200))] = False
    jumps = 50.0 * np.cumsum((np.arange(len(market)) % 4520 == 0) * dice.integers(-30, 30, len(market)))
    prices = {name: getattr(market, name) + jumps for name in ("open", "high", "low", "close")}
    return chosen(replace(market, **prices), there)


def one_by_one(candles: Candles, instrument: Instrument, settings: DetectorSettings) -> list[Signal]:
    """What the window that ends at each candle says of it."""
    found: list[Signal] = []
    for end in range(HISTORY, len(candles) + 1):
        found += scan(candles[end - HISTORY : end], instrument, settings, since=HISTORY - 1)
    return found
