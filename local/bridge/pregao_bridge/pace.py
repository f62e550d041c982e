"""When to do a thing, and when again: after a candle's close, after a failure, after the cloud was away."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

AFTER_CLOSE_S = 0.05
LOOK_S = (0.1, 5.0)
"""Shortest and longest wait between two looks: a tenth of the close's age, so that a candle closed by a late
tick is found within a tenth of what that took, and a closed market costs one question in five seconds."""
FAULT_S = (1.0, 60.0)
LOADING_S = (0.5, 5.0)
TRY_S = (2.0, 60.0)
APART_S = 2.0
"""Between two feeds' tries while the cloud is away."""
LONGEST_S = 300.0
"""Of a Retry-After; whoever answers with a day is asked again all the same."""
REFUSED_S = (15.0, 300.0)
SIGNATURE_S = 120.0
FULL_S = 30.0


def next_look(now: float, timeframe: int, newest: int | None) -> float:
    """Return when to ask again, epoch seconds, when the newest known candle opened at `newest`."""
    close = now // timeframe * timeframe
    following = close + timeframe + AFTER_CLOSE_S
    if newest is not None and newest + timeframe >= close:
        return following
    if now < close + AFTER_CLOSE_S:
        return close + AFTER_CLOSE_S
    shortest, longest = LOOK_S
    return min(following, now + min(longest, max(shortest, (now - close) / 10)))


class Backoff:
    """Waits that double, in real seconds, drawn from their upper half: bridges do not ask in step."""

    def __init__(self, draw: Callable[[], float]) -> None:
        self._draw = draw
        self._times = 0

    def next(self, bounds: tuple[float, float]) -> float:
        """Return the next wait, between half of what the bounds allow and all of it."""
        shortest, longest = bounds
        wait = min(longest, shortest * 2.0 ** min(self._times, 20))
        self._times += 1
        return wait * (0.5 + self._draw() / 2)

    def reset(self) -> None:
        """Begin anew: it went well."""
        self._times = 0


def repeat(
    act: Callable[[], T],
    wait_after: Callable[[T], float | None],
    tries: int,
    sleep: Callable[[float], object],
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[T, int]:
    """Act up to `tries` times and return the last result and how often it was tried.

    `wait_after` says how many seconds to wait before the next try, None when the result is final. Once
    `stopped`, no other try is begun.
    """
    tried = 1
    while (wait_s := wait_after(result := act())) is not None and tried < tries:
        sleep(wait_s)
        if stopped():
            break
        tried += 1
    return result, tried


class Gate:
    """Whether the cloud is worth a try: one feed's silence is every feed's, they all post to one place.

    It only keeps their tries apart; each feed has its own back-off, so that one which always fails costs the
    others seconds. `heard_at` is when the cloud last took something.
    """

    def __init__(self) -> None:
        self.opens_at = self.heard_at = 0.0

    def shut(self, until: float) -> None:
        """Let nobody try before a moment of the market."""
        self.opens_at = until

    def open(self, now: float) -> None:
        """Let everybody try: the cloud answers."""
        self.opens_at, self.heard_at = 0.0, now
