"""Histories judged by many settings: each as one that is judged alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregao.domain.backtest.many import Many
from pregao.domain.backtest.rules import Truth
from pregao.domain.backtest.run import backtest
from pregao.domain.backtest.sample import sample_of
from pregao.domain.detectors.settings import Hole, LevelSettings, Trade
from tests.unit.domain.detectors.market import DAY_S, SETTINGS, TEXTBOOK, WIN, thinned, walk

TRUTH, COST = Truth(), 7.5
KEPT = 900
"""Candles of a history; the second begins so many days later."""

extremes = st.builds(
    replace,
    st.just(SETTINGS.volatility_extreme),
    enabled=st.booleans(),
    window=st.integers(5, 40),
    sigma=st.floats(0.5, 2.5),
    confirm=st.integers(1, 3),
    trade=st.sampled_from(list(Trade)),
)
breaks = st.builds(
    replace,
    st.just(SETTINGS.level_break),
    lookback=st.integers(5, 80),
    buffer_atr=st.floats(0, 0.5),
    levels=st.builds(
        LevelSettings, stop_atr=st.sampled_from([1.0, 1.5]), target_atr=st.sampled_from([0.5, 1.5])
    ),
)
choices = st.builds(
    replace,
    st.sampled_from([SETTINGS, TEXTBOOK]),
    volatility_extreme=extremes,
    level_break=breaks,
    warmup=st.sampled_from([250, 300]),
    hole=st.sampled_from([Hole(), Hole(missing=1, hold=5)]),
)


def histories(seed):
    first, second = thinned(walk(seed, KEPT), seed, 0.01), walk(seed + 1, KEPT)
    later = second.time + 40 * DAY_S
    return first, replace(second, time=later)


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.lists(choices, min_size=2, max_size=5))
def test_every_settings_counts_are_those_of_a_backtest(seed, chosen):
    every = histories(seed)
    many = Many(every, WIN, TRUTH, COST)
    for one in [*chosen, chosen[0]]:
        alone = sample_of([backtest(candles, WIN, one, TRUTH) for candles in every], COST).in_place()
        found = many.in_place(one)
        assert (found.captured, found.right, found.won) == (alone.captured, alone.right, alone.won)
        assert found.net_r == pytest.approx(alone.net_r)
        assert np.array_equal(found.taken, alone.taken)


def test_a_history_without_its_warm_up_has_nothing_to_count():
    found = Many((walk(1, 100),), WIN, TRUTH, COST).in_place(SETTINGS)
    assert (found.captured, found.right, found.won, len(found.net_r)) == ((0, 0), (0, 0), (0, 0), 0)
