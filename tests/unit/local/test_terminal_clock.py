"""The server's offset from UTC: measured against ticks, doubted when it changes, never guessed."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.terminal.clock import CHANGED, FIRST, Reading, ServerClock, ServerZone, parse
from pregao_bridge.terminal.mt5 import Where
from tests.unit.local.terminals import SAO_PAULO, between, check, desk, follow, opens

NOON = 1_793_199_600.0  # 2026-10-28 12:00 in São Paulo


def fed(offset_s, seconds, start=NOON, clock=None, age_s=0.2, every_s=1.0):
    """Return a server's clock that read a fresh tick every `every_s` seconds."""
    clock = clock or ServerClock(SAO_PAULO)
    for at in range(seconds):
        now = start + at * every_s
        clock.observe("WIN", Reading(round((now - age_s + offset_s) * 1000), (1.0,), now))
    return clock


def unsure(clock, now) -> str:
    with pytest.raises(MarketFault) as caught:
        clock.offset_s(now)
    assert caught.value.condition == Condition.CLOCK_UNSURE
    return caught.value.detail


@pytest.mark.parametrize("offset", [-10_800, 0, 7200, 10_800, 20_700, -12 * 3600, 14 * 3600])
def test_a_few_fresh_ticks_make_it_sure(offset):
    """The first reading says nothing: it may be an old tick. Then so many in a row."""
    assert "no offset measured" in unsure(fed(offset, FIRST), NOON + FIRST)
    assert fed(offset, FIRST + 1).offset_s(NOON + FIRST) == offset


@given(
    offset=st.sampled_from([-10_800, -7200, 0, 7200, 10_800, 19_800]),
    skew=st.floats(-85, 85),
    ages=st.lists(st.floats(0, 4), min_size=4, max_size=12),
)
def test_what_is_sure_is_true(offset, skew, ages):
    """With our clock wrong by up to 85 s and ticks some seconds old, the offset is the true one."""
    clock = ServerClock(SAO_PAULO)
    for at, age in enumerate(ages):
        now = NOON + 10.0 * at
        clock.observe("WIN", Reading(round((now + skew - age + offset) * 1000), (1.0,), now))
    assert clock.offset_s(NOON + 120) == offset
    assert clock.server_now(NOON) <= NOON + min(0.0, skew) + 0.001


def test_old_ticks_confirm_nothing():
    """The same tick over and over is a closed market."""
    clock = ServerClock(SAO_PAULO)
    for at in range(50):
        clock.observe("WIN", Reading(round((NOON - 900 - 10_800) * 1000), (1.0,), NOON + at))
    assert "waiting for live ticks" in unsure(clock, NOON + 50)


def test_a_tick_that_grew_old_between_far_readings_is_no_doubt():
    """Read every five minutes, a quiet symbol's newest trade may be minutes old: it says nothing."""
    clock = fed(-10_800, 5)
    clock.observe("WIN", Reading(round((NOON + 100 - 10_800) * 1000), (1.0,), NOON + 300))
    assert clock.offset_s(NOON + 300) == -10_800
    clock.observe("WIN", Reading(round((NOON + 400 - 10_800) * 1000), (1.0,), NOON + 1300))
    assert clock.offset_s(NOON + 1300) == -10_800


@pytest.mark.parametrize("jump", [3600, -3600, 900])
def test_a_jump_is_doubted_then_believed(jump):
    """Said at once with both offsets; believed after several fresh ticks in a row."""
    clock = fed(-10_800, 10)
    moved = -10_800 + jump
    fed(moved, 2, NOON + 10, clock)
    if jump > 0:
        said = unsure(clock, NOON + 12)
        assert "went from UTC-03:00 to UTC-0" in said
        assert f"of {CHANGED}" in said
    else:
        assert "went back" in unsure(clock, NOON + 12)
    fed(moved, CHANGED + 1, NOON + 12, clock)
    assert clock.offset_s(NOON + 20) == moved


def test_a_clock_between_two_offsets_is_a_fault():
    """Seven minutes off is no time zone: this computer's clock, or the server's."""
    clock = fed(-10_800, 5)
    fed(-10_800 + 420, 5, NOON + 5, clock)
    assert "near no whole offset" in unsure(clock, NOON + 10)
    fed(-10_800, CHANGED + 1, NOON + 440, clock)
    assert clock.offset_s(NOON + 450) == -10_800


def test_an_offset_no_place_on_earth_has_is_not_believed():
    """A server a day behind is a broken one."""
    unsure(fed(-86_400, 20), NOON + 20)


