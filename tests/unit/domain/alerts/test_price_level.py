"""An operator's level: which closed candles ring it, and that posts one by one ring as a scan does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.domain.alerts.alert import AlertOrigin, level_alert, similarity_key
from pregao.domain.alerts.price_level import ASKED, ArmedLevel, Crossing, Often, level_id, reached
from pregao.domain.market.candle import Candle
from tests.fakes import CANDLE, NOW, a_level, a_level_alert, an_alert
from tests.judged import LOADED

WIN = LOADED.instrument_for("WIN$N")
PRICE = 100.0
DAY_S = 86_400


def candle(at, close, low=None, high=None, opened=None):
    opened = close if opened is None else opened
    return Candle(
        at,
        opened,
        max(opened, close) if high is None else high,
        min(opened, close) if low is None else low,
        close,
        1,
        1,
    )


def closes(*prices, start=CANDLE, step=300):
    return [candle(start + step * at, one) for at, one in enumerate(prices)]


def rung(level, candles, first=0, contract="WINZ26", rang=None, timeframe_s=300):
    """The opens of the candles on which a level rings."""
    found = reached(ArmedLevel(level, rang), candles, first, timeframe_s, contract, WIN)
    return [one.candle.time for one in found]


def opens(candles, *rows):
    return [candles[row].time for row in rows]


@pytest.mark.parametrize(
    ("crossing", "prices", "row"),
    [
        (Crossing.UP, (99, 101), 1),
        (Crossing.UP, (99, 100), 1),  # a close at the level is beyond it
        (Crossing.UP, (100, 101), None),  # it came from the level, not from below
        (Crossing.UP, (101, 99, 98), None),
        (Crossing.DOWN, (101, 99), 1),
        (Crossing.DOWN, (101, 100), 1),
        (Crossing.DOWN, (100, 99), None),
        (Crossing.TOUCH, (99, 101), 1),  # it jumped over the level
        (Crossing.TOUCH, (101, 99), 1),
        (Crossing.TOUCH, (99, 98), None),
    ],
)
def test_what_crosses(crossing, prices, row):
    candles = closes(*prices)
    wanted = [] if row is None else opens(candles, row)
    assert rung(a_level(PRICE, crossing=crossing), candles) == wanted


def test_a_wick_touches_and_does_not_cross():
    candles = [candle(CANDLE, 99), candle(CANDLE + 300, 99, high=101)]
    assert rung(a_level(PRICE, crossing=Crossing.TOUCH), candles) == opens(candles, 1)
    assert rung(a_level(PRICE), candles) == []


def test_the_candle_during_which_it_was_armed_does_not_count():
    """Price crossed in the rest of it: the next candle tells, for it is compared with the one before."""
    candles = closes(99, 101, 102)
    level = a_level(PRICE, armed_at=CANDLE + 400.0)
    assert rung(level, candles) == opens(candles, 2)
    assert rung(replace(level, armed_at=CANDLE + 601.0), [*candles, candle(CANDLE + 900, 103)]) == []


def test_it_ends_with_its_life_and_not_before():
    candles = closes(99, 101)
    assert rung(a_level(PRICE, expires_at=CANDLE + 600.0), candles) == opens(candles, 1)
    assert rung(a_level(PRICE, expires_at=CANDLE + 599.0), candles) == []
    assert rung(a_level(PRICE, paused=True), candles) == []


def test_once_is_once_until_it_is_armed_again():
    candles = closes(99, 101, 99, 101)
    level = a_level(PRICE)
    assert rung(level, candles) == opens(candles, 1)
    assert rung(level, candles, 2, rang=candles[1].time) == []
    again = replace(level, armed_at=candles[2].time)
    assert rung(again, candles, 2, rang=candles[1].time) == opens(candles, 3)


def test_each_session_has_its_own():
    today, tomorrow = closes(99, 101, 99, 101), closes(99, 101, start=CANDLE + DAY_S)
    level = a_level(PRICE, often=Often.SESSION)
    assert rung(level, today + tomorrow) == [today[1].time, tomorrow[1].time]


def test_a_gap_over_night_or_a_hole_crosses():
    candles = [candle(CANDLE, 99), candle(CANDLE + DAY_S, 101)]
    assert rung(a_level(PRICE), candles) == opens(candles, 1)


def test_candles_outside_the_session_neither_ring_nor_are_compared_with():
    night = CANDLE + 12 * 3600
    assert not WIN.in_session(night)
    candles = [candle(CANDLE, 99), candle(night, 101), candle(CANDLE + DAY_S, 102)]
    assert rung(a_level(PRICE), candles) == opens(candles, 2)


def test_a_later_contract_rolls_it_an_earlier_one_is_none_of_its_business():
    candles = closes(99, 101)
    (told,) = reached(ArmedLevel(a_level(PRICE)), candles, 0, 300, "WING27", WIN)
    assert (told.own.crossing, told.candle) == (Crossing.ROLLED, candles[0])
    assert rung(a_level(PRICE), candles, contract="WINV26") == []
    assert rung(a_level(PRICE), candles, contract="PETR4") == []


def test_two_levels_on_one_candle_are_two_alerts():
    one, other = a_level_alert(level="a" * 16), a_level_alert(level="b" * 16)
    assert one.id != other.id
    assert similarity_key(one, 10) != similarity_key(other, 10)
    assert one.id != an_alert().id


def test_ids_tell_apart_who_set_it_when():
    ids = {
        level_id(*one) for one in (("op-a", 1.5, 0), ("op-a", 1.5, 1), ("op-b", 1.5, 0), ("op-a", 1.25, 0))
    }
    assert len(ids) == 4


def test_its_alert_has_no_side_and_says_what_happened():
    origin = AlertOrigin("WIN", "WINZ26", "WIN$N", "M5", 300, 5.0, "d" * 64, 300)
    (one,) = reached(ArmedLevel(a_level(PRICE)), closes(99.0, 105.0), 0, 300, "WINZ26", WIN)
    alert = level_alert(one, origin, NOW)
    assert (alert.direction, alert.plan, alert.attention, alert.opportunity) == ("none", None, None, None)
    assert dict(alert.reason) == {"crossing": "cross_up", "own_level": PRICE, "close_prior": 99.0}
    assert (alert.price, alert.level.id) == (105.0, a_level().id)


def by_hand(level, candles, timeframe_s):
    """The definition in loops: where price stood, and what each candle does, one after the other."""
    found, stood, last = [], None, None
    for one in candles:
        if not WIN.in_session(one.time):
            continue
        if one.time >= level.armed_at:
            through = stood is not None and min(stood, one.low) < level.price < max(stood, one.high)
            happens = {
                Crossing.UP: stood is not None and stood < level.price <= one.close,
                Crossing.DOWN: stood is not None and stood > level.price >= one.close,
                Crossing.TOUCH: one.low <= level.price <= one.high or through,
            }[level.crossing]
            day = WIN.local_date(one.time)
            fresh = last is None or (level.often is Often.SESSION and day != last)
            if happens and fresh and one.time + timeframe_s <= level.expires_at:
                found.append(one.time)
                last = day
        if not one.time < level.armed_at < one.time + timeframe_s:
            stood = one.close
    return found


@st.composite
def markets(draw):
    """A timeframe, and candles around PRICE over some sessions, with holes."""
    timeframe_s = draw(st.sampled_from([60, 300]))
    slots = draw(st.lists(st.integers(0, 60), unique=True, min_size=2, max_size=40))
    times = sorted(CANDLE + (slot // 20) * DAY_S + (slot % 20) * timeframe_s for slot in slots)
    close, made = draw(st.integers(96, 104)), []
    for at in times:
        opened, close = close + draw(st.integers(-2, 2)), close + draw(st.integers(-4, 4))
        close = min(max(close, 95), 105)
        low, high = min(opened, close) - draw(st.integers(0, 2)), max(opened, close) + draw(st.integers(0, 2))
        made.append(candle(at, float(close), float(low), float(high), float(opened)))
    return timeframe_s, made


@given(
    markets(),
    st.sampled_from(ASKED),
    st.sampled_from(Often),
    st.integers(-10, 3 * DAY_S),
    st.integers(0, 4 * DAY_S),
    st.data(),
)
def test_posts_one_by_one_ring_as_the_definition_does(market, crossing, often, armed, life, data):
    """Posts of any length, the last again after a restart; the feed remembers where a level rang, or not."""
    timeframe_s, candles = market
    armed_at = float(CANDLE + armed)
    level = a_level(PRICE, crossing=crossing, often=often, armed_at=armed_at, expires_at=armed_at + life)
    wanted = by_hand(level, candles, timeframe_s)
    assert rung(level, candles, timeframe_s=timeframe_s) == wanted
    live, rang, first = [], None, 0
    while first < len(candles):
        end = data.draw(st.integers(first + 1, len(candles)))
        seen = candles[:end]
        found = rung(level, seen, first, rang=rang, timeframe_s=timeframe_s)
        again = rung(level, seen, first, rang=found[-1] if found else rang, timeframe_s=timeframe_s)
        assert set(again) <= set(found)  # the same post once more rings nothing new
        live += found
        rang, first = (found[-1] if found else rang), end
    assert live == wanted
