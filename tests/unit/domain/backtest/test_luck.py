"""Chance, counted out."""

from __future__ import annotations

import numpy as np
import pytest

from pregao.domain.backtest.luck import luck


def by_loops(alerts, there):
    count = len(alerts[1])
    moved = [
        sum(
            int(alerts[side][at]) * bool(there[side][(at + by) % count])
            for side in alerts
            for at in range(count)
        )
        for by in range(count)
    ]
    return sum(hits >= moved[0] for hits in moved) / count


@pytest.mark.parametrize("seed", range(8))
def test_it_counts_every_move(seed):
    dice = np.random.default_rng(seed)
    count = int(dice.integers(1, 90))
    alerts = {side: dice.integers(0, 3, count) * (dice.random(count) < 0.3) for side in (1, -1)}
    alerts[1][0] = 1
    there = {side: dice.random(count) < 0.4 for side in (1, -1)}
    assert luck(alerts, there) == pytest.approx(by_loops(alerts, there))


def test_alerts_that_always_hit_are_hardly_luck():
    dice = np.random.default_rng(1)
    there = {side: dice.random(2000) < 0.2 for side in (1, -1)}
    alerts = {side: (flags & (dice.random(2000) < 0.3)).astype(np.int64) for side, flags in there.items()}
    assert luck(alerts, there) == 1 / 2000


def test_random_alerts_are_luck_as_often_as_chance_says():
    """Under chance the value is spread evenly: below 10 % about once in ten."""
    dice = np.random.default_rng(2)
    found = []
    for _ in range(400):
        there = {side: dice.random(300) < 0.3 for side in (1, -1)}
        found.append(luck({side: (dice.random(300) < 0.2).astype(np.int64) for side in (1, -1)}, there))
    assert 0.06 < np.mean(np.array(found) <= 0.1) < 0.14


def test_without_alerts_there_is_nothing_to_ask():
    nothing = {side: np.zeros(5, dtype=np.int64) for side in (1, -1)}
    assert luck(nothing, {side: np.ones(5, dtype=bool) for side in (1, -1)}) is None
    empty = {side: np.zeros(0, dtype=np.int64) for side in (1, -1)}
    assert luck(empty, {side: np.zeros(0, dtype=bool) for side in (1, -1)}) is None
