"""A judged history: against a naive second implementation, by laws, and on hand-made cases."""

from __future__ import annotations

import random
from collections import defaultdict
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
from pregao.domain.alerts.signal import DETECTED, Pattern
from pregao.domain.backtest.baseline import MOST_SHIFTS, shifts
from pregao.domain.backtest.rules import Truth
from pregao.domain.backtest.run import backtest
from pregao.domain.backtest.sample import sample_of
from pregao.domain.backtest.trades import MISSED, PATTERNS
from pregao.domain.backtest.truth import find_legs
from pregao.domain.calibration.barrier import STOP, TARGET, TIME, first_touch
from pregao.domain.detectors.prices import Series, in_session
from pregao.domain.detectors.scan import scan
from pregao.domain.detectors.settings import LevelSettings
from tests.seeds import THOROUGH
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
COST = 7.5
SLICED = 4200
markets = st.builds(
    walk,
    seed=st.integers(0, 10**6),
    count=st.integers(250, 700),
    session=st.integers(8, 180),
    wild=st.sampled_from([0.4, 1.0, 3.0, 12.0]),
)
quick = settings(max_examples=25, deadline=None, derandomize=True)


def sampled(market, instrument=WIN, rules=TEXTBOOK, cost=COST):
    return sample_of([backtest(market, instrument, rules, TRUTH)], cost)


def counts(score):
    shares = (score.capture, score.false_positives, score.wins)
    return [[share.part, share.whole] for share in shares], score.missed


def agrees(market, instrument=WIN, rules=TEXTBOOK):
    """Every count, every mean R, every baseline and lift: of all patterns together and of each alone."""
    sample = sampled(market, instrument, rules)
    naive = NaiveBacktest(market, instrument, rules, scan(market, instrument, rules), COST)
    assert len(sample.grid) == len(naive.sessions)
    for pattern, score in {None: sample.score(), **sample.by_pattern()}.items():
        found = naive.counted(pattern)
        assert counts(score) == ([found.capture, found.false, found.wins], found.missed), pattern
        taken = found.false[1] - found.missed
        assert (score.expectancy.r or 0.0) * taken == pytest.approx(found.total_r, abs=1e-6)
        if len(naive.sessions) < 30:
            assert score.capture.baseline is score.false_positives.baseline is score.wins.lift is None
            continue
        there = naive.elsewhere(pattern)
        for share, other, sign in (
            (score.capture, there.capture, 1),
            (score.false_positives, there.false, -1),
            (score.wins, there.wins, 1),
        ):
            if share.whole:
                assert share.baseline == pytest.approx(other[0] / other[1], abs=1e-9)
                assert share.lift == pytest.approx(sign * (share.value - share.baseline), abs=1e-12)
    return sample, naive


@quick
@given(market=markets)
def test_loops_and_columns_agree(market):
    agrees(market)


@pytest.mark.parametrize("name", REAL_FILES)
def test_loops_and_columns_agree_on_real_candles(name):
    instrument = load(CONFIG, env={}).instrument_for(REAL_FILES[name])
    market = read(real(name), instrument.timezone)
    market = market if THOROUGH else market[-SLICED:]  # minutes instead of seconds
    agrees(market, instrument, SETTINGS)


def test_the_interval_of_a_lift_is_that_of_drawn_sessions():
    """Drawn by another generator: both ends agree to half a percentage point."""
    market = synthesize(4, 45, date(2026, 1, 5), noise=0.4).candles
    sample, naive = sampled(market), NaiveBacktest(market, WIN, TEXTBOOK, scan(market, WIN, TEXTBOOK), COST)
    number = {day: at for at, day in enumerate(naive.sessions)}
    mine, its = defaultdict(lambda: [0, 0]), defaultdict(lambda: [0, 0])
    for t, one in naive.alerts:
        at = number[naive.days[t]]
        mine[at][0] += naive.trade(t, one.direction.value, one.pattern)[0] == "target"
        mine[at][1] += 1
        for day in naive.sessions:
            there = naive.at.get((day, naive.clocks[t]))
            if day != naive.days[t] and there is not None:
                its[at][0] += naive.trade(there, one.direction.value, one.pattern)[0] == "target"
                its[at][1] += 1
    dice, lifts = random.Random(3), []
    for _ in range(2000):
        chosen = dice.choices(range(len(naive.sessions)), k=len(naive.sessions))
        right, alerts, hits, moves = (
            sum(table[at][which] for at in chosen) for table in (mine, its) for which in (0, 1)
        )
        lifts.append(right / alerts - hits / moves)
    lifts.sort()
    share = sample.score().false_positives
    assert share.lift_interval == pytest.approx((lifts[50], lifts[1950]), abs=0.005)
    assert share.interval[0] < share.value < share.interval[1]