def test_prices_that_move_under_a_standing_clock():
    """A frozen server's ticks have new prices and one time."""
    clock = fed(-10_800, 5)
    for at in range(4):
        clock.observe("WIN", Reading(round((NOON + 4 - 10_800) * 1000), (float(at),), NOON + 5 + at))
    assert "stands still" in unsure(clock, NOON + 9)


def test_several_ticks_of_one_millisecond_are_usual():
    """Other prices under one stamp within a second are a burst of trades."""
    clock = fed(-10_800, 5)
    stamp = round((NOON + 5 - 10_800) * 1000)
    clock.observe("WIN", Reading(stamp, (1.0,), NOON + 5.1))
    clock.observe("WIN", Reading(stamp, (2.0,), NOON + 5.3))
    assert clock.offset_s(NOON + 6) == -10_800


def test_kept_for_the_day_and_no_longer():
    """Without ticks it lasts to midnight in the exchange's zone; the next day's first ticks renew it."""
    clock = fed(-10_800, 5)
    midnight = NOON + 12 * 3600
    assert clock.offset_s(midnight - 1) == -10_800
    assert "not measured today" in unsure(clock, midnight)
    morning = midnight + 9 * 3600
    fed(-10_800, FIRST, morning, clock)
    unsure(clock, morning + FIRST)
    fed(-10_800, 1, morning + FIRST, clock)
    assert clock.offset_s(morning + 10) == -10_800


def test_another_offset_than_the_configured_one_is_refused():
    """However often it is measured."""
    clock = fed(-7200, 20, clock=ServerClock(SAO_PAULO, ServerZone(None, -10_800)))
    assert unsure(clock, NOON + 20) == "measured UTC-02:00, configured UTC-03:00"
    assert fed(-10_800, 20, clock=ServerClock(SAO_PAULO, ServerZone(None, -10_800))).offset_s(NOON) == -10_800


@given(jump=st.sampled_from([3600, 7200, -3600, 1800]), night=st.floats(3600, 50_000))
def test_stamps_of_before_a_change_keep_their_offset(jump, night):
    """A server that changes over a night: candles of both sides come out in true UTC."""
    clock = fed(-10_800, 10)
    later = NOON + night + 2 * abs(jump)
    moved = -10_800 + jump
    fed(moved, CHANGED + 2, later, clock)
    assert clock.utc(int(NOON) - 600 - 10_800) == int(NOON) - 600
    assert clock.utc(int(later) + moved) == int(later)
    assert clock.revision == 1


# through the market


@pytest.mark.parametrize("offset", [-10_800, 0, 7200, 10_800])
def test_candles_come_out_in_utc(offset):
    """Whatever the server's clock, the opens are the true ones."""
    made = desk(offset_s=offset)
    assert made.fault().condition == Condition.CLOCK_UNSURE
    made.sure()
    check(made.window(opens(2, 2)), made.clock())
    assert made.market.health().utc_offset_s == offset


@pytest.mark.parametrize("moved", [-7200, -14_400, 0])
def test_a_change_over_night_loses_and_repeats_nothing(moved):
    """The server comes back in another offset the next day: history and new candles stay true."""
    made = desk(opens(2, 100) + 20)
    made.terminal.change_offset(moved, at=opens(3, 0) - 4 * 3600)
    accepted = follow(made, opens(3, 20), every_s=5)
    assert accepted == between(opens(2, 99), made.clock() - 5)
    assert made.market.health().utc_offset_s == moved


def test_a_change_in_session_stops_the_feed_until_it_is_sure():
    """Nothing leaves in between; afterwards everything, once."""
    made = desk(opens(2, 10) + 250)
    made.sure()
    accepted = [made.window().columns.time[-1]]
    made.terminal.change_offset(-7200)
    made.clock.now = opens(2, 11) + 2
    fault = made.fault(accepted[0])
    assert (fault.condition, "UTC-02:00" in fault.detail) == (Condition.CLOCK_UNSURE, True)
    assert made.market.health().condition in {Condition.CLOCK_UNSURE, Condition.LIVE}
    accepted += follow(made, opens(2, 20), after=accepted[0])
    assert accepted == between(opens(2, 9), made.clock() - 1)


def test_a_configured_offset_that_is_not_the_servers():
    """Nothing leaves, and the detail says both."""
    made = desk(where=Where(server_offset_s=0))
    made.sure()
    assert made.fault().detail == "measured UTC-03:00, configured UTC+00:00"
    assert made.market.health().condition == Condition.CLOCK_UNSURE


