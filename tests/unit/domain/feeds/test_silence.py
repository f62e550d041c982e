"""Silence by the calendar: every corner of B3's days, and a slow loop that says the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.config.reader import load
from pregao.domain.feeds.feed import KEPT_S, Beat, Report, Seen
from pregao.domain.feeds.silence import (
    FeedRules,
    Truth,
    expected_feeds,
    filled,
    judge,
)
from pregao.domain.feeds.told import Cause, Feeds, Filled, Outage
from tests.cloud import ROOT

CONFIG = load(ROOT / "config")
INSTRUMENTS = {name: CONFIG.instrument_for(name) for name in CONFIG.instruments}
WIN, FOREX = INSTRUMENTS["WIN"], INSTRUMENTS["EURUSD"]
DESK = ZoneInfo("America/Sao_Paulo")
RULES = FeedRules(INSTRUMENTS)


def at(text: str) -> float:
    """Epoch seconds of a moment on the desk's clock: "2026-11-23 11:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=DESK).timestamp()


def seen(newest: str, timeframe: str = "M5", **changes: object) -> Seen:
    opened = int(at(newest))
    plain = Seen("WIN", timeframe, "WIN$N", "WINZ26", "mesa-1", opened, opened + 301.0)
    return replace(plain, **changes)


def a_beat(received: str, condition: str = "live", feed: str = "live", **changes: object) -> Beat:
    reports = (Report("WIN$N", "WINZ26", "M5", feed, f"feed {feed}", 0),)
    plain = Beat("mesa-1", at(received), 60, 0.1, condition, f"terminal {condition}", reports)
    return replace(plain, **changes)


def judged(now: str, one: Seen | None, *beats: Beat, rules: FeedRules = RULES, timeframe: str = "M5"):
    feeds = Feeds({("WIN", timeframe): one} if one else {}, beats)
    (feed,) = expected_feeds(feeds, rules, at(now))
    return judge(feed, at(now))


class TestCandles:
    @pytest.mark.parametrize(
        ("newest", "now", "silent"),
        [
            ("2026-11-23 11:00", "2026-11-23 11:12:29", False),  # 11:05 closes 11:10, late from 11:12:30
            ("2026-11-23 11:00", "2026-11-23 11:12:30", True),
            ("2026-11-23 18:20", "2026-11-23 18:40", False),  # the last candle came
            ("2026-11-23 18:20", "2026-11-24 08:59", False),  # the night
            ("2026-11-23 18:20", "2026-11-24 09:07:29", False),  # the open: 09:00 closes 09:05
            ("2026-11-23 18:20", "2026-11-24 09:07:30", True),
            ("2026-11-23 18:15", "2026-11-23 18:40", False),  # the last one comes with tomorrow's first
            ("2026-11-23 18:10", "2026-11-23 18:22:29", False),
            ("2026-11-23 18:10", "2026-11-23 18:22:30", True),  # the last but one must come
            ("2026-11-23 18:10", "2026-11-24 03:00", True),  # and stays away
            ("2026-11-23 18:15", "2026-11-24 09:07:30", True),
            ("2026-11-20 18:20", "2026-11-22 15:00", False),  # a Sunday, and the 20th is a holiday
            ("2026-11-19 18:20", "2026-11-20 12:00", False),  # Consciência Negra: closed
            ("2026-02-13 18:20", "2026-02-17 12:00", False),  # carnival
            ("2026-02-13 18:20", "2026-02-18 10:00", False),  # Ash Wednesday opens at 13:00
            ("2026-02-13 18:20", "2026-02-18 13:07:29", False),
            ("2026-02-13 18:20", "2026-02-18 13:07:30", True),
            ("2024-10-10 17:50", "2024-10-10 18:20", False),  # New York's summer: closed at 17:55
            ("2024-11-04 17:50", "2024-11-04 18:20", True),  # the season is over
        ],
    )
    def test_corners_of_the_calendar(self, newest, now, silent):
        assert (judged(now, seen(newest)).truth is Truth.SILENT) is silent

    @pytest.mark.parametrize(
        ("timeframe", "late"), [("M1", 45), ("M2", 60), ("M5", 150), ("M15", 450), ("M30", 900), ("H1", 1800)]
    )
    def test_late_by_half_a_candle_and_45_seconds_at_least(self, timeframe, late):
        assert RULES.late_s(("WIN", timeframe)) == late

    def test_a_dead_feed_is_found_within_two_candles_however_unlucky_the_minute(self):
        """From M5 up: half a candle and a round of the watch are less than a candle."""
        for timeframe, length in (("M5", 300), ("M15", 900), ("M30", 1800), ("H1", 3600)):
            assert length + RULES.late_s(("WIN", timeframe)) + 60 < 2 * length

    def test_since_when_the_first_missing_candle_opened(self):
        assert judged("2026-11-23 11:13", seen("2026-11-23 11:00")).since == at("2026-11-23 11:05")
        overnight = judged("2026-11-24 09:08", seen("2026-11-23 18:20"))
        assert overnight.since == at("2026-11-24 09:00")
        as_terminals_do = judged("2026-11-24 09:08", seen("2026-11-23 18:15"))
        assert as_terminals_do.since == at("2026-11-24 09:00")

    def test_a_market_that_never_closes_has_no_seam_at_midnight(self):
        assert FOREX.last_open(300, datetime(2026, 11, 25, tzinfo=UTC).timestamp()) == int(
            datetime(2026, 11, 25, tzinfo=UTC).timestamp()
        )
        friday = datetime(2026, 11, 27, 23, 55, tzinfo=UTC).timestamp()
        assert FOREX.last_open(300, friday + 86_400) == int(friday)


