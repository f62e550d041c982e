"""The market's time, how far this machine's clock is from the cloud's, and how long a call has taken."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Clock:
    """The market's time, epoch seconds UTC, `speed` times as fast as the wall's."""

    now: Callable[[], float]
    speed: float = 1.0

    def seconds(self, span: float) -> float:
        """Return how long a span of the market's time takes."""
        return span / self.speed


WARN_S = 2.0
"""A candle is judged by the cloud's clock: more than this and people should know."""
SIGNATURE_SKEW_S = 240.0
"""AWS refuses signatures five minutes away from its own clock; this is near enough to be the cause."""


class Skew:
    """`seconds` is this clock minus the cloud's, positive when this one is ahead; None before an answer.

    A Date is cut to the second and the way there and back takes time: sure to half a second and half the way.
    """

    def __init__(self) -> None:
        self.seconds: float | None = None

    def hear(self, date: str | None, sent_at: float, received_at: float) -> None:
        """Take an answer's Date header; `sent_at` and `received_at` in epoch seconds. Nonsense is ignored."""
        try:
            cloud = parsedate_to_datetime(date or "").timestamp() + 0.5
        except ValueError:
            return
        self.seconds = (sent_at + received_at) / 2 - cloud

    @property
    def noticeable(self) -> float:
        """Return the skew in seconds where it matters, 0 where it does not or is not known."""
        return self.seconds if self.seconds is not None and abs(self.seconds) > WARN_S else 0.0

    @property
    def breaks_signatures(self) -> bool:
        """Whether it explains refused signatures."""
        return abs(self.noticeable) > SIGNATURE_SKEW_S


HANGS_S = 20.0
"""A call to the terminal that takes longer is told to the cloud."""


class CallTimer:
    """Measures the call that is being made."""

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
