"""A listener against a gateway of the test's own: every alert once, whatever the connection does."""

from __future__ import annotations

import asyncio
import contextlib
import json

import pytest
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response

from local.errors import NotLetIn
from local.load.listener import Listener
from local.load.load_clients import LoadClients


class Gateway:
    """Speaks protocol v1 from a list of alerts; cuts the socket after some of them."""

    def __init__(self, count, cut_after=(), out_of_order=False):
        self.alerts = [{"id": f"{n:064x}", "contract": "WINZ26", "seq": n} for n in range(1, count + 1)]
        self.cuts = list(cut_after)
        self.sent = 0
        self.receipts = []
        self.resumes = []
        self.out_of_order = out_of_order

    async def handle(self, socket):
        async for text in socket:
            with contextlib.suppress(ConnectionClosed):  # what it heard before the cut still counts
                await self.answer(socket, json.loads(text))

    async def answer(self, socket, frame):
        if frame["action"] == "receipt":
            self.receipts.append(frame["alert_id"])
        elif frame["action"] == "subscribe":
            hello = {"action": "hello", "operator": "ana", "cursor": {"WINZ26": self.sent}}
            await socket.send(json.dumps(hello))
            if not self.sent:
                await self.ring(socket)
        elif frame["action"] == "resume":
            await self.resume(socket, frame["cursor"])

    async def ring(self, socket):
        cut = self.cuts.pop(0) if self.cuts else None
        while self.sent < len(self.alerts):
            if cut == self.sent:
                self.sent += 1  # this one is lost with the socket, the others have left
                await asyncio.sleep(0.05)
                socket.transport.abort()
                return
            self.sent += 1
            await self.send(socket, self.alerts[self.sent - 1])

    async def resume(self, socket, cursor):
        self.resumes.append(dict(cursor))
        for alert in self.alerts[cursor["WINZ26"] : self.sent]:
            await self.send(socket, alert)
        await socket.send(json.dumps({"action": "resumed", "cursor": {"WINZ26": self.sent}}))
        await self.ring(socket)

    @staticmethod
    async def send(socket, alert):
        await socket.send(json.dumps({"action": "alert", "alert": alert}))


