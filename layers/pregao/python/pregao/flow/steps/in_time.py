"""How long an invocation may still run, and loops that go on where one item fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from pregao.flow.ports.refusals import OutOfTime

Thing = TypeVar("Thing")


class TimeLeft:
    """What is left of one invocation's time; `left` gives seconds."""

    def __init__(self, left: Callable[[], float]) -> None:
        self._left = left
        self._begun = False

    def __call__(self) -> float:
        """Return the seconds left."""
        return self._left()

    def for_more(self, needs_s: float) -> bool:
        """Tell whether something that may take so long may begin; the first thing of an invocation may."""
        enough = not self._begun or self._left() >= needs_s
        self._begun = True
        return enough


class Failures:
    """What failed of several things that do not depend on each other; told once, after all had their turn."""

    def __init__(self) -> None:
        self.found: list[Exception] = []

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep an exception of the block for later, those of a group one by one."""
        try:
            yield
        except ExceptionGroup as errors:
            self.found += errors.exceptions
        except Exception as error:  # noqa: BLE001 raised by `tell`, after the others had their turn
            self.found.append(error)

    def each(self, things: Iterable[Thing], needs_s: float, time: TimeLeft) -> Iterator[Thing]:
        """Yield the items while there is time for one that may take `needs_s`."""
        for thing in things:
            if not time.for_more(needs_s):
                self.found.append(OutOfTime(f"{time():.1f} s left, the next may take {needs_s:g} s"))
                return
            yield thing

    def tell(self, what: str) -> None:
        """Raise one ExceptionGroup of all that failed; nothing where nothing did."""
        if self.found:
            raise ExceptionGroup(what, self.found)
