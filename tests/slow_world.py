"""A world in which every call of the functions takes as long as its client lets it; nothing really waits.

Each thread has a time of its own: a call adds its longest to it, a task begins at the time of whoever
submitted it, and who waits for a task goes on at its end. So an invocation's time is that of its longest
serial path.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.retries.standard import ExponentialBackoff, RetryContext

from pregao.aws.clients import BUDGETS, client
from tests.functions.conftest import Context, Stack, timeout_of

SUBMIT, RESULT = ThreadPoolExecutor.submit, Future.result


def longest_s(service: str) -> float:
    """Return what one call of a service's client takes when no answer comes: tries, time-outs and pauses.

    Read off the client itself, so what it does counts and not what it was meant to do.
    """
    asks = client(service)
    config = asks.meta.config
    tries = config.retries["total_max_attempts"]
    pause = ExponentialBackoff(random=lambda: 1.0, service_name=service)
    pauses = [pause.delay_amount(_no_answer(number)) for number in range(1, tries)]
    return tries * (config.connect_timeout + config.read_timeout) + sum(pauses)


def _no_answer(attempt: int) -> RetryContext:
    return RetryContext(attempt_number=attempt, caught_exception=TimeoutError())


class SlowWorld:
    """Tells how long an invocation takes."""

    def __init__(self) -> None:
        self._thread = threading.local()
        self.took: list[tuple[str, float]] = []
        """Each invocation: its function, and its seconds."""

    @property
    def now(self) -> float:
        """Seconds since the invocation began, in this thread."""
        return getattr(self._thread, "now", 0.0)

    @now.setter
    def now(self, seconds: float) -> None:
        self._thread.now = seconds

    def context(self, function: str) -> Context:
        """Begin an invocation: what Lambda would say of its time."""
        self.now = 0.0
        return SlowContext(function, timeout_s=timeout_of(function), world=self)

    def submit(self, pool: ThreadPoolExecutor, work: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        began, ended = self.now, list[float]()

        def run() -> Any:
            self.now = began
            try:
                return work(*args, **kwargs)
            finally:
                ended.append(self.now)

        future = SUBMIT(pool, run)
        future.ended = ended  # type: ignore[attr-defined]
        return future

    def result(self, future: Future[Any], timeout: float | None = None) -> Any:
        """Wait for the end, then go on at its time, or give up at the time-out's."""
        until = float("inf") if timeout is None else self.now + timeout
        try:
            return RESULT(future)
        finally:
            ended = getattr(future, "ended", [0.0])[0]
            self.now = max(self.now, min(ended, until))
            if ended > until:
                raise TimeoutError


class SlowContext(Context):
    """A Lambda context by the slow world's time."""

    def __init__(self, function: str, timeout_s: float, world: SlowWorld) -> None:
        super().__init__(function, timeout_s=timeout_s)
        self._world = world

    def get_remaining_time_in_millis(self) -> int:
        return int((self.timeout_s - self._world.now) * 1000)


@contextmanager
def slow(stack: Stack) -> Iterator[SlowWorld]:
    """Let the calls of a stack's functions take their longest."""
    world, call = SlowWorld(), stack.call

    def measured(function: str, event: Any, **env: str) -> Any:
        try:
            return call(function, event, **env)
        finally:
            world.took.append((function, world.now))

    def submit(*args: Any, **kwargs: Any) -> Future[Any]:  # a function becomes the pool's method
        return world.submit(*args, **kwargs)

    def result(*args: Any, **kwargs: Any) -> Any:
        return world.result(*args, **kwargs)

    def exception(future: Future[Any]) -> BaseException | None:
        try:
            world.result(future)
        except BaseException as error:  # noqa: BLE001 as a future does
            return error
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ThreadPoolExecutor, "submit", submit)
        patch.setattr(Future, "result", result)
        patch.setattr(Future, "exception", exception)
        patch.setattr(stack, "context", world.context)
        patch.setattr(stack, "call", measured)
        for service in BUDGETS:
            seconds = longest_s(service)

            def ask(seconds: float = seconds, **_: Any) -> None:
                world.now += seconds

            events = client(service).meta.events
            events.register("before-parameter-build", ask, unique_id="slow")
        try:
            yield world
        finally:
            for service in BUDGETS:
                client(service).meta.events.unregister("before-parameter-build", unique_id="slow")
