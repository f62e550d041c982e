"""Quotes: asked of the terminal only while somebody looks, posted at most every two seconds, never twice."""

from __future__ import annotations

import json
import logging
import threading
from itertools import pairwise
from types import SimpleNamespace

import pytest
import urllib3

from pregao_bridge.cloud.quotes import (
    AFTER_FAILURE_S,
    EVERY_S,
    FRESH_S,
    LONGEST_S,
    MOST,
    SAME_AGAIN_S,
    QuoteSender,
)
from pregao_bridge.cloud.signed import Answer
from pregao_bridge.config import FeedName
from pregao_bridge.feed.status import FeedStatus
from pregao_bridge.logs import Notices
from pregao_bridge.market import Condition, MarketFault, Tick
from pregao_bridge.terminal.replay import on_path, synthetic_path
from tests.unit.local.bridge_desk import START, WIN, Time
from tests.unit.local.terminals import desk as a_terminal

WDO = FeedName("WDO$N", "M1")
CLOUD = 5_000_000_000.0
"""The cloud's clock: years from the bridge's, which nothing may depend on."""


class Cloud:
    """Answers with a status or an error; screens follow the symbols of `followed`."""

    def __init__(self):
        self.status, self.bodies, self.followed, self.heard = 202, [], {"WIN$N", "WDO$N"}, threading.Event()

    def post(self, url, body):
        assert url == "http://127.0.0.1:9/quotes"
        self.bodies.append(json.loads(body))
        self.heard.set()
        if isinstance(self.status, Exception):
            raise self.status
        named = [one["symbol"] for one in self.bodies[-1]["quotes"] if one["symbol"] in self.followed]
        wanted = dict.fromkeys(named, CLOUD + 60)
        said = json.dumps({"frames": 1, "server_time": CLOUD, "wanted_until": wanted})
        return Answer(self.status, said.encode(), {}, 0.0, 0.0)


class Bench:
    """A terminal whose price moves with each reading, unless it is `still`; a sender without its thread."""

    def __init__(self):
        self.cloud, self.passing, self.asked = Cloud(), Time(100.0), []
        self.still, self.fault, self.age_s, self.prices = False, None, 0.5, (158290.0, 158295.0, 158295.0)
        statuses = [FeedStatus(WIN, contract="WINJ26"), FeedStatus(WDO)]
        self.sender = QuoteSender(
            "mesa-1",
            "http://127.0.0.1:9/quotes",
            self.cloud,
            SimpleNamespace(tick=self.tick),
            statuses,
            clock=lambda: START + self.passing.now,
            notices=Notices("quotes", "en"),
            passing=self.passing,
        )

    def tick(self, symbol):
        self.asked.append(symbol)
        if self.fault:
            raise self.fault
        at = START if self.still else START + self.passing.now - self.age_s
        return Tick(at, *self.prices)

    def wanted(self, *symbols, for_s=90.0, asked_at=0.0):
        until = dict.fromkeys(symbols, CLOUD + asked_at + for_s)
        said = {"server_time": CLOUD + asked_at, **({"wanted_until": until} if symbols else {})}
        self.sender.hear(json.dumps(said).encode())

    def pass_s(self, seconds, step=0.5):
        for _ in range(int(seconds / step)):
            self.sender.turn()
            self.passing.now += step


@pytest.fixture
def bench():
    return Bench()


def test_nothing_is_asked_of_the_terminal_before_somebody_looks(bench):
    for answer in (b"{}", b"", b"null", b"[]", b'{"server_time": 1}', b'{"wanted_until": 7}', b"\xff"):
        bench.sender.hear(answer)
        assert bench.sender.turn() is None
    bench.wanted("NOPE")
    assert bench.sender.turn() is None
    assert (bench.asked, bench.cloud.bodies) == ([], [])


def test_the_body_is_the_contract(bench):
    bench.wanted("WIN$N", "WDO$N")
    assert bench.sender.turn() == EVERY_S
    prices = {"time": START + 99.5, "bid": 158290.0, "ask": 158295.0, "last": 158295.0}
    assert bench.cloud.bodies == [
        {
            "version": 1,
            "bridge_id": "mesa-1",
            "synthetic": False,
            "quotes": [
                {"symbol": "WDO$N", "contract": None, **prices},
                {"symbol": "WIN$N", "contract": "WINJ26", **prices},
            ],
        }
    ]


