"""A screen without a screen: connects, subscribes, confirms, and comes back where it left off."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from local.lab.errors import NotLetIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext

Frame = dict[str, Any]

ANSWER_S = 10.0
"""What is asked and not answered within this was lost with its function: connect again."""
PING_S = 240.0
"""After so much silence it pings: API Gateway closes a socket on which nothing was said for ten minutes."""
RECONNECT_S = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass
class Listener:
    """One operator's client: every alert once, receipts sent, cursor kept.

    Alerts are shown as they arrive; while it catches up, those ahead of the missed ones wait for them, so
    that a connection lost in a burst leaves the order per contract as it was. API Gateway ends every
    connection after two hours; coming back is the normal path.

    `on_alert(alert, arrived_at)` is called once per alert (epoch seconds), `on_frame` for all other frames.
    `door` is held while connecting: a crowd shares one, so that it comes in a few at a time.
    """

    url: str
    token: str
    on_alert: Callable[[Frame, float], None]
    on_frame: Callable[[Frame], None] = lambda _frame: None
    subscription: Mapping[str, Any] = field(default_factory=dict)
    receipts: bool = True
    cursor: dict[str, int] | None = None
    seen: set[str] = field(default_factory=set)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    door: AbstractAsyncContextManager[object] = field(default_factory=nullcontext)
    _ahead: list[tuple[Frame, float]] = field(default_factory=list)
    _resuming: bool = False
    _asked_from: dict[str, int] = field(default_factory=dict)
    _asked: bool = False

    async def run(self) -> None:
        """Listen until cancelled, reconnecting with growing pauses; raises NotLetIn when refused for good."""
        failures = 0
        while True:
            try:
                async with self.door:
                    socket = await connect(f"{self.url}?token={self.token}", max_size=2**20)
                async with socket:
                    await self._ask(socket, {"action": "subscribe", **self.subscription})
                    failures = 0
                    await self._listen(socket)
            except InvalidStatus as refused:
                if refused.response.status_code in (401, 403):
                    raise NotLetIn(
                        f"refused with {refused.response.status_code}: the token is expired, forged or its"
                        " operator is not in config/operators.yaml; get a new one with `pregao token`"
                    ) from refused
            except (ConnectionClosed, InvalidHandshake, TimeoutError, OSError):
                pass  # the network's affair: try again
            self.ready.clear()
            await asyncio.sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])
            failures += 1

    async def _listen(self, socket: ClientConnection) -> None:
        # A screen that comes back holds what is live from its first frame on: it may overtake even the hello.
        self._ahead, self._resuming = [], self.cursor is not None
        while True:
            try:
                message = await asyncio.wait_for(socket.recv(), ANSWER_S if self._asked else PING_S)
            except TimeoutError:
                if self._asked:
                    raise
                await self._ask(socket, {"action": "ping"})
                continue
            await self._heard(socket, json.loads(message) if message else {}, time.time())

    async def _heard(self, socket: ClientConnection, frame: Frame, arrived: float) -> None:
        match frame.get("action"):
            case "alert":
                await self._alert(socket, frame["alert"], arrived)
            case "hello":
                await self._hello(socket, frame)
            case "resumed":
                await self._resumed(socket, frame["cursor"])
            case "pong":
                self._asked = False
            case str():
                self.on_frame(frame)

    async def _hello(self, socket: ClientConnection, frame: Frame) -> None:
        """Start from the server's cursor the first time; later ask for what came meanwhile."""
        self._asked = False
        if self.cursor is None:
            self.cursor = frame["cursor"]
        else:
            behind = {name: self.cursor.get(name, 0) for name in frame["cursor"]}
            await self._resume(
                socket, {name: seq for name, seq in behind.items() if seq < frame["cursor"][name]}
            )
        self.ready.set()
        self.on_frame(frame)

    async def _resumed(self, socket: ClientConnection, cursor: dict[str, int]) -> None:
        """Believe the server that all up to its cursor was sent, and ask on for what that moved.

        One answer holds a part of what was missed; that the own cursor has come as far says nothing.
        """
        self._asked = False
        moved = {name: seq for name, seq in cursor.items() if seq > self._asked_from.get(name, 0)}
        self.cursor = self.cursor or {}
        self.cursor |= {name: max(seq, self.cursor.get(name, 0)) for name, seq in moved.items()}
        await self._resume(socket, {name: self.cursor[name] for name in moved})

    async def _resume(self, socket: ClientConnection, behind: dict[str, int]) -> None:
        """Ask for what came after these numbers; with none, what was held is shown."""
        if behind:
            self._asked_from = behind
            await self._ask(socket, {"action": "resume", "cursor": behind})
            return
        self._resuming = False
        ahead, self._ahead = sorted(self._ahead, key=lambda one: int(one[0]["seq"])), []
        for alert, arrived in ahead:
            await self._alert(socket, alert, arrived)

    async def _alert(self, socket: ClientConnection, alert: Frame, arrived: float) -> None:
        """Show an alert once; the cursor moves only without a gap, so what is missing is asked for again."""
        contract, seq = alert["contract"], alert["seq"]
        if self.cursor is not None and seq == self.cursor.get(contract, 0) + 1:
            self.cursor[contract] = seq
        elif self._resuming and self.cursor is not None and seq > self.cursor.get(contract, 0):
            self._ahead.append((alert, arrived))
            return
        if alert["id"] not in self.seen:
            self.seen.add(alert["id"])
            self.on_alert(alert, arrived)
        if self.receipts:
            await self._send(socket, {"action": "receipt", "alert_id": alert["id"]})

    async def _ask(self, socket: ClientConnection, frame: Frame) -> None:
        self._asked = True
        await self._send(socket, frame)

    @staticmethod
    async def _send(socket: ClientConnection, frame: Frame) -> None:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(json.dumps(frame))
