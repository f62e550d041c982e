"""Odds by half hour: against loops, from the sessions before alone, and told only where they are worth it."""

from __future__ import annotations

from statistics import fmean

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregao.domain.calibration.odds import FEWEST, HALF_HOURS, SESSIONS, odds

quick = settings(max_examples=15, deadline=None, derandomize=True)


def history(seed, sessions=90, hours=6, told=0.5):
    """Sessions of four candles per half hour, some of them missing; later half hours reach less often."""
    dice = np.random.default_rng(seed)
    session, half_hour = (one.ravel() for one in np.mgrid[0:sessions, 18 : 18 + hours])
    session, half_hour = np.repeat(session, 4), np.repeat(half_hour, 4)
    kept = dice.random(len(session)) > 0.1
    session, half_hour = session[kept], half_hour[kept]
    share = 0.45 - told * (half_hour - 18) / hours * 0.5
    return session, half_hour, dice.binomial(2, share), np.full(len(session), 2)


def naive(session, half_hour, hits, cases, at):
    """The formulas by loops: p and baseline of each half hour before session `at`."""
    past = [row for row in range(len(session)) if max(0, at - SESSIONS) <= session[row] < at]
    groups = {}
    for row in past:
        day = groups.setdefault(int(half_hour[row]), {}).setdefault(int(session[row]), [0, 0])
        day[0] += int(hits[row])
        day[1] += int(cases[row])
    groups = {key: days for key, days in groups.items() if len(days) >= FEWEST}
    if not groups:
        return {}, None
    share, variance, totals = {}, {}, [0, 0]
    for key, days in groups.items():
        reached, tried = sum(day[0] for day in days.values()), sum(day[1] for day in days.values())
        totals = [totals[0] + reached, totals[1] + tried]
        share[key] = reached / tried
        squares = sum((day[0] - share[key] * day[1]) ** 2 for day in days.values())
        variance[key] = squares / tried**2 * len(days) / (len(days) - 1)
    mean = totals[0] / totals[1]
    between = max(0.0, fmean((one - mean) ** 2 for one in share.values()) - fmean(variance.values()))
    weight = {key: between / (between + one) if between else 0.0 for key, one in variance.items()}
    return {key: mean + weight[key] * (share[key] - mean) for key in share}, mean


@given(st.integers(0, 10_000))
@quick
def test_equal_to_loops(seed):
    columns = history(seed)
    found = odds(*columns)
    for at in (0, FEWEST - 1, FEWEST, 50, 90):
        p, mean = naive(*columns, at)
        assert set(np.flatnonzero(np.isfinite(found.p[at])).tolist()) == set(p)
        assert {key: found.p[at, key] for key in p} == pytest.approx(p)
        assert np.isnan(found.baseline[at]) if mean is None else found.baseline[at] == pytest.approx(mean)


@given(st.integers(0, 10_000), st.integers(0, 89))
@quick
def test_what_comes_later_changes_nothing(seed, at):
    session, half_hour, hits, cases = history(seed)
    whole, cut = odds(session, half_hour, hits, cases), session < at
    before = odds(session[cut], half_hour[cut], hits[cut], cases[cut])
    until = before.p.shape[0]
    for name in ("p", "low", "high", "baseline", "reliable", "cases"):
        np.testing.assert_array_equal(getattr(whole, name)[:until], getattr(before, name))


def test_what_differs_by_the_hour_is_told_and_reliable():
    found = odds(*history(1, told=0.8))
    assert found.reliable[-1]
    assert found.p[-1, 18] > found.baseline[-1] > found.p[-1, 23]
    assert (found.low[-1, 18:24] <= found.p[-1, 18:24]).all()
    assert (found.p[-1, 18:24] <= found.high[-1, 18:24]).all()
    assert found.cases[-1].sum() == 2 * sum(history(1)[0] >= 30)


def test_where_the_hours_are_alike_nothing_is_promised():
    """Drawn to the mean of the day, and in most histories not called better than it."""
    found = [odds(*history(seed, told=0.0)) for seed in range(40)]
    spread = [float(np.ptp(one.p[-1, 18:24])) for one in found]
    assert fmean(spread) < 0.03
    assert sum(bool(one.reliable[-1]) for one in found) < 16


def test_a_half_hour_that_few_sessions_have_is_unknown():
    session, half_hour, hits, cases = history(3)
    rare = (half_hour == 20) & (session % 10 != 0)
    found = odds(session[~rare], half_hour[~rare], hits[~rare], cases[~rare])
    assert np.isnan(found.p[-1, 20])
    assert np.isfinite(found.p[-1, 19])
    assert found.p.shape == (91, HALF_HOURS)
