"""A trading week of the whole chain: terminal, bridge, detect, watch; faults of each at random.

The terminal is the fake of MetaTrader5's names, the bridge and the stories are the real ones, the tables are
fakes. Whatever breaks: every closed candle is judged once in effect, in order, none early; silence is told
within two candles; nothing rings that is older than its life.
"""

from __future__ import annotations

import json
import random
import threading
from bisect import bisect_right
from datetime import date
from types import SimpleNamespace

import pytest

from local.lab.market import PER_SESSION, synthesize
from pregao.domain.alerts.admission import Verdict
from pregao.domain.alerts.alert import alert_id
from pregao.domain.audit.chain import ALERTAS
from pregao.domain.detectors.scan import scan
from pregao.domain.feeds.silence import FeedRules
from pregao.flow.detect import detect
from pregao.flow.steps.channels import Channels
from pregao.flow.steps.feeds import Feeding, watch_feeds
from pregao.flow.steps.in_time import Failures
from pregao.wire.candle_batch_v1 import BatchRefused
from pregao.wire.heartbeat_v1 import read_heartbeat
from pregao_bridge.app import runner as running
from pregao_bridge.app.run import Parts
from pregao_bridge.app.runner import Runner
from pregao_bridge.clocks import Skew
from pregao_bridge.cloud.heartbeat import HeartbeatSender
from pregao_bridge.logs import Notices
from pregao_bridge.outcome import Accepted, Refused, Transient
from tests.fakes import (
    PLENTY,
    AtOnce,
    FakeFeedBook,
    FakeMailbox,
    FakeScreens,
    FakeSuppressions,
    FakeUnreachedBook,
    Store,
    an_operator,
)
from tests.judged import LOADED, detecting
from tests.seeds import fresh
from tests.unit.local.bridge_desk import WIN, config, shared
from tests.unit.local.terminals import desk
from tests.unit.local.test_terminal_week import FAULTS

pytestmark = pytest.mark.long

M5, WARM_UP, DAYS = 300, 3, 5
CANDLES = synthesize(7, WARM_UP + DAYS, date(2026, 10, 19)).candles
TIMES = CANDLES.time.tolist()
INSTRUMENT = LOADED.instrument_for("WIN$N")
BEGIN, END = TIMES[WARM_UP * PER_SESSION] - 600, TIMES[-1] + 3600
TERMINAL = sorted(set(FAULTS) - {"catching up", "repeats"})
CLOUD = ["away", "lost", "cut"]
SPELLS = 24


class PowerCut(BaseException):
    """The bridge's machine is off."""


class Cloud:
    """The functions behind the API, and the network to it; `state` is how it answers."""

    def __init__(self, clock):
        self.clock, self.state, self.store = clock, "well", Store()
        self.screens, self.heard = FakeScreens(), []
        self.screens.watch("a1", "ana")
        self.feeds, self.deps = FakeFeedBook(self.store), detecting(self.store, loaded=LOADED)

    def post(self, body):
        """As POST /candles, through a network that may be gone or lose the answer."""
        if self.state == "away":
            return Transient("HTTP 503", 3)
        try:
            batch, _ = detect(body, None, self.deps, PLENTY)
        except BatchRefused as refused:
            return Refused(400, tuple(refused.reasons))
        new = batch.candles.time[batch.new_from :]
        self.heard.append((self.clock(), new))
        if self.state == "cut":
            self.state = "well"
            raise PowerCut
        if self.state == "lost":
            return Transient("no answer")
        return Accepted(len(new), (), new[-1], 0.0, 0.0)

    def beat(self, _url, body):
        if self.state != "away":
            self.feeds.beat(read_heartbeat(body), self.clock())
        return SimpleNamespace(status=202 if self.state != "away" else 503, body=b"{}")

    def watch(self):
        """The minute's round; returns what it told."""
        rules = FeedRules({"WIN": INSTRUMENT})
        channels = Channels(
            [an_operator("ana")],
            self.screens,
            AtOnce(),
            FakeMailbox(),
            FakeSuppressions(self.store),
            FakeUnreachedBook(self.store),
            "pregao@mesa.example",
        )
        feeding = Feeding(self.feeds, rules, channels, lambda _: None, self.clock)
        return watch_feeds(feeding, PLENTY, Failures())

    @property
    def silent(self):
        state = self.store.feed_states.get(("WIN", "M5"))
        return state is not None and state.silent is not None

    def newest(self):
        return max((new[-1] for _, new in self.heard), default=0)


