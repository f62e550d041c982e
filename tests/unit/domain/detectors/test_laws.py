"""What holds for every pattern on every market."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregao.domain.alerts.signal import SIDED, Direction, Pattern
from pregao.domain.detectors import scan as scan_module
from pregao.domain.detectors.scan import columns, scan
from pregao.domain.detectors.settings import (
    DetectorSettings,
    Engulfing,
    Hole,
    LevelBreak,
    RsiDivergence,
    VolatilityExtreme,
)
from pregao.domain.market.candles import Candles
from tests.unit.domain.detectors.market import (
    DAY_S,
    M5,
    MONDAY_9H,
    SETTINGS,
    TEXTBOOK,
    WIN,
    candles,
    flat,
    thinned,
    walk,
)

WARMUP = SETTINGS.warmup
markets = st.builds(
    lambda seed, holes, **shape: thinned(walk(seed, **shape), seed, holes),
    seed=st.integers(0, 10**6),
    holes=st.sampled_from([0.0, 0.03]),
    count=st.integers(WARMUP, 600),
    session=st.integers(8, 180),
    wild=st.sampled_from([0.4, 1.0, 3.0, 12.0]),
)
quick = settings(max_examples=40, deadline=None, derandomize=True)


def off_grid(series: Candles) -> Candles:
    """Scale prices as a back-adjusted history does."""
    prices = {name: getattr(series, name) * 1.0371234567 for name in ("open", "high", "low", "close")}
    return replace(series, **prices)


@quick
@given(market=markets, cut=st.integers(0, 600), grid=st.booleans())
def test_a_prefix_decides_the_same(market, cut, grid):
    """No look-ahead: later candles change nothing, to the last bit of the last reason."""
    market = market if grid else off_grid(market)
    cut = min(cut, len(market) - 1)
    whole = scan(market, WIN, TEXTBOOK)
    assert scan(market[:cut], WIN, TEXTBOOK) == [s for s in whole if s.time < market.time[cut]]


@quick
@given(market=markets, grid=st.booleans())
def test_live_is_batch(market, grid):
    """A window of the warm-up's length says of its last candle what the whole history says, bit for bit."""
    market = market if grid else off_grid(market)
    whole = scan(market, WIN, TEXTBOOK)
    for t in range(WARMUP - 1, len(market), 3):
        window = market[t - WARMUP + 1 : t + 1]
        assert scan(window, WIN, TEXTBOOK, since=WARMUP - 1) == [s for s in whole if s.time == market.time[t]]


@quick
@given(market=markets, since=st.integers(0, 700))
def test_since_only_leaves_out(market, since):
    expected = [s for s in scan(market, WIN, SETTINGS) if s.time in market.time[since:]]
    assert scan(market, WIN, SETTINGS, since) == expected


@quick
@given(market=markets)
def test_deterministic_silent_before_the_warm_up_and_input_untouched(market):
    before = [getattr(market, field.name).copy() for field in fields(market)]
    once = scan(market, WIN, TEXTBOOK)
    assert once == scan(market, WIN, TEXTBOOK)
    assert all(signal.time >= market.time[WARMUP - 1] for signal in once)
    for field, column in zip(fields(market), before, strict=True):
        np.testing.assert_array_equal(getattr(market, field.name), column)


@quick
@given(market=markets, ticks=st.integers(-15_000, 10**6))
def test_a_shift_of_all_prices_changes_nothing(market, ticks):
    by = 5.0 * ticks
    prices = {name: getattr(market, name) + by for name in ("open", "high", "low", "close")}
    here, there = scan(market, WIN, TEXTBOOK), scan(replace(market, **prices), WIN, TEXTBOOK)
    told = [(s.time, s.pattern, s.direction, s.atr, s.reason.get("z"), s.reason.get("rsi")) for s in here]
    assert told == [
        (s.time, s.pattern, s.direction, s.atr, s.reason.get("z"), s.reason.get("rsi")) for s in there
    ]
    assert [s.price + by for s in here] == [s.price for s in there]


