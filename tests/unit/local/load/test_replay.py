"""A file through the bridge's code: what goes out, in which steps, at what speed, and how it ends."""

from __future__ import annotations

import itertools
import json
import threading
import time as moment
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, time
from types import SimpleNamespace

import numpy as np
import pytest

from local.lab.market import PER_SESSION, synthesize
from local.load import prices
from local.load.file_source import FileSource
from local.load.replay import Hooks, replay, timeframe_name
from pregao.domain.market.candles import Candles
from pregao.domain.market.instrument import ContractRule, Expiry, Instrument
from pregao.domain.market.sessions import Hours, Sessions
from pregao_bridge.cloud.signed import Answer
from pregao_bridge.market import Tick
from pregao_bridge.outcome import Accepted, Refused, Transient

WIN = Instrument(
    name="WIN",
    tick_size=5.0,
    point_value=0.2,
    timezone="America/Sao_Paulo",
    sessions=Sessions(Hours(time(9), time(18, 25))),
    contracts=ContractRule("GJMQVZ", Expiry.WEDNESDAY_NEAREST_15TH),
)
SESSIONS = 5
NEW = SESSIONS * PER_SESSION - 250


@pytest.fixture(scope="module")
def candles():
    return synthesize(3, SESSIONS, date(2026, 8, 7)).candles  # the contract rolls on 2026-08-12


class Cloud:
    """Accepts, or answers what `answers` says for the n-th post."""

    def __init__(self, answers=None):
        self.answers, self.bodies = answers or {}, []

    def post(self, body):
        said = json.loads(body)
        self.bodies.append(said)
        new = said["candles"]["time"][said["new_from"] :]
        alerts = ({"id": str(new[0]), "verdict": "admitted"}, {"id": "x", "verdict": "duplicate"})
        accepted = Accepted(len(new), alerts, new[-1], 0.0, 0.0)
        return self.answers.get(len(self.bodies), accepted)

    def new(self):
        return [body["candles"]["time"][body["new_from"] :] for body in self.bodies]


def test_each_candle_is_new_exactly_once(candles):
    """The first 250 are history; every batch carries as many before its new ones, 12 more if there are."""
    cloud = Cloud()
    done = replay(candles, "WIN$N", WIN, cloud)
    assert [at for new in cloud.new() for at in new] == candles.time[250:].tolist()
    assert {body["new_from"] for body in cloud.bodies} <= {250, *range(251, 263)}
    assert {(body["symbol"], body["timeframe"]) for body in cloud.bodies} == {("WIN$N", "M5")}
    assert all(body["historical"] for body in cloud.bodies)
    first = cloud.bodies[0]["candles"]
    assert first["time"][:250] == candles.time[:250].tolist()
    assert first["close"][:250] == candles.close[:250].tolist()
    assert (done.candles, done.judged, done.batches) == (len(candles), NEW, len(cloud.bodies))
    assert done.verdicts == {"admitted": len(cloud.bodies), "duplicate": len(cloud.bodies)}
    assert (done.refused, done.stopped) == (0, None)


def test_a_contract_asked_for_by_its_code_is_posted_under_it(candles):
    """On both sides of a roll."""
    window = FileSource(candles, replace(WIN, asked_as="WINM26"), 250).window(None, 250, 12)
    assert window.contract == "WINM26"


def test_a_batch_is_of_one_exchange_date_and_its_contract(candles):
    """At most twelve, never over a night; the front contract of that day."""
    cloud = Cloud()
    replay(candles, "WIN$N", WIN, cloud)
    contracts = {}
    for body, new in zip(cloud.bodies, cloud.new(), strict=True):
        days = {WIN.local_date(at) for at in new}
        assert len(days) == 1
        assert len(new) <= 12
        assert body["utc_offset_s"] == -10_800
        contracts[days.pop()] = body["contract"]
    assert contracts == {
        date(2026, 8, 11): "WINQ26",
        date(2026, 8, 12): "WINV26",
        date(2026, 8, 13): "WINV26",
    }


def test_the_caller_sets_the_pace_and_sees_each_answer(candles):
    """`pace` before, `on_answer` after each post, in turn."""
    seen = []
    hooks = Hooks(
        pace=lambda batch: seen.append(("pace", batch.newest)),
        on_answer=lambda batch, outcome: seen.append((type(outcome).__name__, batch.newest)),
    )
    done = replay(candles, "WIN$N", WIN, Cloud(), hooks=hooks)
    assert len(seen) == 2 * done.batches
    for before, after in zip(seen[::2], seen[1::2], strict=True):
        assert (before[0], after[0]) == ("pace", "Accepted")
        assert before[1] == after[1]


def test_a_refused_batch_is_counted_and_passed_over(candles):
    """One bad stretch of history does not end the replay."""
    cloud = Cloud({2: Refused(400, ("candle 251: high < low",))})
    done = replay(candles, "WIN$N", WIN, cloud)
    assert (done.refused, done.reasons) == (1, ("candle 251: high < low",))
    assert done.judged == NEW - len(cloud.new()[1])
    assert done.candles == len(candles)
    assert done.stopped is None


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Refused(403, ("Forbidden",)), "credentials refused: HTTP 403"),
        (Transient("HTTP 503", 5), "no answer after 5 tries: HTTP 503"),
    ],
)
def test_what_would_fail_for_every_batch_ends_it(candles, answer, why):
    """Wrong credentials or nobody there."""
    cloud = Cloud({3: answer})
    done = replay(candles, "WIN$N", WIN, cloud)
    assert done.stopped == why
    assert len(cloud.bodies) == 3
    assert done.judged == sum(map(len, cloud.new()[:2]))


