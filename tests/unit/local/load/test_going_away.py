"""API Gateway ends each connection after two hours, or ten idle minutes: nothing is missed, nothing repeated.

Against the real story of flow/connections behind sockets that close with 1001, the hours cut to moments.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict

import pytest

from local.load.listener import Listener
from local.load.load_clients import LoadClients
from pregao.flow.connections import RESUME_LIMIT
from tests.unit.local.load.gateway import LONG, Gateway, listening, until

GOING_AWAY = 1001
CONTRACTS = ("WINZ26", "WDOZ26")


@pytest.fixture(autouse=True)
def quickly_back(monkeypatch):
    monkeypatch.setattr("local.load.listener.RECONNECT_S", (0.01,))


def by_contract(alerts):
    """The numbers of alert frames, per contract in the order they were shown."""
    found = defaultdict(list)
    for alert in alerts:
        found[alert["contract"]].append(alert["seq"])
    return dict(found)


def whole(gateway):
    """What should have been shown: every number, each contract in order."""
    return by_contract({"contract": alert.contract, "seq": alert.seq} for alert in gateway.alerts)


def play(gateway, story, **how):
    """Run a listener through a story; returns what it showed."""
    shown = []

    async def run():
        made = []

        def listener(url):
            made.append(Listener(url, "t", lambda alert, _at: shown.append(alert), **how))
            return made[0]

        async with listening(gateway, listener) as task:
            await until(made[0].ready.is_set)
            await story(made[0])
            await until(lambda: len(shown) >= len(gateway.alerts) or task.done())
            await asyncio.sleep(0.05)  # what is too much would come now
            assert not task.done()

    asyncio.run(run())
    return by_contract(shown)


async def burst(gateway, count, pause_s=0.0):
    for n in range(count):
        gateway.ring(CONTRACTS[n % 2])
        await asyncio.sleep(pause_s)


def test_closed_again_and_again_while_alerts_come(monkeypatch):
    """Twenty lives of a tenth of a second, alerts all the while, in between and at the very ends."""
    gateway = Gateway(life_s=0.1)

    async def morning(_listener):
        await burst(gateway, 400, 0.004)
        gateway.life_s = LONG  # a busy machine may take longer than a life to catch up

    assert play(gateway, morning) == whole(gateway)
    assert len(gateway.codes) >= 10
    assert set(gateway.codes[:-1]) == {GOING_AWAY}


@pytest.mark.parametrize("quotas", [(1,), (2, 2, 2), (4, 3, 9, 2, 30), (7,) * 12])
def test_closed_in_the_middle_of_a_burst(quotas):
    """After so many frames the connection ends and what stands behind them in line is lost."""
    gateway = Gateway(frames=quotas)
    shown = play(gateway, lambda _: burst(gateway, 120))
    assert shown == whole(gateway)
    assert gateway.codes[: len(quotas)] == [GOING_AWAY] * len(quotas)


@pytest.mark.parametrize("more", [0, 1, 50, 2 * RESUME_LIMIT + 1])
def test_more_was_missed_than_one_answer_holds(more):
    """Two contracts rang all night; each answer to resume holds a hundred of each."""
    gateway = Gateway()

    async def night(listener):
        gateway.ring()
        gateway.closed = True
        gateway.life_s = 0.0
        await until(lambda: not gateway.screens.lines)
        await burst(gateway, 2 * (RESUME_LIMIT + more))
        gateway.life_s, gateway.closed = 60.0, False
        listener.ready.clear()
        await until(listener.ready.is_set)
        await burst(gateway, 6)  # the morning goes on while it catches up

    assert play(gateway, night) == whole(gateway)


def test_what_comes_before_the_answer_to_subscribe_waits_for_what_was_missed():
    """A live alert overtakes even the hello: it is still shown behind those before it."""
    gateway = Gateway(frames=[3])

    class Rash(type(gateway.screens)):
        """Rings in the moment a screen that comes back has subscribed."""

        def subscribe(self, connection_id, interest):
            known = super().subscribe(connection_id, interest)
            if gateway.alerts:
                gateway.ring()
            return known

    gateway.screens.__class__ = Rash
    assert play(gateway, lambda _: burst(gateway, 10)) == whole(gateway)


def test_pings_keep_a_quiet_day_on_one_connection(monkeypatch):
    monkeypatch.setattr("local.load.listener.PING_S", 0.05)
    gateway = Gateway(idle_s=1.0)
    frames = []

    async def quiet(_listener):
        gateway.ring()
        await asyncio.sleep(2.5)
        gateway.ring()

    assert play(gateway, quiet, on_frame=frames.append) == whole(gateway)
    assert gateway.confirmed() == 2
    assert len(gateway.codes) == 1  # it ended once, with the listener
    assert [frame["action"] for frame in frames] == ["hello"]  # nobody wants to read pongs


def test_without_pings_it_idles_out_and_still_misses_nothing(monkeypatch):
    """The test before could not pass by luck; and what rings while it is away is shown."""
    gateway = Gateway(idle_s=0.1)

    async def quiet(_listener):
        for times in range(1, 5):
            await until(lambda times=times: len(gateway.codes) >= times)
            gateway.ring()
        gateway.idle_s = LONG  # a busy machine may take longer than that to catch up

    assert play(gateway, quiet) == whole(gateway)
    assert gateway.codes.count(GOING_AWAY) >= 3


def test_a_ping_that_nobody_answers_is_a_dead_connection(monkeypatch):
    """A socket may be half open for hours: the ping finds out."""
    monkeypatch.setattr("local.load.listener.PING_S", 0.05)
    monkeypatch.setattr("local.load.listener.ANSWER_S", 0.1)
    gateway = Gateway()

    async def dead(_listener):
        (line,) = gateway.screens.lines.values()
        line.put_nowait = lambda _frame: None  # everything said to it is lost
        gateway.ring()
        await until(lambda: gateway.codes)

    assert play(gateway, dead) == whole(gateway)


def test_a_crowd_comes_back_as_one_listener_does():
    """Three screens of ana's, each with lives of its own: all see everything once, in order."""
    gateway, ready, stop, ports = Gateway(life_s=0.5), threading.Event(), threading.Event(), []

    async def server():
        async with gateway.serve() as one:
            ports.append(one.sockets[0].getsockname()[1])
            ready.set()
            await until(lambda: len(gateway.screens.everyone()) == 3)
            await burst(gateway, 150, 0.016)
            gateway.life_s = LONG  # a busy machine may take longer than a life to catch up
            await until(stop.is_set, 90)

    thread = threading.Thread(target=asyncio.run, args=(server(),))
    thread.start()
    try:
        assert ready.wait(10)
        with LoadClients(f"ws://127.0.0.1:{ports[0]}", ["a", "b", "c"]) as crowd:
            deadline = threading.Event()
            for _ in range(6000):
                if len(gateway.alerts) == 150 and crowd.frames() >= 450:
                    break
                deadline.wait(0.01)
    finally:
        stop.set()
        thread.join(10)
    numbers = {alert.id: {"contract": alert.contract, "seq": alert.seq} for alert in gateway.alerts}
    for seen in crowd.arrivals:
        assert by_contract(numbers[one] for one in seen) == whole(gateway)
    assert len(gateway.codes) >= 9
