"""Who waits for the terminal, and since when: the thread that tells the cloud must not wait with it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HANGS_S = 20.0
"""A call to the terminal that takes longer is told to the cloud."""


class Watch:
    """Measures the call in hand."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    @contextmanager
    def call(self) -> Iterator[None]:
        """Around each call to the terminal."""
        self._since = self._clock()
        try:
            yield
        finally:
            self._since = None

    def hanging_s(self) -> float | None:
        """Return for how many seconds a call has hung; None while none has for long."""
        since = self._since
        waited = 0.0 if since is None else self._clock() - since
        return waited if waited > HANGS_S else None
