"""Random outages of terminal, cloud and power: every closed candle once in effect, in order, none early."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.outcome import Transient
from tests.unit.local.bridge_desk import AWAY, FORBIDDEN, NO, START, STEP, WDO, WIN, Desk

WELL = None
CLOUDS = st.sampled_from([WELL, WELL, WELL, AWAY, "lost", FORBIDDEN, NO, Transient("HTTP 429", 3, 30.0)])
FAULTS = st.sampled_from([None, None, None, *(c for c in Condition if c is not Condition.LIVE)])
SPELLS = st.lists(
    st.tuples(
        st.floats(0.5, 5_000),  # how long
        CLOUDS,
        FAULTS,
        st.one_of(st.none(), st.none(), st.integers(0, 6)),  # the power fails at so many writes to the disk
        st.booleans(),  # it fails before the write, or after
    ),
    min_size=1,
    max_size=12,
)


class PowerCut(BaseException):
    """The process is gone."""


@contextmanager
def power(writes, *, before):
    """Let the power fail at a write to the disk; None: it does not."""
    left = [writes]

    def fsync(_file):
        if left[0] is not None:
            left[0] -= 1
            if left[0] < 0:
                raise PowerCut

    def after(self, target, real=Path.replace):
        done = real(self, target)
        if left[0] == 0 and not before:
            left[0] = None
            raise PowerCut
        return done

    with patch.object(os, "fsync", fsync), patch.object(Path, "replace", after):
        yield


def live_through(desk, seconds, writes, *, before):
    """Run a spell; whatever the power does, the bridge begins anew."""
    end = desk.time.now + seconds
    try:
        with power(writes, before=before):
            desk.run(seconds)
    except PowerCut:
        desk.time.now = max(desk.time.now, min(end, desk.time.now + 1))
        desk.begin()


def check(desk):
    for feed in desk.feeds:
        name = feed.status.name.symbol
        times = desk.cloud.times(name)
        first_seen = list(dict.fromkeys(times))
        assert first_seen == sorted(first_seen)
        assert all(later - earlier == STEP for earlier, later in pairwise(first_seen))
        place = feed.status.accepted
        assert place is None or place <= max(times)
        assert place == feed._directory.cursor.read()


@pytest.mark.long
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(SPELLS)
def test_every_closed_candle_once_in_effect(spells):
    with tempfile.TemporaryDirectory() as directory:
        desk = Desk(Path(directory), (WIN, WDO))
        for seconds, cloud, condition, writes, before in spells:
            desk.cloud.answer = cloud
            desk.market.fault = None if condition is None else MarketFault(condition, "scripted")
            live_through(desk, seconds, writes, before=before)
            check(desk)
        desk.cloud.answer = desk.market.fault = None
        desk.run(3 * STEP)
        check(desk)
        for name in (WIN, WDO):
            times = desk.cloud.times(name.symbol)
            assert list(dict.fromkeys(times)) == desk.closed(times[0])
            assert times[0] <= int(desk.time.now) - STEP
        for _, new, historical, now, _ in desk.cloud.heard:
            closes = [at + STEP for at in new]
            assert max(closes) <= now + 1
            assert all((close <= now - 2 * STEP) == historical for close in closes)


@pytest.mark.parametrize("writes", range(6))
def test_the_power_fails_at_each_write_in_turn(tmp_path, writes):
    """Between the cloud's yes and the cursor, in the middle of the spool's line: nothing lost."""
    desk = Desk(tmp_path)
    desk.run(1)
    for answer in (AWAY, None):
        desk.cloud.answer = answer
        for before in (True, False):
            live_through(desk, 3 * STEP, writes, before=before)
            check(desk)
    desk.run(3 * STEP)
    assert list(dict.fromkeys(desk.cloud.times())) == desk.closed(START - STEP)