@quick
@given(market=markets)
def test_a_mirrored_market_gives_mirrored_sides(market):
    """Engulfing aside: TA-Lib calls a candle without body white."""
    top = 10**6
    mirrored = replace(
        market, open=top - market.open, high=top - market.low, low=top - market.high, close=top - market.close
    )
    here, there = columns(market, WIN, SETTINGS).sides, columns(mirrored, WIN, SETTINGS).sides
    for pattern in set(SIDED) - {Pattern.ENGULFING}:
        np.testing.assert_array_equal(here[pattern], -there[pattern])


def test_blocks_do_not_show(monkeypatch):
    market = walk(11, count=3000)
    whole, marks = scan(market, WIN, TEXTBOOK), columns(market, WIN, TEXTBOOK).sides
    monkeypatch.setattr(scan_module, "_BLOCK", 61)
    assert scan(market, WIN, TEXTBOOK) == whole
    for pattern, marked in columns(market, WIN, TEXTBOOK).sides.items():
        np.testing.assert_array_equal(marked, marks[pattern])
    assert sum(np.count_nonzero(marked) for marked in marks.values()) == len(whole)


def test_signals_come_by_time_then_in_the_order_of_the_patterns():
    order = list(Pattern)
    keys = [(s.time, order.index(s.pattern)) for s in scan(walk(2, count=3000), WIN, TEXTBOOK)]
    assert keys == sorted(keys)


@pytest.mark.parametrize("count", [0, 1, 2, 100, WARMUP - 1])
def test_a_series_shorter_than_the_warm_up_is_silent(count):
    assert scan(walk(1)[:count], WIN, TEXTBOOK) == []


def test_a_market_that_stands_still_fires_nothing():
    assert scan(flat([100_000.0] * 600), WIN, TEXTBOOK) == []
    assert scan(flat([100_000.0] * 600, reach=25.0), WIN, TEXTBOOK) == []


@pytest.mark.parametrize("tick", [5.0, 0.5, 0.00001, 0.01])
@pytest.mark.parametrize("jump", [1, 3, 977])
def test_exactly_two_sigma_does_not_fire_one_tick_more_does(tick, jump):
    """16 equal closes and 4 equal others are z = 2 exactly."""
    instrument = replace(WIN, tick_size=tick)
    once = DetectorSettings(volatility_extreme=VolatilityExtreme(confirm=1))
    closes = tick * np.array([20_000] * 300 + [20_000 + jump] * 4, dtype=np.float64)
    fired = [s for s in scan(flat(closes), instrument, once) if s.pattern is Pattern.VOLATILITY_EXTREME]
    assert [round((s.time - fired[0].time) / 300) for s in fired] == [0]
    tied = DetectorSettings(volatility_extreme=VolatilityExtreme(confirm=4))
    assert not [s for s in scan(flat(closes), instrument, tied) if s.pattern is Pattern.VOLATILITY_EXTREME]
    closes[-1] += tick
    assert [s for s in scan(flat(closes), instrument, tied) if s.pattern is Pattern.VOLATILITY_EXTREME]


def gap_up(ticks: int) -> Candles:
    """Return a quiet zigzag whose second session opens so many ticks higher."""
    rise = np.where(np.arange(400) >= 300, ticks, 0)
    close = 5.0 * (20_000 + np.arange(400) % 2 + rise)
    open_ = np.concatenate((close[:1], close[:-1]))
    open_[300] = close[300]
    times = 1_767_614_400 + np.arange(400) * 300 + np.where(np.arange(400) >= 300, 86_400, 0)
    return candles(open_, np.maximum(open_, close) + 5, np.minimum(open_, close) - 5, close, times)


def test_the_overnight_gap_is_no_move_but_it_is_a_break():
    found = scan(gap_up(500), WIN, SETTINGS)
    assert [(s.pattern, s.direction) for s in found] == [(Pattern.LEVEL_BREAK, Direction.LONG)]
    assert found[0].atr == pytest.approx(15.0, abs=1.0)
    assert found[0].reason["level"] == 5.0 * 20_001 + 5
    assert found[0].reason["margin"] == found[0].price - found[0].reason["level"]


def torn(gone: int, at: int = 300) -> Candles:
    """Return a quiet session, that many candles of which are gone before a jump that breaks its level."""
    close = 100_000.0 + 5 * (np.arange(320) % 2) + np.where(np.arange(320) >= at, 500.0, 0.0)
    whole = flat(close, reach=5.0)
    return replace(whole, time=whole.time + np.where(np.arange(320) >= at, gone * M5, 0))


