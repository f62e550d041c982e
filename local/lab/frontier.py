"""Parameters swept over in-sample candles: every point's score, and which points no other beats."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, cached_property
from itertools import product
from math import inf
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from local.errors import GridError
from pregao.config import reader
from pregao.config.reader import ConfigError
from pregao.domain.backtest.gates import draws
from pregao.domain.backtest.many import Many

if TYPE_CHECKING:
    from pregao.domain.backtest.rules import Gates, Rules
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles

MOST_POINTS = 20_000
WORKERS_S = 1.0
"""What it takes until workers judge: an interpreter, numpy, and the histories prepared anew."""
Overrides = tuple[str, ...]
Settings = TypeVar("Settings", bound=Any)
"""A dataclass of settings, which may hold others."""


@dataclass(frozen=True, slots=True)
class Point:
    """One choice of parameters ("path=value" each) and what it came to in sample.

    captured, right and won: (part, whole) of the legs, of all alerts, of those that ended at a level;
    net_r and taken: per session, the result after costs and the number of the alerts entered.
    """

    overrides: Overrides
    captured: tuple[int, int]
    right: tuple[int, int]
    won: tuple[int, int]
    net_r: tuple[float, ...]
    taken: tuple[int, ...]

    @property
    def merits(self) -> tuple[float, float, float]:
        """Capture, precision and win rate, the more the better; -inf where there was nothing to judge."""
        capture, precision, wins = (
            part / whole if whole else -inf for part, whole in (self.captured, self.right, self.won)
        )
        return capture, precision, wins

    @property
    def expectancy(self) -> float:
        """The mean R after costs; -inf without an alert that could be entered."""
        return sum(self.net_r) / sum(self.taken) if any(self.taken) else -inf

    def shortfall(self, gates: Gates) -> float:
        """Return how far the point is from the gates: the sum of what is missing to each."""
        wanted = (gates.capture, 1 - gates.false_positives, gates.win_rate)
        return sum(max(0.0, gate - merit) for gate, merit in zip(wanted, self.merits, strict=True))


@dataclass(frozen=True)
class Sweep:
    """What every point is judged on: in-sample candles only, so that no worker ever holds the others."""

    histories: tuple[Candles, ...]
    symbol: str
    config_dir: Path
    rules: Rules

    @cached_property
    def many(self) -> Many:
        """The histories, with what all points share."""
        instrument = reader.load(self.config_dir).instrument_for(self.symbol).of_feed(self.symbol)
        return Many(self.histories, instrument, self.rules.truth, self.rules.cost_points)

    @cached_property
    def _read(self) -> Callable[[Overrides], DetectorSettings]:
        return cache(self._settings)

    def _settings(self, overrides: Overrides) -> DetectorSettings:
        config = reader.load(self.config_dir, overrides)
        return config.detectors_for(config.instrument_for(self.symbol).name)

    def settings(self, overrides: Overrides) -> DetectorSettings:
        """Return what the configuration is with these choices; raises ConfigError for one it refuses.

        To read it takes longer than to judge a point, so each choice is read alone, once, and put together.
        """
        try:
            made = together(self._read(()), [self._read((one,)) for one in overrides])
        except (ConfigError, ValueError):  # one of them needs another, or both together are refused
            made = None
        return self._settings(overrides) if made is None else made

    def judge(self, overrides: Overrides) -> Point:
        """Return a point's counts; raises ConfigError for a choice that the configuration refuses."""
        counts = self.many.in_place(self.settings(overrides))
        return Point(
            overrides,
            counts.captured,
            counts.right,
            counts.won,
            tuple(counts.net_r.tolist()),
            tuple(counts.taken.astype(int).tolist()),
        )


def together(base: Settings, others: Sequence[Settings]) -> Settings | None:
    """Return the settings with all that some others changed; None where two changed one thing differently.

    Raises ValueError where they do not go together.
    """
    changed = {}
    for one in fields(base):
        before = getattr(base, one.name)
        values = [value for other in others if (value := getattr(other, one.name)) != before]
        if not values:
            continue
        made = values[0] if all(value == values[0] for value in values) else None
        if made is None and is_dataclass(before):
            made = together(before, values)
        if made is None:
            return None
        changed[one.name] = made
    return replace(base, **changed)


