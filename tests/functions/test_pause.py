"""The wait between two tries at a contended chain: jittered, growing, bounded."""

from __future__ import annotations

import pytest

from pregao.bootstrap import common
from pregao.flow.steps.audit.append import TRIES


@pytest.fixture
def waits(monkeypatch):
    slept = []
    monkeypatch.setattr(common.time, "sleep", slept.append)
    return slept


def test_two_that_lost_the_same_race_do_not_meet_again(waits):
    for _ in range(50):
        common.pause(3)
    assert len(set(waits)) > 40
    assert 0 <= min(waits) < 0.04
    assert 0.12 < max(waits) <= 0.16


def test_all_tries_together_fit_a_function_s_time(waits, monkeypatch):
    """At worst; detect may run for 15 s."""
    monkeypatch.setattr(common.random, "uniform", lambda _low, high: high)
    for attempt in range(1, TRIES):
        common.pause(attempt)
    assert waits == sorted(waits)
    assert waits[0] == 0.04
    assert max(waits) == 0.5
    assert sum(waits) < 5