SPAN = st.integers(int(at("2026-01-02 00:00")), int(at("2027-12-20 00:00")))


@given(
    moment=SPAN,
    timeframe=st.sampled_from([60, 300, 900, 3600]),
    name=st.sampled_from(["WIN", "BIT", "EURUSD"]),
)
def test_the_last_and_the_next_open_are_those_of_a_slow_loop(moment, timeframe, name):
    """Minute by minute through the calendar, by the rule that a detector goes by."""
    instrument = INSTRUMENTS[name]
    back = moment // timeframe * timeframe
    while not instrument.in_session(back):
        back -= timeframe
    ahead = (moment // timeframe + 1) * timeframe
    while not instrument.in_session(ahead):
        ahead += timeframe
    assert instrument.last_open(timeframe, moment) == back
    assert instrument.next_open(timeframe, moment) == ahead


@given(moment=SPAN, behind=st.integers(0, 400), timeframe=st.sampled_from(["M1", "M5", "M15"]))
def test_a_feed_is_silent_when_a_slow_loop_finds_a_candle_that_is_late(moment, behind, timeframe):
    length = {"M1": 60, "M5": 300, "M15": 900}[timeframe]
    newest = WIN.last_open(length, moment - behind * 60)
    one = replace(seen("2026-11-23 11:00", timeframe), newest=newest, received_at=float(moment))
    (feed,) = expected_feeds(Feeds({("WIN", timeframe): one}), RULES, moment)
    late = any(
        WIN.in_session(candle) and WIN.in_session(candle + length) and candle + length + feed.late_s <= moment
        for candle in range(newest + length, moment, length)
    )
    assert (judge(feed, moment).truth is Truth.SILENT) is late


class TestExpected:
    def test_for_a_week_after_the_last_post(self):
        one = seen("2026-11-23 11:00")
        feeds = Feeds({("WIN", "M5"): one})
        assert expected_feeds(feeds, RULES, one.received_at + KEPT_S)
        assert not expected_feeds(feeds, RULES, one.received_at + KEPT_S + 1)

    def test_what_is_ignored_and_what_is_no_instrument_is_not(self):
        ignoring = FeedRules(INSTRUMENTS, ignore=frozenset({("WIN", "M5")}))
        feeds = Feeds({("WIN", "M5"): seen("2026-11-23 11:00"), ("OLD", "M5"): seen("2026-11-23 11:00")})
        assert expected_feeds(feeds, ignoring, at("2026-11-23 11:06")) == []

    def test_one_that_never_came_is_missed_when_its_session_begins_and_not_at_night(self):
        rules = FeedRules(INSTRUMENTS, expect={("WIN", "M5"): None})
        assert judged("2026-11-23 03:00", None, rules=rules).truth is Truth.UNSURE
        assert judged("2026-11-23 09:07", None, rules=rules).truth is Truth.UNSURE
        begun = judged("2026-11-23 09:07:30", None, rules=rules)
        assert (begun.truth, begun.since) == (Truth.SILENT, at("2026-11-23 09:00"))

    def test_a_thin_market_has_its_own_patience(self):
        rules = FeedRules(INSTRUMENTS, expect={("WIN", "M5"): 600.0})
        assert judged("2026-11-23 11:19", seen("2026-11-23 11:00"), rules=rules).truth is Truth.WELL
        assert judged("2026-11-23 11:20", seen("2026-11-23 11:00"), rules=rules).truth is Truth.SILENT


class TestHeartbeats:
    def test_a_mute_bridge_is_silence_before_a_candle_is_late(self):
        one, beat = seen("2026-11-23 11:00"), a_beat("2026-11-23 11:05")
        assert judged("2026-11-23 11:07:30", one, beat).truth is Truth.WELL
        found = judged("2026-11-23 11:07:31", one, beat)
        assert (found.truth, found.cause) == (Truth.SILENT, Cause.BRIDGE_SILENT)
        assert found.since == at("2026-11-23 11:05")

    def test_at_night_nobody_asks_and_at_the_open_it_has_its_intervals(self):
        one, beat = seen("2026-11-23 18:20"), a_beat("2026-11-23 19:00")
        for now in ("2026-11-23 22:00", "2026-11-24 08:59:59", "2026-11-24 09:02:30"):
            assert judged(now, one, beat).truth is Truth.UNSURE
        assert judged("2026-11-24 09:02:31", one, beat).since == at("2026-11-24 09:00")

    def test_another_bridge_that_carries_the_feed_is_enough(self):
        one = seen("2026-11-23 11:00")
        dead, alive = a_beat("2026-11-23 10:00"), a_beat("2026-11-23 11:07", bridge_id="mesa-2")
        assert judged("2026-11-23 11:07:40", one, dead, alive).truth is Truth.WELL
        foreign = a_beat("2026-11-23 11:07", bridge_id="other", feeds=())
        assert judged("2026-11-23 11:07:40", one, dead, foreign).truth is Truth.SILENT

    def test_a_desk_whose_bridge_sends_none_is_judged_by_its_candles(self):
        assert judged("2026-11-23 11:08", seen("2026-11-23 11:00")).truth is Truth.WELL


class TestCause:
    def why(self, *beats):
        found = judged("2026-11-23 11:13", seen("2026-11-23 11:00"), *beats)
        assert found.truth is Truth.SILENT
        return found.cause, found.detail

    def test_no_heartbeat_at_all_or_an_old_one(self):
        assert self.why() == (Cause.BRIDGE_SILENT, "")
        assert self.why(a_beat("2026-11-23 11:00", "broker_lost")) == (Cause.BRIDGE_SILENT, "")

    @pytest.mark.parametrize(
        "condition", sorted({*Cause} - {"bridge_silent", "refused", "posting_failed", "unexplained"})
    )
    def test_the_terminals_condition_comes_first(self, condition):
        beat = a_beat("2026-11-23 11:12", condition, "posting_failed")
        assert self.why(beat) == (Cause(condition), f"terminal {condition}")

    @pytest.mark.parametrize("condition", ["refused", "posting_failed", "symbol_missing", "no_trades"])
    def test_then_the_feeds_own(self, condition):
        assert self.why(a_beat("2026-11-23 11:12", feed=condition)) == (Cause(condition), f"feed {condition}")

    def test_and_if_all_looks_well_it_says_that(self):
        assert self.why(a_beat("2026-11-23 11:12")) == (Cause.UNEXPLAINED, "")

    def test_the_newest_heartbeat_counts(self):
        old, new = (
            a_beat("2026-11-23 11:11", "failed"),
            a_beat("2026-11-23 11:12", "logged_out", bridge_id="b2"),
        )
        assert self.why(old, new)[0] is Cause.LOGGED_OUT


class TestFilled:
    NEWEST = int(at("2026-11-23 11:00"))
    OUTAGE = Outage(0.0, NEWEST, Cause.BROKER_LOST)

    @pytest.mark.parametrize(
        ("gap_to", "backfilled_to", "expected"),
        [
            (0, 0, Filled.WHOLE),
            (NEWEST - 300, 0, Filled.WHOLE),  # an older gap is none of this silence's
            (NEWEST, 0, Filled.WHOLE),
            (NEWEST + 900, 0, Filled.MISSING),
            (NEWEST + 900, NEWEST + 600, Filled.MISSING),
            (NEWEST + 900, NEWEST + 900, Filled.BACKFILLED),
            (0, NEWEST + 900, Filled.BACKFILLED),
        ],
    )
    def test_by_what_came_and_what_was_left_out(self, gap_to, backfilled_to, expected):
        one = seen("2026-11-23 11:30", gap_to=gap_to, backfilled_to=backfilled_to)
        assert filled(self.OUTAGE, one) is expected


def test_a_session_ends_with_its_close():
    assert WIN.in_session(int(at("2026-11-23 18:24:59")))
    assert not WIN.in_session(int(at("2026-11-23 18:25")))
    assert not WIN.in_session(int(at("2026-11-22 12:00")))


def test_every_trading_day_of_two_years_has_its_first_and_last_candle():
    day = date(2026, 1, 1)
    while day < date(2027, 12, 1):
        hours = WIN.sessions.on(day)
        noon = datetime.combine(day, datetime.min.time(), DESK) + timedelta(hours=23)
        found = WIN.last_open(300, noon.timestamp())
        if hours:
            assert datetime.fromtimestamp(found, DESK).date() == day
        else:
            assert datetime.fromtimestamp(found, DESK).date() < day
        day += timedelta(1)