def grid(specs: Sequence[str]) -> list[Overrides]:
    """Return every choice of "path=a,b,c" specifications; raises GridError."""
    axes = []
    for spec in specs:
        path, _, values = spec.partition("=")
        chosen = [value.strip() for value in values.split(",") if value.strip()]
        if not path.strip() or not chosen:
            raise GridError(f"{spec}: write path=value,value, e.g. detectors.level_break.lookback=10,20,40")
        _refuse_what_is_no_detector(path.strip())
        axes.append([f"{path.strip()}={value}" for value in dict.fromkeys(chosen)])
    points = list(product(*axes))
    if len(points) > MOST_POINTS:
        raise GridError(f"{len(points)} points are more than {MOST_POINTS}; leave values out")
    return points


def _refuse_what_is_no_detector(path: str) -> None:
    """Raise GridError for what decides how alerts are judged, not which: a nearer target wins more often."""
    names = path.split(".")
    if "detectors" not in names:
        raise GridError(f"{path}: only detectors are swept, e.g. detectors.level_break.lookback=10,20,40")
    if "levels" in names:
        raise GridError(f"{path}: stops and targets are not swept; they trade the win rate against its worth")


def sweep(
    work: Sweep, points: Sequence[Overrides], progress: Callable[[], None] = lambda: None
) -> list[Point]:
    """Judge the points in their order, in parallel where that is quicker.

    Raises ConfigError for a point that is refused.
    """
    found: list[Point] = []
    begun = time.monotonic()
    while len(found) < len(points) and not _long(time.monotonic() - begun, len(found), len(points)):
        found.append(work.judge(points[len(found)]))
        progress()
    left = points[len(found) :]
    return found + (_in_parallel(replace(work), left, progress) if left else [])


def _long(passed: float, done: int, every: int) -> bool:
    """Tell whether what is left takes longer than workers take to start."""
    return passed > WORKERS_S and (passed / max(1, done)) * (every - done) > WORKERS_S


def _in_parallel(work: Sweep, points: Sequence[Overrides], progress: Callable[[], None]) -> list[Point]:
    workers = min(os.cpu_count() or 1, len(points))
    with ProcessPoolExecutor(workers, get_context("spawn"), _begin, (work,)) as pool:
        waiting = [pool.submit(_judge, point) for point in points]
        try:
            for done in as_completed(waiting):
                done.result()
                progress()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        return [done.result() for done in waiting]


def pareto(points: Sequence[Point]) -> list[Point]:
    """Return the points that no other equals or beats in all three merits, by falling capture."""
    best: list[Point] = []
    for point in sorted(points, key=lambda one: one.merits, reverse=True):
        if not any(all(map(float.__ge__, other.merits, point.merits)) for other in best):
            best.append(point)
    return best


def corrected(points: Sequence[Point], chosen: Point) -> float:
    """Return how likely so good an expectancy is by luck, as the best of all these trials.

    White's reality check (Econometrica 68, 2000): sessions are drawn with replacement, the same for all
    points, and the p-value is the share of draws in which some point's mean R exceeds its own by at least
    what the chosen one's exceeds nothing (H. White's statistic, one step for every point).
    """
    judged = [point for point in points if any(point.taken)]
    if chosen not in judged:
        return 1.0
    weights = draws(len(chosen.taken))
    sums, cases = (
        weights @ np.array([getattr(one, name) for one in judged], dtype=np.float64).T
        for name in ("net_r", "taken")
    )
    means = np.divide(sums, cases, out=np.zeros_like(sums), where=cases > 0)
    excess = (means - np.array([one.expectancy for one in judged])).max(axis=1)
    return float((1 + np.count_nonzero(excess >= chosen.expectancy)) / (1 + len(excess)))


_work: list[Sweep] = []


def _begin(work: Sweep) -> None:
    _work.append(work)


def _judge(point: Overrides) -> Point:
    return _work[0].judge(point)
