"""Ids that everybody arrives at alike, and prices a trader can act on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pregao.domain.alerts.alert import AlertOrigin, alert_id, raise_alert, similar_prices, similarity_key
from pregao.domain.alerts.signal import SIDES, Direction, Levels, Pattern, Severity, Signal
from pregao.domain.market.candle import Candle, decimals_of, to_tick
from pregao.wire.alert_v1 import dump_alert, load_alert
from tests.fakes import CANDLE, NOW, an_alert

TICKS = st.sampled_from([0.00001, 0.001, 0.01, 0.25, 0.5, 1.0, 5.0, 10.0])
ATR = st.floats(0, 1e4)
LEVELS = st.builds(Levels, st.floats(0, 5), st.floats(0.001, 10), st.floats(0.001, 10))


def raised(direction, price, atr, tick, levels):
    signal = Signal(CANDLE, Pattern.ENGULFING, direction, price, atr, {})
    feed = AlertOrigin("WIN", "WINZ26", "WIN$N", "M5", 300, tick, "d", 300)
    candle = Candle(CANDLE, price, price, price, price, 1, 1)
    return raise_alert(signal, candle, feed, Severity.HIGH, levels, NOW)


def on_grid(price, tick):
    return abs(price / tick - round(price / tick)) < 1e-4


@given(st.sampled_from(SIDES), st.integers(1, 10**7), st.floats(-0.5, 0.5), ATR, TICKS, LEVELS)
def test_stop_entry_target_stand_in_order_on_the_grid(direction, ticks, off, atr, tick, levels):
    """Whatever the price, the range (also below a tick) and the tick."""
    price = (ticks + off) * tick
    assume(atr / tick < 1e8)
    alert = raised(direction, price, atr, tick, levels)
    low, high = (alert.stop_loss, alert.take_profit)[:: direction.sign]
    assert low < alert.entry_min <= alert.price <= alert.entry_max < high
    assert all(on_grid(one, tick) for one in (low, alert.entry_min, alert.price, alert.entry_max, high))
    assert alert.risk_reward >= 0


@given(st.floats(-1e7, 1e7), TICKS)
def test_rounding_moves_by_half_a_tick_at_most_and_only_once(price, tick):
    rounded = to_tick(price, tick)
    assert abs(rounded - price) <= tick / 2 + 1e-6 * tick + 1e-10
    assert to_tick(rounded, tick) == rounded


@given(st.integers(-(10**9), 10**9), TICKS)
def test_rounded_prices_print_without_a_tail(n, tick):
    assert len(repr(to_tick(n * tick, tick)).split(".")[-1]) <= 10


def test_a_close_off_the_grid_is_rounded_the_candle_is_not():
    """Ratio-adjusted series (WIN$) give closes between two ticks."""
    alert = raised(Direction.LONG, 131_252.7, 100.0, 5.0, Levels(0.25, 1.5, 1.5))
    assert (alert.price, alert.candle.close) == (131_255.0, 131_252.7)


class TestId:
    def test_is_a_function_of_contract_timeframe_pattern_side_and_candle_alone(self):
        one = an_alert()
        other = replace(one, symbol="WINFUT", price=1.0, detected_at=0.0, config_digest="x")
        assert other.id == one.id == an_alert(now=NOW + 99, price=1_000.0).id
        assert one.id == alert_id("WINZ26", "M5", "level_break", "long", CANDLE)

    def test_stays_what_it_is(self):
        """Written into audit records for seven years: a change here orphans them."""
        wanted = "be1adca6e032c95584792ac00ab326842f03cc065371e1f5e7627cb2c8a3d048"
        assert alert_id("WINZ26", "M5", "engulfing", "long", 1795442400) == wanted

    @given(
        st.lists(
            st.tuples(*[st.text("WINZ26M5", min_size=1, max_size=3)] * 4, st.integers(0, 9)), unique=True
        )
    )
    def test_differs_where_any_part_differs(self, parts):
        assert len({alert_id(*one) for one in parts}) == len(parts)


class TestSimilarity:
    def test_a_band_is_ten_ticks_wide(self):
        keys = [similarity_key(an_alert(price=price), 10) for price in (131_250, 131_295, 131_300)]
        assert keys[0] == keys[1] != keys[2]

    @given(st.integers(1, 10**6), st.integers(1, 50), TICKS)
    def test_prices_of_one_band_share_the_key(self, band, width, tick):
        low = to_tick(band * width * tick, tick)
        high = to_tick((band * width + width - 1) * tick, tick)
        keys = {similarity_key(replace(an_alert(), price=one, tick_size=tick), width) for one in (low, high)}
        assert len(keys) == 1

    @given(st.integers(2, 10**6), st.integers(1, 50), TICKS, st.integers(0, 49))
    def test_the_bands_beside_are_the_ones_of_prices_a_width_away(self, band, width, tick, offset):
        at = replace(an_alert(), tick_size=tick, price=to_tick((band * width + offset % width) * tick, tick))
        for beside, price in zip((-1, 1), similar_prices(at, width), strict=True):
            assert similarity_key(at, width, beside) == similarity_key(replace(at, price=price), width)

    def test_side_pattern_and_contract_keep_apart(self):
        alerts = [
            an_alert(),
            an_alert(direction=Direction.SHORT),
            an_alert(pattern=Pattern.ENGULFING),
            an_alert(contract="WINJ27"),
        ]
        assert len({similarity_key(alert, 10) for alert in alerts}) == 4


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(2**62), 2**62), st.text()),
        max_size=5,
    ),
    st.floats(0, 1),
)
def test_an_alert_on_the_wire_comes_back_as_it_was(reason, confidence):
    alert = an_alert(reason=reason, confidence=confidence)
    assert load_alert(dump_alert(alert)) == alert


@pytest.mark.parametrize(("tick", "decimals"), [(5, 0), (10, 0), (0.5, 1), (0.25, 2), (0.00001, 5)])
def test_decimals(tick, decimals):
    assert decimals_of(tick) == decimals
