"""Appending to an audit chain that others append to as well: read its end, link, commit, try again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from pregao.domain.audit.chain import Record, Tail, link
from pregao.flow.ports.refusals import Contended

TRIES = 12

Result = TypeVar("Result")
Pause = Callable[[int], None]
Chain = Callable[[float], Tail]
"""Reads where a chain stands at a time (epoch seconds)."""
Build = Callable[[float], Sequence[Record]]
"""Makes the plain records, as of a time (epoch seconds)."""
Commit = Callable[[Sequence[Record], Tail], Result]
"""Writes linked records behind the tail they were linked to, all or none; raises Contended."""


class Appender(Protocol):
    """The part of a use case's dependencies that an append needs."""

    @property
    def pause(self) -> Pause:
        """Waits between attempts."""
        ...

    @property
    def clock(self) -> Callable[[], float]:
        """Gives epoch seconds."""
        ...


def append(chain: Chain, build: Build, commit: Commit[Result], deps: Appender) -> Result:
    """Write records behind a chain's newest one; returns what `commit` returns.

    Each try asks the clock, reads the chain, builds and links anew. It is repeated only where `commit` or a
    reading raises Contended, which says that nothing was written. What else is raised ends it at once: if
    the answer was lost, the records may have been written; the caller's retry must check.
    Raises Contended after TRIES tries.
    """

    def attempt() -> Result:
        now = deps.clock()
        tail = chain(now)
        records, _ = link(build(now), tail)
        return commit(records, tail)

    return retry_contended(attempt, deps.pause)


def retry_contended(attempt: Callable[[], Result], pause: Pause) -> Result:
    """Repeat `attempt` while it raises Contended; raises Contended after TRIES attempts.

    `pause(n)` waits before attempt n + 1; the caller's clock and jitter live in it.
    """
    for number in range(1, TRIES):
        try:
            return attempt()
        except Contended:
            pause(number)
    return attempt()
