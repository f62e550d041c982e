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

RECONNECT_S = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass
class Listener:
    """One operator's client: every alert once, in order of arrival, receipts sent, cursor kept.

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

    async def run(self) -> None:
        """Listen until cancelled, reconnecting with growing pauses; raises NotLetIn when refused for good."""
        failures = 0
        while True:
            try:
                async with self.door:
                    socket = await connect(f"{self.url}?token={self.token}", max_size=2**20)
                async with socket:
                    await self._send(socket, {"action": "subscribe", **self.subscription})
                    failures = 0
                    await self._listen(socket)
            except InvalidStatus as refused:
                if refused.response.status_code in (401, 403):
                    raise NotLetIn(
                        f"refused with {refused.response.status_code}: the token is expired, forged or its"
                        " operator is not in config/operators.yaml; get a new one with `pregao token`"
                    ) from refused
            except (ConnectionClosed, InvalidHandshake, OSError):
                pass  # the network's affair: try again
            self.ready.clear()
            await asyncio.sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])
            failures += 1

    async def _listen(self, socket: ClientConnection) -> None:
        async for message in socket:
            arrived = time.time()
            frame = json.loads(message) if message else {}
            match frame.get("action"):
                case "alert":
                    await self._alert(socket, frame["alert"], arrived)
                case "hello":
                    await self._hello(socket, frame)
                case "resumed":
                    await self._resumed(socket, frame["cursor"])
                case str():
                    self.on_frame(frame)

    async def _hello(self, socket: ClientConnection, frame: Frame) -> None:
        """Start from the server's cursor the first time; later ask for what came meanwhile."""
        if self.cursor is None:
            self.cursor = frame["cursor"]
        else:
            self.cursor = dict.fromkeys(frame["cursor"], 0) | self.cursor
            await self._send(socket, {"action": "resume", "cursor": self.cursor})
        self.ready.set()
        self.on_frame(frame)

    async def _resumed(self, socket: ClientConnection, cursor: dict[str, int]) -> None:
        """Believe the server that all up to its cursor was sent, and ask on until it stands still."""
        if cursor != self.cursor:
            self.cursor = cursor
            await self._send(socket, {"action": "resume", "cursor": cursor})

    async def _alert(self, socket: ClientConnection, alert: Frame, arrived: float) -> None:
        """Show an alert once; the cursor moves only without a gap, so what is missing is asked for again."""
        contract, seq = alert["contract"], alert["seq"]
        if self.cursor is not None and seq == self.cursor.get(contract, 0) + 1:
            self.cursor[contract] = seq
        if alert["id"] not in self.seen:
            self.seen.add(alert["id"])
            self.on_alert(alert, arrived)
        if self.receipts:
            await self._send(socket, {"action": "receipt", "alert_id": alert["id"]})

    @staticmethod
    async def _send(socket: ClientConnection, frame: Frame) -> None:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(json.dumps(frame))