class Week:
    """The desk's world and its clock; each minute watch goes round, and what it says is held to the truth."""

    def __init__(self, seed, state_dir):
        books = {"WIN$N": CANDLES, "WINZ26": CANDLES}
        self.made = desk(BEGIN, candles=books)
        self.clock, self.cloud = self.made.clock, Cloud(self.made.clock)
        self.config, self.script = config(state_dir), script_of(random.Random(seed))
        self.round_at, self.told, self.power_at = BEGIN, [], 0.0

    def run(self):
        while self.clock() < END:
            try:
                self._bridge().run()
            except PowerCut:
                self.power_at = max(self.power_at, self.clock() + 20)
            while self.clock() < self.power_at:
                self._passes(20)

    def _bridge(self):
        cloud, stop, common = self.cloud, threading.Event(), shared(self.clock, Skew())
        parts = Parts(self.config, cloud, common)
        feed = parts.feed(WIN, *(self.made.market.source("WIN$N", "M5") for _ in range(2)))
        beats = Beating(cloud, feed, common, self.clock)

        def sleep(seconds):
            self._passes(seconds)
            if self.clock() >= END:
                stop.set()
            if self.clock() < self.power_at:
                raise PowerCut
            if self.clock() >= beats.due:
                beats.beat()

        stop.wait = sleep
        said = Notices("terminal", "en"), Notices("machine", "en")
        return Runner(
            self.made.market,
            [feed],
            beats,
            common,
            terminal=said[0],
            machine=said[1],
            health_s=60,
            stop=stop,
            passing=self.clock,
        )

    def _passes(self, seconds):
        """Time passes: at night in strides, with what the script says and watch's rounds on the way."""
        until = self.clock() + max(seconds, 0.01 if self._awake() else 240.0)
        while self.script and self.script[0][0] <= until:
            at, act = self.script.pop(0)
            self._rounds(max(at, self.clock()))
            act(self)
        self._rounds(until)

    def _rounds(self, until):
        while self.round_at <= until:
            self.clock.now = max(self.clock(), self.round_at)
            self.told += [(self.clock(), one.kind.value) for one in self.cloud.watch()]
            self._holds()
            self.round_at += 60
        self.clock.now = max(self.clock(), until)

    def _holds(self):
        """Silence is told within two candles of the first that is missing."""
        now, newest = self.clock(), self.cloud.newest()
        missing = TIMES[bisect_right(TIMES, newest)] if newest and newest < TIMES[-1] else None
        if missing and missing + 2 * M5 <= now and INSTRUMENT.in_session(missing + M5):
            assert self.cloud.silent, (missing, now)

    def _awake(self):
        return any(INSTRUMENT.in_session(int(self.clock()) + ahead) for ahead in (0, 900))


class Beating(HeartbeatSender):
    """The bridge's heartbeat, in the world's time instead of a thread."""

    def __init__(self, cloud, feed, common, clock):
        http = SimpleNamespace(post=cloud.beat)
        more = {
            "interval_s": 60,
            "skew": common.skew,
            "timer": common.timer,
            "notices": Notices("cloud", "en"),
        }
        super().__init__("mesa-1", "http://c/heartbeats", http, [feed.status], clock=clock, **more)
        self.due, self._now = 0.0, clock

    def start(self):
        self.due = self._now()

    def stop(self, within_s=0.0):
        pass

    def beat(self):
        self.due = self._now() + 60
        super().beat()


def script_of(dice):
    """Return (moment, what happens): spells of faults of terminal, network and power, some at once."""
    script = []
    for at in sorted(_moment(dice) for _ in range(SPELLS)):
        ends = at + dice.choice([30, 200, 400, 1500, 7200])
        kind = dice.choice(["terminal", "terminal", "cloud", "cloud", "power"])
        if kind == "terminal":
            breaks, heals = FAULTS[dice.choice(TERMINAL)]
            script += [(at, on(breaks)), (ends, on(heals))]
        elif kind == "cloud":
            script += [(at, answers(dice.choice(CLOUD))), (ends, answers("well"))]
        else:
            script.append((at, off_until(ends)))
    script.append((END - 4 * 3600, heal_all))
    return sorted(script, key=lambda one: one[0])


def _moment(dice):
    """Mostly in session: at night little can break."""
    if dice.random() < 0.1:
        return dice.randrange(BEGIN + 1800, END - 4 * 3600)
    return dice.choice(TIMES[WARM_UP * PER_SESSION + 1 : -40]) + dice.randrange(M5)


def on(fault):
    return lambda week: fault(week.made.terminal)


def answers(state):
    return lambda week: setattr(week.cloud, "state", state)


def off_until(moment):
    return lambda week: setattr(week, "power_at", moment)


def heal_all(week):
    for name in TERMINAL:
        FAULTS[name][1](week.made.terminal)
    week.cloud.state = "well"


@pytest.mark.parametrize("seed", [1, 2, fresh()], ids=["1", "2", "random"])
def test_a_week_whatever_breaks(seed, tmp_path, monkeypatch):
    monkeypatch.setattr(running, "SLICE_S", 30.0)
    week = Week(seed, tmp_path)
    monkeypatch.setattr("pregao.clock.time", SimpleNamespace(time=week.clock))
    week.run()
    heard = week.cloud.heard
    assert all(one + M5 <= at for at, new in heard for one in new), f"seed {seed}: early"
    once = list(dict.fromkeys(one for _, new in heard for one in new))
    first = WARM_UP * PER_SESSION - 1  # the evening before: a terminal keeps it back until the morning
    assert once == TIMES[first:-1], f"seed {seed}: lost or out of order"
    records = [one for one in week.cloud.store.records[ALERTAS] if one["kind"] == "alert"]
    expected = {
        alert_id("WINZ26", "M5", one.pattern, one.direction, one.time)
        for one in scan(CANDLES, INSTRUMENT, LOADED.detectors_for("WIN"), since=first, step=M5)
        if one.time < TIMES[-1]
    }
    assert {one["alert_id"] for one in records} == expected, f"seed {seed}"
    rung = [one["alert"] for one in records if one["verdict"] == Verdict.ADMITTED]
    assert len({one["id"] for one in rung}) == len(rung) > 20
    late = [one for one in rung if one["detected_at"] > one["expires_at"]]
    assert late == [], f"seed {seed}: {json.dumps(late[:1])}"
    kinds = [kind for _, kind in week.told if kind != "rolled"]
    assert kinds == ["silent", "recovered"] * (len(kinds) // 2), f"seed {seed}: {week.told}"
    assert not week.cloud.silent