def test_it_stops_between_two_posts(candles):
    """By an event, or by Ctrl-C; the account says what was done until then."""
    stop = threading.Event()
    done = replay(
        candles,
        "WIN$N",
        WIN,
        Cloud(),
        stop=stop,
        hooks=Hooks(on_answer=lambda *_: stop.set()),
    )
    assert (done.batches, done.stopped) == (1, "interrupted")

    def interrupt(_batch):
        raise KeyboardInterrupt

    done = replay(candles, "WIN$N", WIN, Cloud(), hooks=Hooks(pace=interrupt))
    assert (done.batches, done.candles, done.stopped) == (0, 250, "interrupted")


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def is_set(self):
        return False

    def wait(self, seconds):
        self.now += seconds


def test_at_a_speed_each_candle_closes_in_its_turn(candles):
    """At 60x one M5 candle closes every five seconds, nights left out."""
    clock, cloud, moments = Clock(), Cloud(), []
    hooks = Hooks(pace=lambda _batch: moments.append(clock.now))
    replay(candles[:300], "WIN$N", WIN, cloud, speed=60, hooks=hooks, stop=clock, clock=clock)
    assert [len(new) for new in cloud.new()] == [1] * 50
    assert moments == pytest.approx([100 + 5 * (at + 1) for at in range(50)])


def test_behind_its_speed_it_catches_up_in_steps(candles):
    """A post that takes a minute at 60x leaves twelve candles waiting."""
    clock, cloud = Clock(), Cloud()
    hooks = Hooks(on_answer=lambda *_: clock.wait(60))
    done = replay(candles[:300], "WIN$N", WIN, cloud, speed=60, hooks=hooks, stop=clock, clock=clock)
    assert done.judged == 50
    assert max(len(new) for new in cloud.new()) == 12


def test_missing_bars_are_no_obstacle(candles):
    """Circuit breakers leave holes; every candle there is goes out once."""
    kept = np.delete(np.arange(len(candles)), slice(300, 307))
    columns = (getattr(candles, name)[kept] for name in Candles.__dataclass_fields__)
    cloud = Cloud()
    done = replay(Candles(*columns), "WIN$N", WIN, cloud)
    assert done.judged == NEW - 7
    assert [at for new in cloud.new() for at in new] == candles.time[kept][250:].tolist()


@pytest.mark.parametrize("count", [10, 250])
def test_a_file_of_history_only_posts_nothing(candles, count):
    """Too short to judge anything."""
    cloud = Cloud()
    done = replay(candles[:count], "WIN$N", WIN, cloud)
    assert (cloud.bodies, done.candles, done.judged, done.stopped) == ([], count, 0, None)


def test_timeframes_have_the_terminals_names():
    """M1, M5, M30, H1, H4, D1."""
    names = [timeframe_name(one) for one in (60, 300, 1800, 3600, 14_400, 86_400)]
    assert names == ["M1", "M5", "M30", "H1", "H4", "D1"]


def test_the_price_beside_a_replay_is_on_the_candle_that_closes_next(candles):
    """And says that it is made up; at no speed there is none to tell."""
    clock, seen = Clock(), []

    @contextmanager
    def beside(ticks):
        seen.append(ticks)
        yield

    hooks = Hooks(on_answer=lambda *_: seen.append(seen[0].tick("WIN$N")), beside=beside)
    replay(candles[:300], "WIN$N", WIN, Cloud(), speed=60, hooks=hooks, stop=clock, clock=clock)
    prices = seen[1:]
    assert len(prices) == 50
    for at, tick in enumerate(prices[:-1], start=251):
        assert tick.synthetic
        assert candles.time[at] <= tick.time < candles.time[at] + 300
        assert candles.low[at] <= tick.last <= candles.high[at]
    assert prices[-1] is None
    replay(candles[:300], "WIN$N", WIN, Cloud(), hooks=Hooks(beside=beside))
    assert len(seen) == 51


def test_a_replay_asks_now_and_then_whether_somebody_looks(monkeypatch, candles):
    """One price each ASK_S while nobody does, none when it is over."""
    monkeypatch.setattr(prices, "ASK_S", 0.05)
    posted, looked = [], threading.Event()

    class Http:
        def __init__(self, *_args, **_more):
            pass

        def post(self, url, body):
            posted.append((url, json.loads(body)))
            if len(posted) >= 2:
                looked.set()
            now = moment.time()
            return Answer(202, json.dumps({"server_time": now, "wanted_until": {}}).encode(), {}, now, 0.0)

    monkeypatch.setattr(prices, "SignedHttp", Http)
    monkeypatch.setattr("pregao_bridge.cloud.quotes.EVERY_S", 0.01)
    stack = SimpleNamespace(http_url="http://h", region="r", bridge_access_key="a", bridge_secret_key="s")
    moving = itertools.count()
    ticks = SimpleNamespace(tick=lambda _symbol: Tick(next(moving), 10.0, 10.0, 10.0, synthetic=True))
    with prices.told(stack, "replay", "WIN$N", ticks):
        assert looked.wait(10)
    url, body = posted[0]
    assert url == "http://h/quotes"
    assert (body["bridge_id"], body["synthetic"], body["quotes"][0]["symbol"]) == ("replay", True, "WIN$N")
    after = len(posted)
    moment.sleep(0.2)
    assert len(posted) == after
