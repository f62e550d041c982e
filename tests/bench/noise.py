"""How fast, and how sure: interleaved repetitions, and the machine's own jitter beside every figure."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Seconds of several repetitions."""

    seconds: tuple[float, ...]

    @property
    def median(self):
        """The middle repetition."""
        return statistics.median(self.seconds)

    def spread(self, unit: float = 1e3) -> str:
        """Min, median and max in milliseconds (or another unit)."""
        figures = [value * unit for value in (min(self.seconds), self.median, max(self.seconds))]
        return " / ".join(f"{one:.0f}" if one >= 1000 else f"{one:.3g}" for one in figures)


def interleave(subjects: Mapping[str, Callable[[], object]], repetitions: int) -> dict[str, Timing]:
    """Time the subjects in turns, so that a slow moment of the machine hits all of them alike.

    Garbage is collected between, not within: one subject's would be another's milliseconds.
    """
    taken: dict[str, list[float]] = {name: [] for name in subjects}
    for subject in subjects.values():
        subject()  # caches, lazy imports
    for _ in range(repetitions):
        for name, subject in subjects.items():
            gc.collect()
            gc.disable()
            began = time.perf_counter()
            subject()
            taken[name].append(time.perf_counter() - began)
            gc.enable()
    return {name: Timing(tuple(values)) for name, values in taken.items()}


def jitter() -> Timing:
    """A fixed piece of pure Python, twenty times: what the machine itself does to a figure."""

    def work() -> int:
        return sum(index * index for index in range(200_000))

    return interleave({"work": work}, 20)["work"]
