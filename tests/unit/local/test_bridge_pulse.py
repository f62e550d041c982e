"""Heartbeat v1: the whole truth, told also while the terminal hangs; a failure is never fatal."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import replace

import pytest
import urllib3

from pregao_bridge.clocks import CallTimer, Skew
from pregao_bridge.cloud import heartbeat
from pregao_bridge.cloud.heartbeat import HeartbeatSender
from pregao_bridge.cloud.signed import Answer
from pregao_bridge.feed.set_aside import Summary
from pregao_bridge.feed.status import FeedStatus
from pregao_bridge.logs import Notices
from pregao_bridge.market import Condition, Health
from tests.unit.local.bridge_desk import START, WIN, Time

TERMINAL = Health(Condition.LIVE, "", None, 5000, "B3-Demo", 12.5, -10_800, START + 1.0)


class Cloud:
    """Answers with a status or an error, and counts."""

    def __init__(self):
        self.status, self.bodies, self.heard, self.said = 202, [], threading.Event(), b"{}"

    def post(self, url, body):
        assert url == "http://127.0.0.1:9/heartbeats"
        self.bodies.append(json.loads(body))
        self.heard.set()
        if isinstance(self.status, Exception):
            raise self.status
        return Answer(self.status, self.said, {}, 0.0, 0.0)


class Bench:
    def __init__(self, interval_s=60):
        self.answers = []
        self.cloud, self.skew, self.passing = Cloud(), Skew(), Time(0.0)
        self.status, self.timer = FeedStatus(WIN), CallTimer(self.passing)
        self.sender = HeartbeatSender(
            "mesa-1",
            "http://127.0.0.1:9/heartbeats",
            self.cloud,
            [self.status],
            interval_s=interval_s,
            skew=self.skew,
            timer=self.timer,
            notices=Notices("cloud", "en"),
            clock=lambda: START + 2.5,
            heard=self.answers.append,
        )


@pytest.fixture
def bench():
    return Bench()


def test_the_body_is_the_contract(bench):
    """Heartbeat v1, to the letter."""
    bench.sender.report(TERMINAL)
    bench.skew.seconds = -0.12345
    bench.status.contract, bench.status.newest, bench.status.accepted = "WINJ26", START, START - 300
    bench.status.waiting = 1
    assert json.loads(bench.sender.body()) == {
        "version": 1,
        "bridge_id": "mesa-1",
        "sent_at": START + 2.5,
        "interval_s": 60,
        "skew_s": -0.123,
        "terminal": {
            "condition": "live",
            "detail": "",
            "code": None,
            "build": 5000,
            "server": "B3-Demo",
            "ping_ms": 12.5,
            "utc_offset_s": -10_800,
            "last_tick_at": START + 1.0,
        },
        "feeds": [
            {
                "symbol": "WIN$N",
                "contract": "WINJ26",
                "timeframe": "M5",
                "condition": "live",
                "detail": "",
                "newest": START,
                "accepted": START - 300,
                "waiting": 1,
            }
        ],
    }


def test_set_aside_candles_are_told(bench):
    """How many, the newest and why; not there where there are none."""
    bench.status.set_aside = Summary(2, START, "z" * 999)
    told = json.loads(bench.sender.body())["feeds"][0]["set_aside"]
    assert told == {"count": 2, "newest": START, "reason": "z" * 200}


def test_details_are_cut(bench):
    """Two hundred characters."""
    bench.sender.report(replace(TERMINAL, condition=Condition.FAILED, detail="x" * 999))
    bench.status.posting, bench.status.trouble = "refused", "y" * 999
    said = json.loads(bench.sender.body())
    assert len(said["terminal"]["detail"]) == len(said["feeds"][0]["detail"]) == 200
    assert said["feeds"][0]["condition"] == "refused"


def test_before_the_terminals_first_word(bench):
    """It is starting."""
    assert json.loads(bench.sender.body())["terminal"]["condition"] == "not_started"


def test_a_terminal_that_hangs_is_told(bench):
    """Twenty seconds in one call; over when it answers."""
    bench.sender.report(TERMINAL)
    with bench.timer.call():
        bench.passing.now = 19.0
        assert json.loads(bench.sender.body())["terminal"]["condition"] == "live"
        bench.passing.now = 43.0
        said = json.loads(bench.sender.body())["terminal"]
        assert (said["condition"], said["detail"]) == ("not_started", "terminal does not answer for 43 s")
    assert json.loads(bench.sender.body())["terminal"]["condition"] == "live"


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (500, "HTTP 500"),
        (403, "ask your administrator for a new key"),
        (urllib3.exceptions.NewConnectionError(None, "nobody"), "NewConnectionError"),
    ],
)
def test_a_failure_is_said_once_and_so_is_its_end(bench, caplog, trouble, words):
    """Never raised."""
    caplog.set_level(logging.INFO)
    bench.cloud.status = trouble
    bench.sender.beat()
    bench.sender.beat()
    bench.cloud.status = 202
    bench.sender.beat()
    bench.sender.beat()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert words in said[0]
    assert "takes heartbeats" in said[1]


def test_what_an_answer_says_is_handed_on_and_a_failure_says_nothing(bench):
    """Whose quotes are wanted; an answer that is none tells nothing of it."""
    bench.cloud.said = b'{"server_time": 1.0, "wanted_until": {"WIN$N": 91.0}}'
    bench.sender.beat()
    bench.cloud.status = 503
    bench.sender.beat()
    assert bench.answers == [bench.cloud.said]


def test_it_asks_whose_quotes_are_wanted_more_often_than_it_must_beat(monkeypatch):
    """What is told of the interval stays what was configured: by that the cloud calls a bridge mute."""
    monkeypatch.setattr(heartbeat, "ASK_S", 0.01)
    bench = Bench(interval_s=600)
    bench.sender.start()
    bench.sender.report(TERMINAL)
    while len(bench.cloud.bodies) < 4:
        threading.Event().wait(0.01)
    bench.sender.stop()
    assert {body["interval_s"] for body in bench.cloud.bodies} == {600}


def test_a_skewed_clock_is_named(bench, caplog):
    """When the signature is refused."""
    bench.cloud.status, bench.skew.seconds = 401, -280.0
    bench.sender.beat()
    assert "clock is 280 s behind" in caplog.text


def test_its_thread_beats_at_once_on_a_change_and_outlives_what_nobody_foresaw(caplog):
    """Each change of the terminal's condition; an exception of any kind; the end."""
    bench = Bench(interval_s=600)
    bench.cloud.status = ZeroDivisionError("x")
    bench.sender.start()
    for condition in (Condition.LIVE, Condition.BROKER_LOST, Condition.LIVE):
        bench.cloud.heard.clear()
        bench.sender.report(replace(TERMINAL, condition=condition))
        assert bench.cloud.heard.wait(5)
    bench.sender.report(TERMINAL)
    bench.sender.stop()
    assert [body["terminal"]["condition"] for body in bench.cloud.bodies] == ["live", "broker_lost", "live"]
    assert caplog.text.count("ZeroDivisionError: x") == 1
