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
from tests.seeds import THOROUGH, fresh


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


def live_and_batch(
    candles: Candles, instrument: Instrument, settings: DetectorSettings
) -> tuple[list[Signal], list[Signal]]:
    """What the windows that end at some candles say of them, and what one scan of the history does.

    They are the candles with signals, those beside them, and a third of the others, another in every run; all
    of them in a thorough one.
    """
    batch = scan(candles, instrument, settings)
    ends = _ends(candles, batch)
    live: list[Signal] = []
    for end in ends:
        live += scan(candles[end - HISTORY : end], instrument, settings, since=HISTORY - 1)
    judged = set(candles.time[np.array(ends) - 1].tolist())
    skipped = set(candles.time[HISTORY - 1 :].tolist()) - judged
    return live, [one for one in batch if one.time not in skipped]


def _ends(candles: Candles, signals: list[Signal]) -> list[int]:
    there = np.random.default_rng(fresh()).random(len(candles)) < (1 if THOROUGH else 1 / 3)
    rang = np.isin(candles.time, [one.time for one in signals])
    there |= rang
    there[1:] |= rang[:-1]
    there[:-1] |= rang[1:]
    return [row + 1 for row in np.flatnonzero(there).tolist() if row + 1 >= HISTORY]
