"""A judged history: against a naive second implementation, by laws, and on hand-made cases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.cli.paths import CONFIG
from local.lab.history import read
from local.lab.market import synthesize
from pregao.config.reader import load
from pregao.domain.alerts.alert import Levels
from pregao.domain.alerts.signal import Pattern
from pregao.domain.backtest.barrier import STOP, TARGET, TIME, first_touch
from pregao.domain.backtest.rules import Truth
from pregao.domain.backtest.run import backtest, in_session
from pregao.domain.backtest.score import Score, Share
from pregao.domain.backtest.truth import captured, episodes
from pregao.domain.detectors.prices import Series
from pregao.domain.detectors.scan import scan
from tests.unit.domain.backtest.naive import NaiveBacktest
from tests.unit.domain.detectors.market import (
    REAL_FILES,
    SETTINGS,
    TEXTBOOK,
    WIN,
    candles,
    flat,
    one_day,
    real,
    walk,
)

TRUTH = Truth()
markets = st.builds(
    walk,
    seed=st.integers(0, 10**6),
    count=st.integers(250, 700),
    session=st.integers(8, 180),
    wild=st.sampled_from([0.4, 1.0, 3.0, 12.0]),
)
quick = settings(max_examples=25, deadline=None, derandomize=True)


def agrees(market, instrument, rules):
    judged = backtest(market, instrument, rules, TRUTH)
    counts, total_r = NaiveBacktest(market, instrument, rules, scan(market, instrument, rules)).counts()
    score = judged.score()
    shares = (score.capture, score.false_positives, score.wins)
    assert tuple(number for share in shares for number in (share.part, share.whole)) == counts
    assert judged.trades.r.sum() == pytest.approx(total_r, abs=1e-6)
    return judged


@quick
@given(market=markets)
def test_loops_and_columns_agree(market):
    agrees(market, WIN, TEXTBOOK)


def test_loops_and_columns_agree_on_real_candles():
    """Nine months of the mini index: every count and the sum of R."""
    market = read(real("WINFUT_M5_2021-2022_fritter-C.csv"), WIN.timezone)
    assert len(agrees(market, WIN, SETTINGS).trades) > 2000


@quick
@given(market=markets, cut=st.integers(260, 700))
def test_later_candles_change_no_label_that_was_settled(market, cut):
    """No look-ahead beyond the horizon: the trades that ended before the cut are the same."""
    whole, part = backtest(market, WIN, TEXTBOOK, TRUTH), backtest(market[:cut], WIN, TEXTBOOK, TRUTH)
    settled = min(cut, len(market)) - 1 - TRUTH.horizon
    for name in ("row", "side", "pattern", "touched", "exit_row", "exit_price", "hit"):
        mine, theirs = (getattr(one.trades, name)[one.trades.row < settled] for one in (whole, part))
        np.testing.assert_array_equal(mine, theirs)


@quick
@given(market=markets)
def test_parts_add_up(market):
    """By direction, hour, month or date: alerts and episodes are counted once each."""
    judged = backtest(market, WIN, TEXTBOOK, TRUTH)
    whole, middle = judged.score(), int(market.time[len(market) // 2])
    halves = judged.between(0, middle) + judged.between(middle, 2**62)
    nothing = Score(Share(0, 0), Share(0, 0), Share(0, 0))
    for parts in (judged.by_hour(), judged.by_month()):
        assert sum(parts.values(), nothing) == whole
    assert halves == whole
    sided = sum(judged.by_direction().values(), nothing)
    assert (sided.false_positives, sided.capture) == (whole.false_positives, whole.capture)


def test_prices_are_those_of_the_alerts():
    """Stop and target stand where raise_alert puts them, also where the range is below a tick."""
    for market in (synthesize(4, 8, date(2026, 3, 2)).candles, walk(3, wild=0.4)):
        naive = NaiveBacktest(market, WIN, TEXTBOOK, scan(market, WIN, TEXTBOOK))
        judged = backtest(market, WIN, TEXTBOOK, TRUTH).trades
        assert len(judged)
        assert judged.row.tolist() == [t for t, _ in naive.alerts]
        assert judged.r.tolist() == pytest.approx([naive.trade(t, signal)[1] for t, signal in naive.alerts])


def entry(highs, lows, closes, sign=1, target=110.0, stop=95.0, horizon=3):
    market = candles([100.0, *closes[:-1]], highs, lows, closes)
    series = Series(market, 5.0, WIN.timezone)
    level = np.array([200.0 * target]), np.array([200.0 * stop])
    ended = first_touch(series, np.array([0]), sign, *level, horizon)
    return int(ended.touched[0]), int(ended.row[0])


@pytest.mark.parametrize(
    ("highs", "lows", "said"),
    [
        ([100, 105, 110, 105], [100, 100, 100, 100], (TARGET, 2)),
        ([100, 105, 105, 105], [100, 100, 95, 100], (STOP, 2)),
        ([100, 110, 105, 105], [100, 95, 100, 100], (STOP, 1)),
        ([100, 105, 105, 105], [100, 100, 100, 100], (TIME, 3)),
        ([200, 105, 105, 105], [0, 100, 100, 100], (TIME, 3)),
    ],
    ids=["target", "stop", "both in one candle", "neither", "the entry's own candle does not count"],
)
def test_barriers(highs, lows, said):
    assert entry(highs, lows, [100, 100, 100, 100]) == said
    mirrored = entry([200 - low for low in lows], [200 - high for high in highs], [100] * 4, -1, 90.0, 105.0)
    assert mirrored == said


def test_patience_ends_with_the_session():
    market = walk(1, count=300, session=100)
    series = Series(market, 5.0, WIN.timezone)
    rows = np.arange(300)
    far = np.full(300, 1e12)
    ended = first_touch(series, rows, 1, far, -far, 12)
    assert not ended.touched.any()
    assert (ended.row == np.minimum(rows + 12, rows // 100 * 100 + 99)).all()


def test_an_alert_catches_from_two_candles_before_and_only_in_the_same_session():
    series = Series(walk(1, count=300, session=100), 5.0, WIN.timezone)
    there = np.zeros(300, dtype=bool)
    there[[99, 100, 101, 150]] = True
    what = episodes(series, {1: there, -1: np.zeros(300, dtype=bool)})
    assert list(zip(what.first.tolist(), what.last.tolist(), strict=True)) == [
        (99, 99),
        (100, 101),
        (150, 150),
    ]

    def catches(row, side=1):
        return captured(series, what, np.array([row]), np.array([side], dtype=np.int8), 2).tolist()

    assert catches(97) == [True, False, False]
    assert catches(99) == [True, False, False]
    assert catches(101) == [False, True, False]
    assert catches(148) == [False, False, True]
    assert catches(147) == [False] * 3
    assert catches(151) == [False] * 3
    assert catches(150, -1) == [False] * 3


def test_a_flat_market_has_neither_alerts_nor_episodes():
    judged = backtest(flat([100_000.0] * 400), WIN, TEXTBOOK, TRUTH)
    assert (len(judged.trades), len(judged.episodes)) == (0, 0)
    assert judged.score().capture.value is None


def test_with_every_pattern_off_the_market_still_has_its_episodes():
    off = {name.value: replace(getattr(TEXTBOOK, name), enabled=False) for name in Pattern}
    judged = backtest(walk(5), WIN, replace(TEXTBOOK, **off), TRUTH)
    assert len(judged.trades) == 0
    assert len(judged.episodes) == len(backtest(walk(5), WIN, TEXTBOOK, TRUTH).episodes) > 0


@pytest.mark.parametrize("count", [0, 1, 249])
def test_a_history_without_warm_up_is_judged_as_nothing(count):
    judged = backtest(walk(1)[:count], WIN, TEXTBOOK, TRUTH)
    assert (len(judged.trades), len(judged.episodes), judged.unrung) == (0, 0, 0)
    assert judged.by_month() == {}


def test_signals_outside_the_session_do_not_ring():
    market = one_day(walk(5))
    night = replace(market, time=market.time - 6 * 3600)
    judged = backtest(night, WIN, TEXTBOOK, TRUTH)
    assert len(judged.trades) == 0
    assert judged.unrung == len(scan(night, WIN, TEXTBOOK)) > 0


def test_levels_of_a_pattern_are_its_own():
    wide = replace(TEXTBOOK, level_break=replace(TEXTBOOK.level_break, levels=Levels(0.25, 3.0, 6.0)))
    near, far = (backtest(walk(5), WIN, rules, TRUTH).trades for rules in (TEXTBOOK, wide))
    level = near.pattern == 3
    assert (np.abs(far.stop - far.price)[level] > np.abs(near.stop - near.price)[level]).all()
    np.testing.assert_array_equal(near.stop[~level], far.stop[~level])


@pytest.mark.parametrize("name", REAL_FILES)
def test_the_session_of_all_candles_is_that_of_each(name):
    instrument = load(CONFIG, env={}).instrument_for(REAL_FILES[name])
    market = read(real(name), instrument.timezone)
    each = [instrument.in_session(moment) for moment in market.time.tolist()]
    assert in_session(Series(market, instrument.tick_size, instrument.timezone), instrument).tolist() == each


def test_the_session_of_no_candle_is_none():
    assert in_session(Series(walk(1, count=10)[:0], 5.0, WIN.timezone), WIN).tolist() == []
