"""Optimistic writing: read, link, commit, and again when somebody was faster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pregao.flow.refusals import Contended

TRIES = 12

Result = TypeVar("Result")
Pause = Callable[[int], None]


def persist(attempt: Callable[[], Result], pause: Pause) -> Result:
    """Repeat `attempt` while it is Contended, pausing in between; raises Contended after TRIES attempts.

    `pause(n)` waits before attempt n + 1; the caller's clock and jitter live in it.
    """
    for number in range(1, TRIES):
        try:
            return attempt()
        except Contended:
            pause(number)
    return attempt()
