"""Heartbeat v1: what is taken, and what is refused with every reason."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from pregao.domain.feeds.feed import LIVE, SetAside
from pregao.domain.feeds.told import Cause
from pregao.wire.heartbeat_v1 import (
    MAX_BODY_BYTES,
    MAX_FEEDS,
    Condition,
    HeartbeatRefused,
    dump_heartbeat,
    load_heartbeat,
    read_heartbeat,
)
from tests.cloud import ROOT
from tests.fakes import a_heartbeat
from tests.published import problems

SAMPLE = json.loads((ROOT / "functions" / "heartbeat" / "event.json").read_text(encoding="utf-8"))
BODY = json.loads(SAMPLE["body"])


def refused(body):
    raw = body if isinstance(body, str | bytes) else json.dumps(body)
    with pytest.raises(HeartbeatRefused) as caught:
        read_heartbeat(raw)
    return caught.value.reasons


def changed(**changes):
    """The sample with parts of it replaced; `terminal` and `feed` are merged."""
    terminal, feed = changes.pop("terminal", {}), changes.pop("feed", {})
    return BODY | {"terminal": BODY["terminal"] | terminal, "feeds": [BODY["feeds"][0] | feed]} | changes


def test_the_sample_is_one_and_its_length_is_told():
    beat = read_heartbeat(SAMPLE["body"])
    assert problems("heartbeat-v1", BODY) == []
    assert load_heartbeat(dump_heartbeat(beat)) == beat
    assert SAMPLE["headers"]["content-length"] == str(len(SAMPLE["body"]))


def test_what_cannot_be_told_is_null_and_whole_numbers_are_numbers():
    nothing = {"code": None, "build": None, "server": None, "ping_ms": None, "utc_offset_s": None}
    terminal = nothing | {"last_tick_at": None, "condition": "not_started"}
    feed = {"contract": None, "newest": None, "accepted": None, "condition": "loading"}
    body = changed(terminal=terminal, feed=feed, skew_s=None, sent_at=1763128800)
    assert read_heartbeat(json.dumps(body)).sent_at == 1763128800.0
    assert problems("heartbeat-v1", body) == []
    assert read_heartbeat(json.dumps(BODY | {"feeds": []})).feeds == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"version": 2}, "version"),
        ({"more": 1}, "more"),
        ({"bridge_id": ""}, "bridge_id"),
        ({"sent_at": "now"}, "sent_at"),
        ({"interval_s": 0}, "interval_s"),
        ({"interval_s": 60.5}, "interval_s"),
        ({"skew_s": "1"}, "skew_s"),
        ({"terminal": {"condition": "fine"}}, "terminal.condition"),
        ({"terminal": {"condition": "refused"}}, "terminal.condition"),
        ({"terminal": {"detail": "x" * 201}}, "terminal.detail"),
        ({"terminal": {"ping_ms": -1}}, "terminal.ping_ms"),
        ({"terminal": {"login": 1}}, "terminal.login"),
        ({"feed": {"timeframe": "M7"}}, "feeds.0.timeframe"),
        ({"feed": {"waiting": -1}}, "feeds.0.waiting"),
        ({"feed": {"condition": "odd"}}, "feeds.0.condition"),
        ({"feeds": [BODY["feeds"][0]] * (MAX_FEEDS + 1)}, "feeds"),
    ],
)
def test_a_spoilt_one_is_refused_by_name(change, named):
    body = changed(**change)
    assert any(reason.startswith(f"{named}:") for reason in refused(body))
    if change != {"interval_s": 60.5}:
        assert problems("heartbeat-v1", body)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b"null", "[" * 15_000])
def test_what_is_no_heartbeat_at_all(body):
    assert refused(body)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_no_number_that_is_none(number):
    text = json.dumps(changed(sent_at=0.25)).replace("0.25", number)
    assert any("sent_at" in reason for reason in refused(text))


def test_a_bridge_of_a_hundred_feeds_fits_at_its_longest():
    aside = {"count": 10**6, "newest": 10**10, "reason": "r" * 200}
    long = {
        "symbol": "S" * 32,
        "contract": "C" * 32,
        "detail": "d" * 200,
        "waiting": 10**6,
        "set_aside": aside,
    }
    body = changed(feeds=[{**BODY["feeds"][0], **long}] * MAX_FEEDS)
    assert len(read_heartbeat(json.dumps(body)).feeds) == MAX_FEEDS == 100


def test_too_large_is_said_with_both_sizes():
    (reason,) = refused(b" " * (MAX_BODY_BYTES + 1))
    assert str(MAX_BODY_BYTES) in reason


def test_fifty_feeds_fit_when_they_have_little_to_say_and_thirty_five_whatever_they_say():
    plain = BODY["feeds"][0]
    wordy = plain | {"detail": "x" * 200, "symbol": "S" * 32, "contract": "C" * 32}
    for feeds in ([plain] * 50, [wordy] * 35):
        body = json.dumps(changed(feeds=feeds), separators=(",", ":"))
        assert len(read_heartbeat(body).feeds) == len(feeds)


class TestSetAside:
    """Candles that cannot be: what the bridge tells of them, if anything."""

    ASIDE: ClassVar = {"count": 2, "newest": 1763128500, "reason": "open 5.0 outside [10.0, 20.0]"}

    def test_it_is_told_to_the_domain(self):
        body = changed(feed={"set_aside": self.ASIDE})
        assert problems("heartbeat-v1", body) == []
        beat = read_heartbeat(json.dumps(body))
        (report,) = load_heartbeat(dump_heartbeat(beat)).beat(5.0).feeds
        assert report.set_aside == SetAside(2, 1763128500, "open 5.0 outside [10.0, 20.0]")

    def test_null_and_absent_say_that_there_are_none(self):
        """Absent: a bridge of before."""
        assert "set_aside" not in BODY["feeds"][0]
        for body in (BODY, changed(feed={"set_aside": None})):
            assert problems("heartbeat-v1", body) == []
            assert read_heartbeat(json.dumps(body)).beat(5.0).feeds[0].set_aside is None

    @pytest.mark.parametrize(
        "change", [{"count": 0}, {"newest": None}, {"newest": -1}, {"reason": "x" * 201}, {"more": 1}]
    )
    def test_a_spoilt_one_is_refused_by_name(self, change):
        body = changed(feed={"set_aside": self.ASIDE | change})
        assert any(reason.startswith("feeds.0.set_aside") for reason in refused(body))
        assert problems("heartbeat-v1", body)


def test_every_condition_is_a_cause_and_the_other_way_round():
    """So that no heartbeat that is taken can trip the watch later."""
    conditions = set(Condition.__args__)
    assert conditions - {LIVE} | {
        "refused",
        "posting_failed",
        "bridge_silent",
        "set_aside",
        "unexplained",
    } == {*Cause}


def test_it_is_told_to_the_domain():
    beat = a_heartbeat(terminal={"condition": "logged_out", "detail": "code -6"}).beat(5.0)
    assert (beat.bridge_id, beat.received_at, beat.interval_s, beat.skew_s) == ("mesa-1", 5.0, 60, 0.1)
    assert (beat.condition, beat.detail, beat.feeds[0].timeframe) == ("logged_out", "code -6", "M5")
    assert not beat.mute(5.0 + 150)
    assert beat.mute(5.0 + 151)
    assert not beat.mute(5.0 + 151, since=6.0)