def test_at_most_one_post_in_two_seconds_and_as_long_as_screens_follow(bench):
    """The answers to its own posts keep it going, long after what the heartbeat said."""
    bench.wanted("WIN$N", for_s=10)
    bench.pass_s(100)
    times = [body["quotes"][0]["time"] for body in bench.cloud.bodies]
    assert len(times) == 50
    assert all(later - earlier >= EVERY_S for earlier, later in pairwise(times))


def test_when_nobody_looks_the_next_post_is_the_last_and_an_old_word_does_not_begin_anew(bench):
    bench.wanted("WIN$N")
    bench.pass_s(10)
    bench.cloud.followed.clear()
    posted = len(bench.cloud.bodies)
    bench.pass_s(20)
    bench.wanted("WIN$N")  # the same word in the next heartbeat's answer
    bench.pass_s(20)
    assert len(bench.cloud.bodies) == posted + 1
    bench.cloud.followed.add("WIN$N")
    bench.wanted("WIN$N", asked_at=40)  # somebody looks again
    bench.pass_s(2)
    assert len(bench.cloud.bodies) == posted + 2


def test_more_symbols_than_a_post_takes_go_in_several(bench):
    """A hundred markets on screens: the cloud refuses a post of more than fifty prices."""
    names = [f"S{at:03}" for at in range(MOST + 20)]
    bench.sender._statuses = {one: FeedStatus(FeedName(one, "M5")) for one in names}
    bench.cloud.followed = set(names)
    bench.wanted(*names)
    bench.sender.turn()
    assert [len(one["quotes"]) for one in bench.cloud.bodies] == [MOST, 20]
    assert sorted(one["symbol"] for body in bench.cloud.bodies for one in body["quotes"]) == names


def test_one_symbol_ends_and_the_other_goes_on(bench):
    bench.wanted("WIN$N", "WDO$N")
    bench.pass_s(2)
    bench.cloud.followed.discard("WDO$N")
    bench.pass_s(6)
    named = [[one["symbol"] for one in body["quotes"]] for body in bench.cloud.bodies]
    assert named == [["WDO$N", "WIN$N"]] * 2 + [["WIN$N"]] * 2


def test_no_answer_makes_a_symbol_wanted_for_ever(bench):
    bench.fault = MarketFault(Condition.BROKER_LOST, "away")
    bench.wanted("WIN$N", for_s=1e300)
    bench.pass_s(LONGEST_S + 1)
    assert bench.sender.turn() is None
    bench.wanted("WIN$N", for_s=float("nan"))
    bench.pass_s(LONGEST_S + 1)
    assert bench.sender.turn() is None


def test_a_price_that_stands_still_is_posted_again_now_and_then(bench):
    bench.still, bench.passing.now = True, 1.0
    bench.wanted("WIN$N")
    bench.pass_s(21)
    assert len(bench.cloud.bodies) == 1 + int(20 / SAME_AGAIN_S)


@pytest.mark.parametrize(
    "change",
    [
        {"age_s": FRESH_S + 1},
        {"prices": (158300.0, 158295.0, 158295.0)},  # an auction
        {"prices": (0.0, 158295.0, 158295.0)},
        {"prices": (158290.0, 0.0, 158295.0)},
        {"prices": (float("nan"), 158295.0, 158295.0)},
        {"prices": (158290.0, float("inf"), 158295.0)},
        {"prices": (158290.0, 158295.0, -1.0)},
        {"fault": MarketFault(Condition.NOT_STARTED, "gone")},
    ],
)
def test_what_is_no_price_is_not_posted(bench, change):
    for name, value in change.items():
        setattr(bench, name, value)
    bench.wanted("WIN$N")
    bench.pass_s(10)
    assert bench.cloud.bodies == []
    assert bench.asked