FOREX = "America/New_York+7"
"""UTC+2 in New York's winter, UTC+3 in its summer: no place has that clock."""


def test_a_server_clock_without_a_zone_of_its_own_dates_every_stamp():
    """Before and after the hour changes in New York, not where Athens' changes."""
    server = parse(FOREX)
    for day, hours in (("2026-03-07", 2), ("2026-03-09", 3), ("2026-10-31", 3), ("2026-11-02", 2)):
        noon = int(datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp())
        assert server.offset_at(noon) == hours * 3600
        assert server.utc(noon + hours * 3600) == noon
    clock = fed(10_800, 20, start=NOON - 10 * 86_400, clock=ServerClock(SAO_PAULO, server))
    assert clock.offset_s(NOON - 10 * 86_400 + 20) == 10_800
    march = int(datetime.fromisoformat("2026-03-02T12:00:00+00:00").timestamp())
    assert clock.utc(march + 7200) == march
    wrong = fed(7200, 20, start=NOON - 10 * 86_400, clock=ServerClock(SAO_PAULO, server))
    assert unsure(wrong, NOON - 10 * 86_400 + 20) == "measured UTC+02:00, configured UTC+03:00"


@pytest.mark.parametrize(
    ("text", "noon_h"),
    [("Europe/Athens", 2), ("Etc/GMT+3", -3), ("UTC-3", -3), ("America/New_York+07:30", 2.5)],
)
def test_zones_are_read_with_hours_and_without(text, noon_h):
    assert parse(text).offset_at(1_768_478_400) == noon_h * 3600


@pytest.mark.parametrize(
    "text", ["America", "Nowhere", "Nowhere+7", "+7", "America/New_York+7:90", "America/New_York+x"]
)
def test_what_is_no_zone(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        parse(text)


def test_candles_of_a_server_with_a_rule(tmp_path):
    """Through the adapter: the offset is confirmed by ticks, the stamps read by the rule."""
    made = desk(offset_s=7200, where=Where(server_zone="Etc/GMT-2"))
    made.sure()
    check(made.window(opens(2, 2)), made.clock())
    made = desk(offset_s=7200, where=Where(server_zone="Etc/GMT-3"))
    made.sure()
    assert made.fault().detail == "measured UTC+02:00, configured UTC+03:00"


def test_a_symbol_without_ticks_names_the_setting():
    """Nothing leaves, and the detail says what to write."""
    made = desk()
    silent = made.terminal.tick
    made.terminal.tick = lambda book: silent(book)._replace(time=0, time_msc=0)
    made.sure()
    assert "WIN$N has no ticks of its own; write `clock_symbol`" in made.fault().detail
    assert "write `clock_symbol`" in made.market.health().detail


def test_a_frozen_server_sends_nothing_and_recovers():
    """Prices go on, its clock does not."""
    made = desk(opens(2, 10) + 250)
    made.sure()
    made.terminal.freeze_clock()
    said = made.settle(opens(2, 9), seconds=120)
    assert (said.condition, "stands still" in said.detail) == (Condition.CLOCK_UNSURE, True)
    assert made.market.health().condition == Condition.CLOCK_UNSURE
    made.terminal.thaw_clock()
    assert follow(made, opens(2, 13), after=opens(2, 9)) == [opens(2, 10), opens(2, 11)]


def test_without_ticks_there_is_no_beginning():
    """Started after the close: the offset is not known, candles wait for the morning."""
    made = desk(opens(2, 112) + 3600)
    made.sure()
    assert made.fault().condition == Condition.CLOCK_UNSURE
    made.clock.now = opens(3, 0) + 1
    assert follow(made, opens(3, 2), after=opens(2, 110)) == [opens(2, 111), opens(2, 112), opens(3, 0)]


def test_a_symbol_with_many_ticks_tells_the_time_for_one_without():
    """Where a server's continuous symbols have no ticks of their own."""
    made = desk(where=Where(clock_symbol="WINZ26"))
    silent = made.terminal.tick
    made.terminal.tick = lambda book: silent(book)._replace(
        **({"time": 0, "time_msc": 0} if book is made.terminal.books["WIN$N"] else {})
    )
    made.sure()
    check(made.window(opens(2, 2)), made.clock())
    assert follow(made, opens(2, 14), after=opens(2, 9)) == [opens(2, at) for at in range(10, 13)]
