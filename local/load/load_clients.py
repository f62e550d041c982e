"""Any number of listeners in one background thread, and when each saw what."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from typing import TYPE_CHECKING

from local.load.listener import Frame, Listener

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from types import TracebackType

AT_ONCE = 4  # clients coming in together; each costs the emulator two cold functions at first
READY_S = 120.0
READY_EACH_S = 0.5
CLOSE_S = 30.0


class LoadClients:
    """A context manager that connects one listener per token and keeps the arrival times by alert.

    `arrivals[n][alert_id]` is when client n got the frame, epoch seconds. Leaving the block disconnects all.
    Without `receipts` nobody confirms. Raises what a listener died of, at the latest when the block is left.
    """

    def __init__(
        self,
        url: str,
        tokens: Sequence[str],
        on_alert: Callable[[Frame], None] = lambda _alert: None,
        *,
        receipts: bool = True,
    ) -> None:
        self.arrivals: list[dict[str, float]] = [{} for _ in tokens]
        self._shown: list[Counter[str]] = [Counter() for _ in tokens]
        door = asyncio.Semaphore(AT_ONCE)
        self._listeners = [
            Listener(url, token, self._keep(n, on_alert), receipts=receipts, door=door)
            for n, token in enumerate(tokens)
        ]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="listeners", daemon=True)
        self._running: Future[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def __enter__(self) -> LoadClients:
        self._thread.start()
        self._running = asyncio.run_coroutine_threadsafe(self._run(), self._loop)
        ready = asyncio.run_coroutine_threadsafe(self._ready(), self._loop)
        while not ready.done():
            if self._running.done():
                self._running.result()
            threading.Event().wait(0.01)
        ready.result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        over = self._running is not None and self._running.done()
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(CLOSE_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CLOSE_S)
        self._loop.close()
        if over and error is None:
            self.check()

    def check(self) -> None:
        """Raise the error that ended a listener, if one ended."""
        if self._running and self._running.done():
            self._running.result()

    def shown_twice(self) -> int:
        """Count showings beyond the first, over all clients."""
        return sum(times - 1 for shown in self._shown for times in shown.values())

    def repeated(self) -> int:
        """Count alert frames on the wire beyond the first of each, over all clients."""
        return sum(times - 1 for one in self._listeners for times in one.wire.values())

    def frames(self) -> int:
        """Count the alerts seen, each once per client."""
        return sum(map(len, self.arrivals))

    def _keep(self, number: int, on_alert: Callable[[Frame], None]) -> Callable[[Frame, float], None]:
        def keep(alert: Frame, arrived: float) -> None:
            self.arrivals[number][alert["id"]] = arrived
            self._shown[number][alert["id"]] += 1
            if number == 0:
                on_alert(alert)

        return keep

    async def _run(self) -> None:
        self._tasks = [asyncio.create_task(one.run()) for one in self._listeners]
        await asyncio.gather(*self._tasks)

    async def _ready(self) -> None:
        async with asyncio.timeout(READY_S + READY_EACH_S * len(self._listeners)):
            await asyncio.gather(*(one.ready.wait() for one in self._listeners))

    async def _finish(self) -> None:
        """End the listeners, each closing its socket properly."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
