"""The loop: what is due, in a fair order, asleep in between; the terminal's condition said once."""

from __future__ import annotations

import logging
import threading

import pytest

from pregao_bridge.app.runner import Runner
from pregao_bridge.logs import Notices
from pregao_bridge.market import Condition, Health
from tests.unit.local.bridge_desk import START, STEP, WDO, WIN, Desk, shared


class Heartbeats:
    """Remembers what it felt."""

    def __init__(self):
        self.felt, self.running = [], None

    def report(self, health):
        self.felt.append(health.condition)

    def start(self):
        self.running = True

    def stop(self):
        self.running = False


class Loop:
    """A runner whose sleeps are the desk's time passing; `end` is when it is asked to stop."""

    def __init__(self, desk, end):
        self.desk, self.beats, self.stop, self.end = desk, Heartbeats(), threading.Event(), end
        self.stop.wait = self.sleep
        self.runner = Runner(
            desk.market,
            desk.feeds,
            self.beats,
            shared(desk.time, desk.skew),
            terminal=Notices("terminal", "en"),
            machine=Notices("machine", "en"),
            health_s=60,
            stop=self.stop,
            passing=desk.time,
        )

    def sleep(self, seconds):
        assert 0 < seconds <= 0.5
        self.desk.time.now += seconds
        if self.desk.time.now >= self.end:
            self.stop.set()


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path, (WIN, WDO))


def test_it_runs_until_asked_to_end_and_lets_the_terminal_go(desk):
    """Every close, both feeds; a look at the terminal each minute."""
    loop = Loop(desk, START + 3 * STEP + 1)
    loop.runner.run()
    assert desk.cloud.times(WIN.symbol) == desk.cloud.times(WDO.symbol) == desk.closed(START - STEP)
    assert all(now - new[-1] - STEP < 0.6 for _, new, _, now, _ in desk.cloud.heard)
    assert len(loop.beats.felt) == 16
    assert (loop.beats.running, desk.market.closed) == (False, True)


def test_the_terminals_condition_is_said_once_and_the_feeds_wake_when_it_is_back(desk, caplog):
    """With the remedy."""
    caplog.set_level(logging.INFO)
    desk.market.said = Health(Condition.LOGGED_OUT, "no account", -6)
    Loop(desk, START + 200).runner.run()
    assert caplog.text.count("terminal: no account in the terminal: no account") == 1
    loop = Loop(desk, START + 500)
    turn = loop.runner.turn

    def turning():
        if desk.time.now > START + 300:
            desk.market.said = Health(Condition.LIVE)
        return turn()

    loop.runner.turn = turning
    loop.runner.run()
    assert caplog.text.count("terminal: well again") == 1
    assert loop.beats.felt[-1] is Condition.LIVE


def test_a_terminal_that_is_away_is_asked_by_nobody_but_the_loop(desk):
    """Each question would wait for it; it is looked at every ten seconds, and its feeds say why."""
    desk.market.said = Health(Condition.NOT_STARTED, "no terminal", -10_004)
    loop = Loop(desk, START + 100)
    loop.runner.run()
    assert desk.market.asked == 0
    assert len(loop.beats.felt) == 10
    assert {feed.status.plain()["condition"] for feed in desk.feeds} == {"not_started"}
    desk.market.said = Health(Condition.NO_TRADES)
    desk.market.closed = False
    loop = Loop(desk, START + 115)
    loop.runner.run()
    assert desk.cloud.times(WIN.symbol) == desk.cloud.times(WDO.symbol) == [START - STEP]


def test_one_feeds_unforeseen_trouble_is_not_the_others(desk, caplog):
    """An exception of any kind: logged with its traceback, once; it goes on trying."""

    def boom():
        raise ZeroDivisionError("unforeseen")

    desk.feeds[0]._apply_decision = boom
    Loop(desk, START + STEP + 30).runner.run()
    assert desk.cloud.times(WIN.symbol) == []
    assert desk.cloud.times(WDO.symbol) == desk.closed(START - STEP)
    assert caplog.text.count("Traceback") == 1
    assert desk.feeds[0].status.plain()["condition"] == "failed"


def test_a_clock_that_is_set_back_makes_no_long_sleep(desk):
    """Appointments an hour ahead are forgotten."""
    loop = Loop(desk, START + 2 * STEP)
    loop.runner.turn()
    desk.time.now -= 3600
    loop.end = desk.time.now + 2
    asked = desk.market.asked
    loop.runner._health_at = 0
    loop.runner.turn()
    assert desk.market.asked > asked


def test_a_skewed_clock_is_warned_of_once(desk, caplog):
    """Above two seconds; and when it is right again."""
    caplog.set_level(logging.INFO)
    loop = Loop(desk, desk.time.now + 1)
    for skew in (None, 1.0, -3.0, -3.5, 0.2):
        desk.skew.seconds = skew
        loop.runner._health_at = 0
        loop.runner.turn()
    assert caplog.text.count("machine: this machine's clock is 3 s behind") == 1
    assert caplog.text.count("machine: the clock is right again") == 1


def test_stopped_it_begins_no_other_feed(desk):
    """The post in flight ends; the next waits for the next start."""
    loop = Loop(desk, START + STEP)
    post = desk.cloud.post

    def stopping(body):
        loop.stop.set()
        return post(body)

    desk.cloud.post = stopping
    loop.runner.run()
    assert len(desk.cloud.heard) == 1
