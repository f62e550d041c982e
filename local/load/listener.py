"""A client in place of the page: connects, subscribes, confirms, and resumes from its cursor."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from local.errors import NotLetIn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext

Frame = dict[str, Any]

ANSWER_S = 10.0
"""What is asked and not answered within this was lost with its function: connect again."""
PING_S = 240.0
"""After so much silence it pings: API Gateway closes a socket on which nothing was said for ten minutes."""
GRACE_S = 0.15
"""So long an alert that overtook others waits for them before they are asked for."""
RECONNECT_S = (0.2, 0.5, 1.0, 2.0, 5.0)


@dataclass
class Listener:
    """One operator's client: every alert once, receipts sent, cursor kept.

    Alerts are shown in the order of their numbers per contract. One that is ahead of others waits for them:
    a moment, for deliveries overtake each other, then until the server has sent or counted off what lies
    between. So it is after a lost connection, the normal path: API Gateway ends each after two hours.

    `on_alert(alert, arrived_at)` is called once per alert (epoch seconds), `on_frame` for all other frames.
    `wire` counts an alert's frames as they came, repeats too.
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
    wire: Counter[str] = field(default_factory=Counter)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    door: AbstractAsyncContextManager[object] = field(default_factory=nullcontext)
    _ahead: dict[tuple[str, int], tuple[Frame, float]] = field(default_factory=dict)
    _ahead_until: float = 0.0
    _goal: dict[str, int] = field(default_factory=dict)
    _asked_from: dict[str, int] = field(default_factory=dict)
    _asked: bool = False
    _confirmed: set[str] = field(default_factory=set)

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
                pass  # network error: try again
            self.ready.clear()
            await asyncio.sleep(RECONNECT_S[min(failures, len(RECONNECT_S) - 1)])
            failures += 1

    async def _listen(self, socket: ClientConnection) -> None:
        self._ahead, self._goal, self._confirmed = {}, {}, set()
        while True:
            try:
                # wait_for of Python 3.11 may lose a cancellation
                async with asyncio.timeout(self._patience()):
                    message = await socket.recv()
            except TimeoutError:
                await self._silence(socket)
                continue
            await self._heard(socket, _read(message), time.time())

    def _patience(self) -> float:
        if self._asked:
            return ANSWER_S
        return max(0.0, self._ahead_until - time.monotonic()) if self._ahead else PING_S

    async def _silence(self, socket: ClientConnection) -> None:
        """Ask for what is missing, or whether anybody is there; raises TimeoutError where that was asked."""
        if self._asked:
            raise TimeoutError
        if self._ahead:
            self._goal = dict(sorted(self._ahead))
            await self._resume(socket)
        else:
            await self._ask(socket, {"action": "ping"})

    async def _heard(self, socket: ClientConnection, frame: Frame, arrived: float) -> None:
        match frame.get("action"):
            case "alert":
                self.wire[frame["alert"]["id"]] += 1
                await self._alert(socket, frame["alert"] | {"listed": frame.get("listed")}, arrived)
            case "hello":
                await self._hello(socket, frame)
            case "resumed":
                await self._resumed(socket, frame["cursor"])
            case "pong":
                self._asked = False
                if frame.get("cursor"):
                    self._goal = frame["cursor"]
                    await self._resume(socket)
            case str():
                self.on_frame(frame)

    async def _hello(self, socket: ClientConnection, frame: Frame) -> None:
        """Start from the server's cursor the first time; later ask for what came meanwhile."""
        self._asked = False
        if self.cursor is None:
            self.cursor = dict(frame["cursor"])
        self._goal = frame["cursor"]
        await self._resume(socket)
        self.ready.set()
        self.on_frame(frame)

    async def _resume(self, socket: ClientConnection) -> None:
        """Ask for what lies between the cursor and the goal, if anything does."""
        known = self.cursor or {}
        behind = {name: known.get(name, 0) for name, seq in self._goal.items() if known.get(name, 0) < seq}
        if behind:
            self._asked_from = behind
            await self._ask(socket, {"action": "resume", "cursor": behind})

    async def _resumed(self, socket: ClientConnection, cursor: dict[str, int]) -> None:
        """Believe the server that all up to its cursor was sent, and ask on: one answer holds a part.

        Where it moves nothing, what is held is shown without what is missing; that is asked for again.
        """
        self._asked = False
        known = self.cursor = self.cursor or {}
        known |= {name: max(seq, known.get(name, 0)) for name, seq in cursor.items()}
        stuck = all(seq <= self._asked_from.get(name, 0) for name, seq in cursor.items())
        held, self._ahead = self._ahead, {}
        for _, (alert, arrived) in sorted(held.items()):
            await (self._show if stuck else self._alert)(socket, alert, arrived)
        if not stuck:
            await self._resume(socket)

    async def _alert(self, socket: ClientConnection, alert: Frame, arrived: float) -> None:
        """Show an alert in its turn; the cursor moves without a gap, so it tells what is missing."""
        contract, seq = alert["contract"], int(alert["seq"])
        last = seq if self.cursor is None else self.cursor.get(contract, 0)
        if seq > last + 1:
            if not self._ahead:
                self._ahead_until = time.monotonic() + GRACE_S
            self._ahead.setdefault((contract, seq), (alert, arrived))
            return
        await self._show(socket, alert, arrived)
        while self.cursor is not None and seq == self.cursor.get(contract, 0) + 1:
            self.cursor[contract] = seq
            seq += 1
            if (contract, seq) not in self._ahead:
                return
            await self._show(socket, *self._ahead.pop((contract, seq)))

    async def _show(self, socket: ClientConnection, alert: Frame, arrived: float) -> None:
        if alert["id"] not in self.seen:
            self.seen.add(alert["id"])
            self.on_alert(alert, arrived)
        if self.receipts and not alert["listed"] and alert["id"] not in self._confirmed:
            self._confirmed.add(alert["id"])
            await self._send(socket, {"action": "receipt", "alert_id": alert["id"]})

    async def _ask(self, socket: ClientConnection, frame: Frame) -> None:
        self._asked = True
        await self._send(socket, frame)

    @staticmethod
    async def _send(socket: ClientConnection, frame: Frame) -> None:
        with contextlib.suppress(ConnectionClosed):
            await socket.send(json.dumps(frame))


def _read(message: str | bytes) -> Frame:
    """Return a frame; an empty one for what is none, as the emulator's word that a function died."""
    try:
        frame = json.loads(message)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}
