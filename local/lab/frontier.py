"""Parameters swept over in-sample candles: every point's score, and which points no other beats."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import product
from math import inf
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import GridError
from pregao.config import reader
from pregao.domain.backtest.run import backtest
from pregao.domain.backtest.score import NOTHING, Score

if TYPE_CHECKING:
    from pregao.domain.backtest.rules import Gates, Truth
    from pregao.domain.market.candles import Candles

MOST_POINTS = 20_000
Overrides = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One choice of parameters ("path=value" each) and its in-sample score."""

    overrides: Overrides
    score: Score

    @property
    def merits(self) -> tuple[float, float, float]:
        """Capture, precision and win rate, the more the better; -inf where there was nothing to judge."""
        capture, false, wins = (
            -inf if share.value is None else share.value
            for share in (self.score.capture, self.score.false_positives, self.score.wins)
        )
        return capture, -inf if false == -inf else 1 - false, wins

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
    truth: Truth

    def judge(self, overrides: Overrides) -> Point:
        """Return a point's score; raises ConfigError for a choice that the configuration refuses."""
        config = reader.load(self.config_dir, overrides)
        instrument = config.instrument_for(self.symbol)
        settings = config.detectors_for(instrument.name)
        scores = (backtest(one, instrument, settings, self.truth).score() for one in self.histories)
        return Point(overrides, sum(scores, NOTHING))


def grid(specs: Sequence[str]) -> list[Overrides]:
    """Return every choice of "path=a,b,c" specifications; raises GridError."""
    axes = []
    for spec in specs:
        path, _, values = spec.partition("=")
        chosen = [value.strip() for value in values.split(",") if value.strip()]
        if not path.strip() or not chosen:
            raise GridError(f"{spec}: write path=value,value, e.g. detectors.level_break.lookback=10,20,40")
        axes.append([f"{path.strip()}={value}" for value in dict.fromkeys(chosen)])
    points = list(product(*axes))
    if len(points) > MOST_POINTS:
        raise GridError(f"{len(points)} points are more than {MOST_POINTS}; leave values out")
    return points


def sweep(
    work: Sweep, points: Sequence[Overrides], progress: Callable[[], None] = lambda: None
) -> list[Point]:
    """Judge the points in parallel, in their order; raises ConfigError for the first that is refused."""
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


_work: list[Sweep] = []


def _begin(work: Sweep) -> None:
    _work.append(work)


def _judge(point: Overrides) -> Point:
    return _work[0].judge(point)