def test_the_same_history_gives_the_same_intervals():
    market = synthesize(4, 40, date(2026, 1, 5), noise=0.4).candles
    assert sampled(market).score() == sampled(market).score()


@quick
@given(market=markets, cut=st.integers(260, 700))
def test_later_candles_change_no_trade_that_was_over(market, cut):
    """No look-ahead beyond the horizon: the trades that ended before the cut are the same."""
    whole, part = backtest(market, WIN, TEXTBOOK, TRUTH), backtest(market[:cut], WIN, TEXTBOOK, TRUTH)
    settled = min(cut, len(market)) - 1 - TRUTH.horizon
    for name in ("row", "side", "pattern", "touched", "entry", "exit_row", "exit_price"):
        mine, theirs = (getattr(one.trades, name)[one.trades.row < settled] for one in (whole, part))
        np.testing.assert_array_equal(mine, theirs)


@quick
@given(market=markets)
def test_parts_add_up(market):
    """By direction, hour, month or date: alerts and legs are counted once each."""
    part = backtest(market, WIN, TEXTBOOK, TRUTH)
    sample, middle = sample_of([part], COST), int(market.time[len(market) // 2])
    day = middle - (middle - 3 * 3600) % 86_400  # midnight at the exchange
    halves = [sample_of([part], COST, until=day).score(), sample_of([part], COST, since=day).score()]
    groups = (sample.by_hour().values(), sample.by_month().values(), sample.by_direction().values(), halves)
    for group in groups:
        (whole, missed), added = counts(sample.score()), [counts(one) for one in group]
        assert np.sum([one for one, _ in added], axis=0).tolist() == whole if added else not np.any(whole)
        assert sum(one for _, one in added) == missed


def test_prices_are_those_of_the_alerts():
    """Stop and target stand where raise_alert puts them, also where the range is below a tick."""
    for market in (synthesize(4, 8, date(2026, 3, 2)).candles, walk(3, wild=0.4)):
        naive = NaiveBacktest(market, WIN, TEXTBOOK, scan(market, WIN, TEXTBOOK), COST)
        found = backtest(market, WIN, TEXTBOOK, TRUTH).trades
        assert len(found)
        assert found.row.tolist() == [t for t, _ in naive.alerts]
        expected = [naive.trade(t, one.direction.value, one.pattern)[1] for t, one in naive.alerts]
        assert found.net_r(COST).tolist() == pytest.approx(expected)


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
    ids=["target", "stop", "both in one candle", "neither", "the alert's own candle does not count"],
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


ALL_BUT_BREAKS = ("volatility_extreme", "engulfing", "rsi_divergence")
QUIET = 10.0
"""Points to either side of 100,000 between which the quiet candles before an alert lie."""


def followed(*after: tuple[float, float, float, float], side=1):
    """The one trade of a break whose later candles are (open, best, worst, close) beyond its close."""
    close = 100_000.0 + side * 30
    rows = [(100_000.0, 100_000.0 + QUIET, 100_000.0 - QUIET, 100_000.0)] * 260
    rows.append((100_000.0, max(close, 100_000.0), min(close, 100_000.0), close))
    for candle in after:
        prices = [close + side * one for one in candle]
        rows.append((prices[0], max(prices), min(prices), prices[3]))
    off = {name: replace(getattr(SETTINGS, name), enabled=False) for name in ALL_BUT_BREAKS}
    found = backtest(one_day(candles(*zip(*rows, strict=True))), WIN, replace(SETTINGS, **off), TRUTH).trades
    (own,) = np.flatnonzero(found.row == 260)
    assert found.side[own] == side
    return found[np.array([own])]


@pytest.mark.parametrize("side", [1, -1])
class TestATrade:
    """ATR is near 20 points: stop 30 behind the close, target 30 beyond, entry within 5."""

    def test_is_entered_at_the_next_open(self, side):
        one = followed((5, 10, -10, 0), (0, 80, 0, 80), side=side)
        assert one.touched.tolist() == [TARGET]
        assert side * (one.entry - one.price).item() == 5
        assert one.points.item() == pytest.approx(side * (one.target - one.entry).item())
        assert one.risk.item() == pytest.approx(side * (one.entry - one.stop).item())

    def test_is_missed_where_the_next_candle_opens_outside_the_band(self, side):
        one = followed((10, 80, 10, 80), side=side)
        assert (one.touched.item(), one.points.item(), one.net_r(COST).item()) == (MISSED, 0.0, 0.0)

    def test_is_missed_without_a_next_candle(self, side):
        assert followed(side=side).touched.item() == MISSED

    def test_that_the_open_carries_past_its_stop_is_filled_there(self, side):
        one = followed((0, 5, -5, 0), (-90, -80, -100, -95), side=side)
        assert one.touched.item() == STOP
        assert one.points.item() == -90
        assert one.net_r(0.0).item() < -2

    def test_that_the_open_carries_past_its_target_is_filled_there(self, side):
        one = followed((0, 5, -5, 0), (90, 95, 85, 90), side=side)
        assert (one.touched.item(), one.points.item()) == (TARGET, 90)

    def test_with_both_levels_in_one_candle_is_stopped(self, side):
        one = followed((0, 90, -90, 0), side=side)
        assert one.touched.item() == STOP
        assert one.net_r(0.0).item() == pytest.approx(-1)

    def test_that_reaches_neither_ends_at_the_last_close(self, side):
        one = followed(*[(0, 5, -5, 0)] * 11, (0, 10, 0, 10), (10, 90, 10, 90), side=side)
        assert (one.touched.item(), one.exit_row.item(), one.points.item()) == (TIME, 272, 10)


def zigzag(*prices: float, atr: float = 10.0):
    """The legs of candles whose high and low are these pairs, in ticks; ATR is the same everywhere."""
    pairs = [one if isinstance(one, tuple) else (one, one) for one in prices]
    highs, lows = ([5.0 * pair[at] for pair in pairs] for at in (0, 1))
    market = candles(lows, highs, lows, highs)
    series = Series(market, 5.0, WIN.timezone)
    found = find_legs(series, np.full(len(market), 1000 * atr), TRUTH, 1)
    return list(zip(found.first.tolist(), found.last.tolist(), found.side.tolist(), strict=True)), found


class TestLegs:
    """ATR is 10 ticks: a leg turns by 15 and counts from 40 on."""

    def test_both_extremes_are_included(self):
        legs, _ = zigzag(100, 95, 110, 140, 130, 135, 120, 90)
        assert legs == [(1, 3, 1), (3, 7, -1)]

    def test_one_that_is_too_small_is_none(self):
        assert zigzag(100, 95, 134, 119, 90)[0] == [(2, 4, -1)]

    def test_a_pause_smaller_than_the_reversal_ends_none(self):
        assert zigzag(100, 120, 106, 130, 116, 150)[0] == [(0, 5, 1)]

    def test_the_last_one_ends_at_the_session_s_extreme(self):
        assert zigzag(100, 145, 131)[0] == [(0, 1, 1)]

    def test_a_candle_that_extends_and_reverses_extends_first(self):
        """Its high ends the leg, its low has already begun the next."""
        assert zigzag(100, 120, (145, 128), 100)[0] == [(0, 2, 1), (2, 3, -1)]
        assert zigzag(100, 120, (145, 131), 132)[0] == [(0, 2, 1)]

    def test_the_range_of_the_first_candle_begins_none(self):
        assert zigzag((150, 100), 120, 124)[0] == []

    def test_of_two_that_begin_together_the_larger_does(self):
        assert zigzag((150, 100), (130, 110), 90)[0] == [(0, 2, -1)]
        assert zigzag((150, 100), (140, 120), 150)[0] == [(0, 2, 1)]

    def test_a_flat_market_has_none(self):
        assert zigzag(*[100] * 50)[0] == []

    def test_sessions_have_their_own(self):
        market = walk(1, count=700, session=100)
        series = Series(market, 5.0, WIN.timezone)
        legs = find_legs(series, np.full(700, 6000.0), TRUTH, 1)
        assert len(legs) > 10
        np.testing.assert_array_equal(legs.first // 100, legs.last // 100)

    @pytest.mark.parametrize(("candles_in_it", "early"), [(1, 1), (2, 1), (3, 1), (4, 2), (9, 3), (10, 4)])
    def test_its_first_third_rounds_up(self, candles_in_it, early):
        _, found = zigzag(*np.linspace(100, 200, max(2, candles_in_it)))
        one = replace(found, last=found.first + candles_in_it - 1)
        assert (one.early_until - one.first + 1).tolist() == [early]


def test_shifts_are_all_or_evenly_spaced():
    assert shifts(31).tolist() == list(range(1, 31))
    many = shifts(1201)
    assert (len(many), many[0], many[-1]) == (MOST_SHIFTS, 1, 1200)
    assert set(np.diff(many).tolist()) == {3, 4}
    assert shifts(1).tolist() == shifts(0).tolist() == []


def test_a_flat_market_has_neither_alerts_nor_legs():
    sample = sampled(flat([100_000.0] * 400))
    assert (len(sample.trades), len(sample.legs)) == (0, 0)
    assert sample.score().capture.value is None


def test_with_every_pattern_off_the_market_still_has_its_legs():
    off = {name.value: replace(getattr(TEXTBOOK, name), enabled=False) for name in DETECTED}
    found = backtest(walk(5), WIN, replace(TEXTBOOK, **off), TRUTH)
    assert len(found.trades) == 0
    assert len(found.legs) == len(backtest(walk(5), WIN, TEXTBOOK, TRUTH).legs) > 0


@pytest.mark.parametrize("count", [0, 1, 249])
def test_a_history_without_warm_up_is_judged_as_nothing(count):
    part = backtest(walk(1)[:count], WIN, TEXTBOOK, TRUTH)
    assert (len(part.trades), len(part.legs), part.unrung) == (0, 0, 0)
    sample = sample_of([part], COST)
    assert sample.by_month() == {}
    assert sample.score().sessions == 0


def test_signals_outside_the_session_do_not_ring():
    market = one_day(walk(5))
    night = replace(market, time=market.time - 6 * 3600)
    judged = backtest(night, WIN, TEXTBOOK, TRUTH)
    assert len(judged.trades) == 0
    assert judged.unrung == len(scan(night, WIN, TEXTBOOK)) > 0


def test_levels_of_a_pattern_are_its_own():
    wide = replace(TEXTBOOK, level_break=replace(TEXTBOOK.level_break, levels=LevelSettings(0.25, 3.0, 6.0)))
    near, far = (backtest(walk(5), WIN, rules, TRUTH).trades for rules in (TEXTBOOK, wide))
    level = near.pattern == PATTERNS.index(Pattern.LEVEL_BREAK)
    assert (np.abs(far.stop - far.price)[level] > np.abs(near.stop - near.price)[level]).all()
    np.testing.assert_array_equal(near.stop[~level], far.stop[~level])


def test_would_have_rung_is_the_first_of_consecutive_candles_unless_both_sides_are_on_it():
    market = synthesize(4, 40, date(2026, 1, 5), noise=0.4).candles
    sample = sampled(market)
    rows, sides = sample.trades.row.tolist(), sample.trades.side.tolist()
    rang, begun, before = [], None, None
    for at, row in enumerate(rows):
        if row == before:
            continue
        joins = before == row - 1 and row - begun <= 12 and market.time[row] - market.time[before] == 300
        before = row
        if not joins:
            begun = row
            if len({side for other, side in zip(rows, sides, strict=True) if other == row}) == 1:
                rang.append(at)
    assert np.flatnonzero(sample.rung).tolist() == rang
    assert 0 < len(rang) < len(rows)


@pytest.mark.parametrize("name", REAL_FILES)
def test_the_session_of_all_candles_is_that_of_each(name):
    instrument = load(CONFIG, env={}).instrument_for(REAL_FILES[name])
    market = read(real(name), instrument.timezone)
    each = [instrument.in_session(moment) for moment in market.time.tolist()]
    assert in_session(Series(market, instrument.tick_size, instrument.timezone), instrument).tolist() == each


def test_the_session_of_no_candle_is_none():
    assert in_session(Series(walk(1, count=10)[:0], 5.0, WIN.timezone), WIN).tolist() == []
