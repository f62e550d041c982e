"""The running bridge over the MetaTrader 5 adapter: a session, candle by candle, through faults."""

from __future__ import annotations

import threading

import pytest

from pregao_bridge.app.run import Parts
from pregao_bridge.app.runner import Runner
from pregao_bridge.clocks import Skew
from pregao_bridge.logs import Notices
from tests.unit.local.bridge_desk import AWAY, WIN, FakeCloud, Time, config, shared
from tests.unit.local.test_bridge_runner import Heartbeats

terminals = pytest.importorskip("tests.unit.local.terminals", reason="the MetaTrader 5 adapter is not here")
M5, opens = 300, getattr(terminals, "opens", None)


class Now(Time):
    """The fake terminal's clock as the cloud's."""

    def __init__(self, clock):
        self.clock = clock

    @property
    def now(self):
        return self.clock()

    @now.setter
    def now(self, _value):
        pass


def bridge(made, tmp_path, until, script=()):
    """A runner whose sleeps are the terminal's time passing; `script` is (moment, what happens) in order."""
    cloud, stop, common = FakeCloud(Now(made.clock)), threading.Event(), shared(made.clock, Skew())
    left = list(script)
    feed, beats = Parts(config(tmp_path), cloud, common).feed(WIN, made.source), Heartbeats()

    def sleep(seconds):
        made.clock.advance(seconds)
        while left and made.clock() >= left[0][0]:
            left.pop(0)[1](made, cloud)
        if made.clock() >= until:
            stop.set()

    stop.wait = sleep
    runner = Runner(
        made.market,
        [feed],
        beats,
        common,
        terminal=Notices("terminal", "en"),
        machine=Notices("machine", "en"),
        health_s=60,
        stop=stop,
        passing=made.clock,
    )
    return runner, cloud, beats


def test_a_session_candle_by_candle(tmp_path):
    """From the newest closed candle on, each within a tenth of a second of its close, none before."""
    made = terminals.desk(now=opens(3, 10) + 20)
    runner, cloud, _ = bridge(made, tmp_path, opens(3, 40) + 20)
    runner.run()
    assert cloud.times() == terminals.between(opens(3, 9), made.clock())
    assert all(0 <= now - new[-1] - M5 < 0.1 for _, new, _, now, _ in cloud.heard[1:])
    assert set(cloud.kinds()) == {(1, False)}


def away(_made, cloud):
    cloud.answer = AWAY


def back(_made, cloud):
    cloud.answer = None


def test_through_faults_of_terminal_broker_and_cloud(tmp_path):
    """Every candle once, in order; what closed long ago as history; the beats felt each fault."""
    made = terminals.desk(now=opens(3, 10) + 20)
    script = [
        (opens(3, 13) + 100, lambda made, _cloud: made.terminal.stop()),
        (opens(3, 16) + 100, lambda made, _cloud: made.terminal.start()),
        (opens(3, 20) + 100, away),
        (opens(3, 22) + 100, lambda made, _cloud: made.terminal.lose_broker()),
        (opens(3, 26) + 100, lambda made, _cloud: made.terminal.regain_broker()),
        (opens(3, 30) + 100, back),
        (opens(3, 33) + 100, lambda made, _cloud: made.terminal.log_out()),
        (opens(3, 35) + 100, lambda made, _cloud: made.terminal.log_in()),
    ]
    runner, cloud, beats = bridge(made, tmp_path, opens(3, 45) + 20, script)
    runner.run()
    assert cloud.times() == terminals.between(opens(3, 9), made.clock())
    for _, new, historical, now, _ in cloud.heard:
        assert all(at + M5 <= now for at in new)
        assert all((at + M5 <= now - 2 * M5) == historical for at in new)
    assert {"live", "not_started", "broker_lost", "logged_out"} <= {str(one) for one in beats.felt}
