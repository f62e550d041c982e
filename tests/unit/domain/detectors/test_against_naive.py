"""The vectorised patterns fire exactly where loops written from the design's words do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from local.cli.paths import CONFIG
from local.lab import history
from pregao.config.reader import load
from pregao.domain.alerts.signal import Pattern
from pregao.domain.detectors.scan import columns, scan
from pregao.domain.detectors.settings import (
    DetectorSettings,
    Engulfing,
    Hole,
    LevelBreak,
    RsiDivergence,
    Trade,
    VolatilityExtreme,
)
from tests.unit.domain.detectors.market import (
    DAY_S,
    REAL_FILES,
    SETTINGS,
    TEXTBOOK,
    WIN,
    candles,
    real,
    thinned,
    walk,
)
from tests.unit.domain.detectors.naive import Naive

UNUSUAL = DetectorSettings(
    volatility_extreme=VolatilityExtreme(window=11, sigma=1.5, confirm=1, trade=Trade.CONTINUATION),
    engulfing=Engulfing(min_body_atr=0.3, trend_atr=0.5, trend_candles=3),
    rsi_divergence=RsiDivergence(left=3, right=3, min_distance=4, max_distance=40),
    level_break=LevelBreak(lookback=13, buffer_ticks=3, buffer_atr=0.2),
    hole=Hole(missing=1, hold=5),
)


def fired(candles, instrument, settings):
    place = {int(moment): index for index, moment in enumerate(candles.time)}
    return {(place[s.time], s.pattern.value, s.direction.value) for s in scan(candles, instrument, settings)}


@pytest.mark.parametrize("settings", [SETTINGS, TEXTBOOK, UNUSUAL], ids=["default", "textbook", "unusual"])
@pytest.mark.parametrize("seed", range(4))
def test_fires_as_the_loops_do_on_walks_with_gaps_and_holes(seed, settings):
    series = thinned(walk(seed, 620, session=37 + 40 * seed, wild=1.5 + 2 * seed), seed, 0.01 * seed)
    expected = Naive(series, WIN, settings).signals()
    assert fired(series, WIN, settings) == expected
    assert {pattern for _, pattern, _ in expected} >= {"level_break", "volatility_extreme"}


@pytest.mark.parametrize("settings", [TEXTBOOK, UNUSUAL], ids=["textbook", "unusual"])
@pytest.mark.parametrize("seed", range(3))
def test_fires_as_the_loops_do_across_rolls(seed, settings):
    """Sessions from 2026-02-10 on; the contract changes on the 18th, by a gap that is no move."""
    market = walk(seed, 620, session=37 + 20 * seed, wild=2.0)
    series = replace(market, time=market.time + 36 * DAY_S)
    rolls = fired(series, WIN, settings)
    assert rolls == Naive(series, WIN, settings).signals()
    assert rolls != fired(series, WIN.of_feed("WINJ26"), settings)


@pytest.mark.parametrize("wild", [0.05, 0.2, 0.35])
def test_ties_of_an_illiquid_market_are_ties(wild):
    """Candles without any change leave RSI and ATR equal by the formula; the loops compute in fractions."""
    series = walk(9, count=900, session=110, wild=wild)
    for settings in (SETTINGS, TEXTBOOK):
        assert fired(series, WIN, settings) == Naive(series, WIN, settings).signals()


@pytest.mark.parametrize("tick", [5.0, 0.5, 0.01, 0.00001])
@pytest.mark.parametrize(("body", "passes"), [(2, False), (3, True)])
def test_a_body_of_exactly_the_filter_does_not_pass(tick, body, passes):
    """All true ranges are 2 ticks; a body of 2 ticks is 1 ATR, which is not more than 1 ATR."""
    close = np.append(np.tile([20_000.0, 20_001.0], 151)[:-1], 20_000.0 + body) * tick
    open_ = np.append(np.tile([20_001.0, 20_000.0], 151)[:-1], 20_000.0) * tick
    high, low = np.maximum(open_, close), np.full(302, 19_999.0 * tick)
    only_body = DetectorSettings(engulfing=Engulfing(min_body_atr=1, trend_atr=0))
    marks = columns(candles(open_, high, low, close), replace(WIN, tick_size=tick), only_body).sides
    assert marks[Pattern.ENGULFING][-1] == int(passes)


@pytest.mark.parametrize("name", REAL_FILES)
def test_fires_as_the_loops_do_on_every_real_candle(name):
    """43,000 candles with their gaps, flat stretches and rolls, as the project ships its settings."""
    config = load(CONFIG, env={})
    instrument = config.instrument_for(REAL_FILES[name])
    settings = config.detectors_for(instrument.name)
    series = history.read(real(name), instrument.timezone)
    assert fired(series, instrument, settings) == Naive(series, instrument, settings).signals()
