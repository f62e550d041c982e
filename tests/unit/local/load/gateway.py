"""A WebSocket API of the tests' own: the real story of flow/connections behind real sockets, over fakes.

It ends its connections as API Gateway does, with 1001 "Going away": after `life_s` whatever is under way,
after `idle_s` without a frame either way. What stands in line for a socket then is lost with it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve

from pregao.domain.alerts.alert import Alert
from pregao.domain.delivery.operators import Status
from pregao.flow.connections import Caller, Connections, hear
from pregao.wire.frames_v1 import alert_frame
from tests.fakes import (
    CANDLE,
    PLENTY,
    AtOnce,
    Clock,
    FakeActionBook,
    FakeAdmissionBook,
    FakeAlertLog,
    FakeDeliveryBook,
    FakeFallbackQueue,
    FakeOpenBook,
    FakeReminderBook,
    FakeScreens,
    Store,
    admitted,
    an_alert,
    an_operator,
    quote_requests,
)

LONG = 60.0


class Lines(FakeScreens):
    """Frames stand in line for their socket; one that is closed is gone."""

    def __init__(self):
        super().__init__()
        self.lines: dict[str, asyncio.Queue[bytes]] = {}

    def post(self, connection_id: str, frame: bytes) -> Status:
        if connection_id not in self.lines:
            self.closed(connection_id)
            return Status.GONE
        self.lines[connection_id].put_nowait(frame)
        return Status.SENT


class Gateway:
    """Ana's desk; `frames` bounds what each next connection says before it ends, then only time does."""

    def __init__(self, *, life_s: float = LONG, idle_s: float = LONG, frames: Sequence[int] = ()):
        self.store, self.screens = Store(), Lines()
        self.life_s, self.idle_s, self.frames = life_s, idle_s, list(frames)
        self.closed = False
        self.codes: list[int | None] = []
        self.alerts: list[Alert] = []
        book, actions, feed = (kind(self.store) for kind in (FakeDeliveryBook, FakeActionBook, FakeAlertLog))
        desk = [an_operator("ana")]
        ports = (self.screens, book, actions, feed, AtOnce(), lambda _n: None, Clock())
        late = FakeReminderBook(self.store), FakeOpenBook(self.store), FakeFallbackQueue, 10
        self._deps = Connections(desk, *ports, quote_requests(self.store), *late)
        self._spoken: dict[str, float] = {}
        self._numbers = itertools.count()

    def ring(self, contract: str = "WINZ26") -> None:
        """Admit the contract's next alert and post it to every screen, as deliver does."""
        alert = an_alert(CANDLE + 300 * len(self.alerts), contract=contract)
        self.alerts.append(admitted(FakeAdmissionBook(self.store), alert))
        self.store.waiting.clear()
        for screen in self.screens.everyone():
            self.screens.post(screen.connection_id, alert_frame(self.alerts[-1]))

    def confirmed(self) -> int:
        """Count the alerts that ana's screen confirmed."""
        return sum((alert.id, "ana") in self.store.marks for alert in self.alerts)

    def serve(self):
        """Serve on a free port of the loopback; `closed` turns everybody away."""
        return serve(self._handle, "127.0.0.1", 0, process_request=self._door, ping_interval=None)

    def _door(self, socket: ServerConnection, _request):
        return socket.respond(HTTPStatus.SERVICE_UNAVAILABLE, "") if self.closed else None

    async def _handle(self, socket: ServerConnection) -> None:
        name = f"socket-{next(self._numbers)}"
        line = self.screens.lines[name] = asyncio.Queue()
        self.screens.opened(name, "ana", 0.0)
        self._stir(name)
        quota = self.frames.pop(0) if self.frames else None
        ends = asyncio.create_task(self._end(socket, name, line, quota))
        try:
            async for text in socket:
                self._stir(name)
                hear(text, Caller(name, "ana", "trader"), self._deps, PLENTY)
        finally:
            ends.cancel()
            await asyncio.gather(ends, return_exceptions=True)
            self.screens.lines.pop(name, None)
            self.screens.closed(name)
            self.codes.append(socket.close_code)

    async def _end(self, socket, name, line, quota) -> None:
        speaking = asyncio.create_task(self._speak(socket, name, line, quota))
        born = asyncio.get_running_loop().time()
        while not speaking.done():
            now = asyncio.get_running_loop().time()
            if now - born >= self.life_s or now - self._spoken[name] >= self.idle_s:
                break
            await asyncio.sleep(0.005)
        speaking.cancel()
        await asyncio.gather(speaking, return_exceptions=True)
        del self.screens.lines[name]
        await socket.close(1001, "Going away")

    async def _speak(self, socket, name, line, quota) -> None:
        spoken = 0
        while quota is None or spoken < quota:
            await socket.send((await line.get()).decode())
            self._stir(name)
            spoken += 1

    def _stir(self, name: str) -> None:
        self._spoken[name] = asyncio.get_running_loop().time()


@asynccontextmanager
async def listening(gateway: Gateway, listener: Callable[[str], object]):
    """Run a listener, made from the gateway's address, until the block ends; yields its task."""
    async with gateway.serve() as server:
        made = listener(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        task = asyncio.create_task(made.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for what will be."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 many things, no event
            await asyncio.sleep(0.005)