@pytest.mark.parametrize(("gone", "fires"), [(0, True), (1, True), (2, False), (40, False)])
def test_what_moved_while_candles_were_missing_fires_nothing(gone, fires):
    found = {s.pattern for s in scan(torn(gone), WIN, SETTINGS)}
    assert (Pattern.LEVEL_BREAK in found) is fires
    assert bool(found) is fires
    careless = replace(SETTINGS, hole=Hole(hold=0))
    assert Pattern.LEVEL_BREAK in {s.pattern for s in scan(torn(gone), WIN, careless)}


def test_fire_is_held_for_so_many_candles_of_the_session():
    whole = walk(5, count=900, session=120)
    loose = replace(SETTINGS, hole=Hole(hold=0))
    sparse = thinned(whole, 5, 0.05)
    place = {int(moment): t for t, moment in enumerate(sparse.time)}
    behind = {
        t
        for start in np.flatnonzero(np.diff(sparse.time) > 2 * M5) + 1
        if sparse.time[start] - sparse.time[start - 1] < 3600  # no night
        for t in range(start, min(start + 3, len(sparse)))
        if sparse.time[t] - sparse.time[start] < 3600
    }
    free = {(place[s.time], s.pattern) for s in scan(sparse, WIN, loose)}
    held = {(place[s.time], s.pattern) for s in scan(sparse, WIN, SETTINGS)}
    assert held == {one for one in free if one[0] not in behind}
    assert len(free - held) > 3


def test_a_window_is_told_its_timeframe():
    """Of an illiquid market a window may hold no two neighbours; who posts it knows the timeframe."""
    sparse = torn(0)
    sparse = replace(sparse, time=MONDAY_9H + np.arange(320) * 3 * M5)
    assert scan(sparse, WIN, SETTINGS)
    assert not scan(sparse, WIN, SETTINGS, step=M5)


def test_a_pattern_switched_off_is_silent():
    quiet = DetectorSettings(
        volatility_extreme=VolatilityExtreme(enabled=False),
        engulfing=Engulfing(enabled=False),
        rsi_divergence=RsiDivergence(enabled=False),
        level_break=LevelBreak(),
    )
    assert {s.pattern for s in scan(walk(4), WIN, quiet)} == {Pattern.LEVEL_BREAK}
    assert set(columns(walk(4), WIN, quiet).sides) == {Pattern.LEVEL_BREAK}


def test_a_memory_beyond_the_warm_up_is_refused():
    with pytest.raises(ValueError, match="rsi_divergence looks back 248 candles, the warm-up is 240"):
        DetectorSettings(warmup=240)


def test_a_tie_with_the_buffer_does_not_break_the_level():
    euro = replace(WIN, tick_size=0.00001)
    rules = DetectorSettings(level_break=LevelBreak(buffer_ticks=3))
    for level in range(110_000, 110_200, 7):
        tie = np.append(np.full(300, level), level + 3) / 100_000
        past = np.append(np.full(300, level), level + 4) / 100_000
        assert not columns(flat(tie), euro, rules).sides[Pattern.LEVEL_BREAK].any()
        assert columns(flat(past), euro, rules).sides[Pattern.LEVEL_BREAK][-1] == 1


def test_a_roll_is_no_move():
    """The first candle of another contract stands 2,000 points higher; price falls all along."""
    market = walk(3, 620, session=100, wild=2.0)
    series = replace(market, time=market.time + 41 * DAY_S)  # Wednesday 18 February is the fourth session
    shifted = {name: getattr(series, name).copy() for name in ("open", "high", "low", "close")}
    for prices in shifted.values():
        prices[300:] += 2_000.0
    moved = replace(series, **shifted)
    whole, raised = scan(series, WIN, TEXTBOOK), scan(moved, WIN, TEXTBOOK)
    assert [(s.time, s.pattern, s.direction) for s in whole] == [
        (s.time, s.pattern, s.direction) for s in raised
    ]
    assert scan(moved, WIN.of_feed("WINJ26"), TEXTBOOK) != raised
