"""Why and why not agree with whether."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.lab.history import read
from pregao.domain.detectors.explain import explain
from pregao.domain.detectors.scan import columns
from pregao.domain.detectors.settings import DetectorSettings, LevelBreak, Trade, VolatilityExtreme
from tests.seeds import tries
from tests.unit.domain.detectors.market import DAY_S, SETTINGS, TEXTBOOK, WIN, flat, real, thinned, walk

markets = st.builds(
    lambda seed, holes, **shape: thinned(walk(seed, **shape), seed, holes),
    seed=st.integers(0, 10**6),
    holes=st.sampled_from([0.0, 0.05]),
    count=st.just(420),
    session=st.integers(8, 180),
    wild=st.sampled_from([0.4, 1.0, 3.0, 12.0]),
)
CONTINUING = DetectorSettings(
    volatility_extreme=VolatilityExtreme(trade=Trade.CONTINUATION, confirm=1),
    level_break=LevelBreak(buffer_ticks=2, buffer_atr=0.25),
)


def agrees(market, rules, rows):
    sides = columns(market, WIN, rules).sides
    for row in rows:
        for one in explain(market, WIN, rules, row):
            fires = sides[one.pattern][row] == one.direction.sign
            assert one.fires == fires, (row, one)
            assert bool(one.missed) != fires


@settings(max_examples=tries(15), derandomize=True)
@given(market=markets, rules=st.sampled_from([SETTINGS, TEXTBOOK, CONTINUING]))
def test_the_conditions_hold_exactly_where_the_scan_fires(market, rules):
    agrees(market, rules, range(240, len(market), 3))


@pytest.mark.parametrize("seed", range(3))
def test_the_conditions_hold_across_a_roll(seed):
    market = walk(seed, 620, session=37, wild=2.0)
    agrees(replace(market, time=market.time + 36 * DAY_S), TEXTBOOK, range(249, 620))


def test_on_real_candles_too():
    market = read(real("WINFUT_M5_2021-2022_fritter-C.csv"), WIN.timezone)[:6000]
    fired = [row for side in columns(market, WIN, SETTINGS).sides.values() for row in side.nonzero()[0][:40]]
    agrees(market, SETTINGS, [*fired, *range(249, 6000, 97)])


def test_before_the_warm_up_only_the_candles_are_missing():
    for one in explain(walk(1), WIN, SETTINGS, 248):
        (condition,) = one.missed
        assert (condition.name, condition.value, condition.threshold) == ("warmup", 249, 250)


def test_a_near_miss_says_by_how_much():
    """A close exactly on the level breaks nothing, by one tick's worth of strictness."""
    market = flat([100_000.0] * 300)
    touching = replace(market, high=market.high + 5, close=market.close.copy())
    touching.close[-1] = 100_005.0
    long = next(
        one
        for one in explain(touching, WIN, SETTINGS, 299)
        if (one.pattern, one.direction) == ("level_break", "long")
    )
    (missed,) = long.missed
    assert (missed.name, missed.value, missed.short_of) == ("margin", 0.0, 0.0)


def test_a_pattern_that_is_off_is_not_explained():
    quiet = replace(SETTINGS, engulfing=replace(SETTINGS.engulfing, enabled=False))
    assert {one.pattern for one in explain(walk(1), WIN, quiet, 400)} == set(quiet.enabled)


@pytest.mark.parametrize("row", [249, 300, 699])
def test_only_the_window_counts(row):
    market = walk(4)
    assert explain(market, WIN, SETTINGS, row) == explain(market[row - 249 : row + 1], WIN, SETTINGS, 249)