def test_a_market_without_a_last_price_says_so(bench):
    bench.prices = (1.0831, 1.0832, 0.0)
    bench.wanted("WIN$N")
    bench.sender.turn()
    assert bench.cloud.bodies[0]["quotes"][0]["last"] is None


@pytest.mark.parametrize("status", [400, 403, 429, 503, urllib3.exceptions.ReadTimeoutError(None, "", "")])
def test_a_price_that_was_not_taken_is_dropped_counted_and_said_once(bench, caplog, status):
    caplog.set_level(logging.INFO)
    bench.wanted("WIN$N")
    bench.pass_s(2)
    bench.cloud.status = status
    bench.pass_s(3 * AFTER_FAILURE_S)
    failed = len(bench.cloud.bodies) - 1
    assert failed == 3
    bench.cloud.status = 202
    bench.pass_s(AFTER_FAILURE_S)
    bench.cloud.followed.clear()
    bench.pass_s(10)
    times = [body["quotes"][0]["time"] for body in bench.cloud.bodies]
    assert len(set(times)) == len(times)  # none was sent again
    said = [one.getMessage() for one in caplog.records]
    assert [one.split(" (")[0] for one in said] == [
        "quotes: quotes are wanted: WIN$N",
        "quotes: quotes do not reach the cloud",
        "quotes: quotes arrive again",
        f"quotes: quotes have ended: {len(times) - failed} posted, {failed} dropped, late or failed",
    ]


def test_its_thread_posts_and_ends(bench):
    bench.sender.start()
    bench.wanted("WIN$N")
    assert bench.cloud.heard.wait(5)
    bench.sender.stop()
    assert not bench.sender._thread.is_alive()


def test_its_thread_survives_what_nobody_foresaw(bench, caplog):
    bench.fault = RuntimeError("unforeseen")
    bench.wanted("WIN$N")
    bench.sender.start()
    while not caplog.records:
        threading.Event().wait(0.01)
    assert bench.sender._thread.is_alive()
    bench.sender.stop()


class TestTerminal:
    def test_a_tick_in_utc_as_soon_as_the_servers_clock_is_sure(self):
        desk = a_terminal()
        assert desk.market.tick("WIN$N") is None  # never connects
        desk.sure()
        tick = desk.market.tick("WIN$N")
        assert 0 <= desk.clock.now - tick.time < 60
        assert 0 < tick.bid <= tick.ask
        assert not tick.synthetic

    def test_a_terminal_that_is_away_has_none_and_is_not_connected_for_it(self):
        desk = a_terminal()
        desk.sure()
        desk.market.close()
        calls = len(desk.terminal.calls)
        assert desk.market.tick("WIN$N") is None
        assert len(desk.terminal.calls) == calls

    def test_an_unknown_symbol_is_the_terminals_own_words(self):
        desk = a_terminal()
        desk.sure()
        with pytest.raises(MarketFault):
            desk.market.tick("NOPE")


class TestReplay:
    CANDLES = (
        (121300.0, 121400.0, 121250.0, 121325.0),
        (121300.0, 121400.0, 121250.0, 121275.0),
        (5432.5, 5432.5, 5432.5, 5432.5),
        (1.0831, 1.0840, 1.0829, 1.0835),
    )

    @pytest.mark.parametrize("candle", CANDLES)
    def test_the_path_keeps_to_the_candle_and_touches_open_extremes_and_close(self, candle):
        opened, high, low, close = candle
        path = synthetic_path(opened, high, low, close)
        prices = [on_path(path, share / 600) for share in range(601)]
        assert (prices[0], prices[-1]) == (opened, close)
        assert (max(prices), min(prices)) == (high, low)

    def test_the_close_turned_away_from_the_first_extreme(self):
        assert synthetic_path(*self.CANDLES[0]) == (121300.0, 121250.0, 121400.0, 121325.0)
        assert synthetic_path(*self.CANDLES[1]) == (121300.0, 121400.0, 121250.0, 121275.0)

    def test_prices_lie_on_the_candles_own_grid(self):
        path = synthetic_path(*self.CANDLES[0])
        assert {on_path(path, share / 997) % 25 for share in range(998)} == {0.0}