async def listen(gateway, enough, within=10.0):
    """What a listener shows until it has shown enough."""
    shown = []
    async with serve(gateway.handle, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        listener = Listener(f"ws://127.0.0.1:{port}", "t", lambda alert, _at: shown.append(alert["seq"]))
        task = asyncio.create_task(listener.run())
        async with asyncio.timeout(within):
            while len(shown) < enough or len(gateway.receipts) < enough:  # noqa: ASYNC110 two lists, no event
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return shown, listener


def test_every_alert_is_shown_and_confirmed():
    gateway = Gateway(20)
    shown, listener = asyncio.run(listen(gateway, 20))
    assert shown == list(range(1, 21))
    assert gateway.receipts == [alert["id"] for alert in gateway.alerts]
    assert listener.cursor == {"WINZ26": 20}


def test_a_connection_cut_in_a_burst_loses_and_repeats_nothing():
    """The socket dies twice with an alert on the wire; the cursor brings it back."""
    gateway = Gateway(12, cut_after=(3, 8))
    shown, _ = asyncio.run(listen(gateway, 12))
    assert shown == list(range(1, 13))
    assert {"WINZ26": 3} in gateway.resumes
    assert {"WINZ26": 8} in gateway.resumes


@pytest.mark.parametrize("grace_s", [0.02, 5.0], ids=["asked for", "after a reconnect"])
def test_the_cursor_does_not_step_over_a_gap(grace_s, monkeypatch):
    """An alert that overtook another waits for it; what does not come is asked for."""
    monkeypatch.setattr("local.load.listener.GRACE_S", grace_s)

    class Overtaking(Gateway):
        async def ring(self, socket):
            if self.sent:
                return
            self.sent = 3
            await self.send(socket, self.alerts[0])
            await self.send(socket, self.alerts[2])
            await asyncio.sleep(0.1)
            socket.transport.abort()

    gateway = Overtaking(3)
    shown, _ = asyncio.run(listen(gateway, 3))
    assert shown == [1, 2, 3]
    assert gateway.resumes in ([{"WINZ26": 1}], [{"WINZ26": 1}] * 2)


def test_what_is_overtaken_and_comes_is_not_asked_for():
    """Deliveries run side by side: their alerts cross, a moment apart."""

    class Crossing(Gateway):
        async def ring(self, socket):
            self.sent = 6
            for place in (1, 2, 0, 5, 4, 3):
                await self.send(socket, self.alerts[place])
                await asyncio.sleep(0.01)

    gateway = Crossing(6)
    shown, listener = asyncio.run(listen(gateway, 6))
    assert shown == [1, 2, 3, 4, 5, 6]
    assert gateway.resumes == []
    assert listener.cursor == {"WINZ26": 6}


def test_what_concerns_others_is_counted_off_by_the_server():
    """An operator sees every third alert: each waits a moment, once, for what will never come."""

    class Others(Gateway):
        async def ring(self, socket):
            self.sent = 9
            for alert in self.alerts[2::3]:
                await self.send(socket, alert)

        async def resume(self, socket, cursor):
            self.resumes.append(dict(cursor))
            for alert in self.alerts[2::3]:
                if alert["seq"] > cursor["WINZ26"]:
                    await self.send(socket, alert)
            await socket.send(json.dumps({"action": "resumed", "cursor": {"WINZ26": 9}}))

    gateway = Others(9)
    shown, listener = asyncio.run(listen(gateway, 3))
    assert shown == [3, 6, 9]
    assert gateway.resumes == [{"WINZ26": 0}]
    assert listener.cursor == {"WINZ26": 9}


def test_a_server_that_cannot_fill_a_gap_holds_nothing_back():
    """The frame in between cannot be sent: what is there is shown without it."""

    class Stuck(Gateway):
        async def ring(self, socket):
            self.sent = 3
            await self.send(socket, self.alerts[2])

        async def resume(self, socket, cursor):
            self.resumes.append(dict(cursor))
            await socket.send(json.dumps({"action": "resumed", "cursor": cursor}))

    gateway = Stuck(3)
    shown, listener = asyncio.run(listen(gateway, 1))
    assert shown == [3]
    assert listener.cursor == {"WINZ26": 0}


def test_while_it_catches_up_what_is_ahead_waits_for_what_was_missed():
    """A live alert overtakes the answer to resume: it is shown behind what was missed, still in order."""

    class Live(Gateway):
        async def resume(self, socket, cursor):
            self.sent = len(self.alerts)
            await self.send(socket, self.alerts[-1])
            await super().resume(socket, cursor)

    gateway = Live(9, cut_after=(4,))
    shown, listener = asyncio.run(listen(gateway, 9))
    assert shown == list(range(1, 10))
    assert listener.cursor == {"WINZ26": 9}


@pytest.mark.parametrize("deaf_to", ["subscribe", "resume"])
def test_a_question_that_is_never_answered_is_asked_on_a_new_connection(deaf_to, monkeypatch):
    """A function that dies loses the frame; nobody repeats it but the screen."""
    monkeypatch.setattr("local.load.listener.ANSWER_S", 0.2)

    class Deaf(Gateway):
        deaf = True

        async def handle(self, socket):
            async for text in socket:
                frame = json.loads(text)
                if frame["action"] == deaf_to and self.deaf and (deaf_to == "subscribe" or self.sent):
                    self.deaf = False
                    continue
                await self.answer(socket, frame)

    gateway = Deaf(6, cut_after=(3,))
    shown, _ = asyncio.run(listen(gateway, 6))
    assert shown == [1, 2, 3, 4, 5, 6]
    assert not gateway.deaf


def test_what_is_no_frame_is_passed_over():
    """The emulator tells a socket in plain text that its function died."""

    class Garbled(Gateway):
        async def send(self, socket, alert):
            for text in ("Worker process died", "[1, 2]", '"text"', ""):
                await socket.send(text)
            await super().send(socket, alert)

    shown, listener = asyncio.run(listen(Garbled(3), 3))
    assert shown == [1, 2, 3]
    assert listener.wire.total() == 3


def test_a_refused_token_ends_with_the_remedy():
    """403 is not tried again."""

    async def refuse(_connection, _request):
        from websockets.datastructures import Headers

        return Response(403, "Forbidden", Headers(), b"")

    async def story():
        async with serve(Gateway(0).handle, "127.0.0.1", 0, process_request=refuse) as server:
            port = server.sockets[0].getsockname()[1]
            await Listener(f"ws://127.0.0.1:{port}", "bad", lambda *_: None).run()

    with pytest.raises(NotLetIn, match="pregao token"):
        asyncio.run(story())


def test_a_crowd_keeps_arrival_times_per_client():
    """Three clients in one thread; leaving the block ends them all."""
    gateways = Gateway(0)
    started, stop = [], None

    async def server():
        nonlocal stop
        stop = asyncio.Event()
        async with serve(gateways.handle, "127.0.0.1", 0) as one:
            started.append(one.sockets[0].getsockname()[1])
            await stop.wait()

    import threading

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server(),))
    thread.start()
    while not started:
        threading.Event().wait(0.01)
    with LoadClients(f"ws://127.0.0.1:{started[0]}", ["a", "b", "c"]) as crowd:
        assert len(crowd.arrivals) == 3
        assert crowd.frames() == 0
    loop.call_soon_threadsafe(stop.set)
    thread.join(5)
    loop.close()
    assert not any(one.name == "listeners" for one in threading.enumerate())
