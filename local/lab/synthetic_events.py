"""A session of 113 candles drawn so that each pattern occurs once long and once short, at known candles.

Moves of the close are in units of a typical true range. They leave the shipped detectors' thresholds wide
margins: a jump of 1.5 out of a range of 0.25 that stands beyond the 60 candles before it, an engulfing body
of 2.2 after a move of 2.5, a divergence whose second leg is about half as steep as its first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.signal import Direction, Pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pregao.domain.market.candles import Floats

OPENING, RUN, RETURN = 5, 4, 6
"""Ordinary candles first; a run beyond what the last 60 reached; the way back beyond the other side."""
QUIET, LEG, REBOUND, SECOND_LEG, AFTER, ADVERSE = 20, 5, 6, 8, 2, 5
HALF = QUIET + 2 + LEG + REBOUND + SECOND_LEG + AFTER + ADVERSE + 1
MOVES = RUN + HALF + RETURN + HALF
"""Candles that `moves` draws."""
BEYOND = 1.2
"""How far a run ends beyond the candles before it."""


@dataclass(frozen=True, slots=True)
class Planted:
    """The index of a planted candle in its session, and what fires there."""

    index: int
    pattern: Pattern
    direction: Direction


def moves(rng: np.random.Generator, sign: int, beyond: float, noise: float = 0.0) -> Floats:
    """Return the moves of MOVES closes; sign +1 begins with the rising half, -1 with the falling one.

    `beyond` is how far the last 60 candles reached in the direction of `sign` from where the moves begin.
    Every close is displaced by a normal deviate of `noise` typical true ranges.
    """
    run = _steps(rng, RUN, 1.0)
    run *= max(beyond + BEYOND, 1.0) / run.sum()
    first, second = _half(rng), _half(rng)
    back = _steps(rng, RETURN, 1.0)
    back *= (first.sum() + BEYOND) / back.sum()
    drawn: Floats = sign * np.concatenate([run, first, -back, -second])
    if not noise:
        return drawn
    displaced: Floats = drawn + np.diff(noise * rng.standard_normal(MOVES), prepend=0.0)
    return displaced


def truth(sign: int) -> tuple[Planted, ...]:
    """Return what `moves` with the same sign planted, in order of time."""
    first = OPENING + RUN
    return (*_events(first, sign), *_events(first + HALF + RETURN, -sign))


def _half(rng: np.random.Generator) -> Floats:
    """Draw a range, a break upwards, a bearish divergence of three legs, and a fall engulfed at its end."""
    first = _steps(rng, LEG, 1.4)
    back = _steps(rng, REBOUND, 0.8)
    second = _steps(rng, SECOND_LEG, 0.65)
    second *= (back.sum() + 0.4) / second.sum()  # the second peak stands above the first
    jump = _steps(rng, 1, 1.5), _steps(rng, 1, 0.4)
    engulfed = -_steps(rng, ADVERSE, 0.5), _steps(rng, 1, 2.2)
    return np.concatenate(
        [_quiet(rng), *jump, first, -back, second, -_steps(rng, AFTER, 0.6), *engulfed],
    )


def _events(start: int, sign: int) -> Iterator[Planted]:
    along = Direction.LONG if sign > 0 else Direction.SHORT
    against = Direction.SHORT if sign > 0 else Direction.LONG
    jump = start + QUIET
    yield Planted(jump, Pattern.LEVEL_BREAK, along)
    yield Planted(jump + 1, Pattern.VOLATILITY_EXTREME, along)
    confirmed = jump + 1 + LEG + REBOUND + SECOND_LEG + AFTER
    yield Planted(confirmed, Pattern.RSI_DIVERGENCE, against)
    yield Planted(confirmed + ADVERSE + 1, Pattern.ENGULFING, along)


def _quiet(rng: np.random.Generator) -> Floats:
    """Draw closes that alternate about one level, never far."""
    sides = np.resize([1.0, -1.0], QUIET)
    return np.diff(sides * rng.uniform(0.1, 0.25, QUIET), prepend=0.0)


def _steps(rng: np.random.Generator, count: int, size: float) -> Floats:
    return size * rng.uniform(0.9, 1.1, count)
