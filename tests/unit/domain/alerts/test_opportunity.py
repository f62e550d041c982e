"""Candles that follow each other with signals are one opportunity, whichever window holds them."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pregao.domain.alerts.alert import alert_id
from pregao.domain.alerts.opportunity import (
    LOOK_BACK,
    beginnings,
    look_back,
    opportunities,
    opportunity_id,
)
from pregao.domain.alerts.signal import Direction
from pregao.domain.calibration.live import scan_live
from tests.unit.domain.detectors.market import M5, SETTINGS, WIN, thinned, walk


def by_walking_back(rows, first, row):
    """The definition in words: as long as the candle before has a signal, in the session, 12 at most."""
    begun = row
    while begun - 1 in rows and begun - 1 >= first and row - begun < LOOK_BACK:
        begun -= 1
    return begun


@given(st.sets(st.integers(0, 80)), st.integers(5, 40))
@example(set(range(30)), 40)
@settings(max_examples=200, derandomize=True)
def test_as_by_walking_back(rows, session):
    found = beginnings(sorted(rows), lambda row: row - row % session)
    assert found == {row: by_walking_back(rows, row - row % session, row) for row in rows}


@given(st.sets(st.integers(0, 80)), st.integers(5, 40), st.integers(0, 60))
@settings(max_examples=200, derandomize=True)
def test_a_window_with_twelve_candles_before_says_the_same(rows, session, cut):
    whole = beginnings(sorted(rows), lambda row: row - row % session)
    window = beginnings(sorted(row for row in rows if row >= cut), lambda row: max(cut, row - row % session))
    assert {row: at for row, at in window.items() if row >= cut + LOOK_BACK} == {
        row: at for row, at in whole.items() if row >= cut + LOOK_BACK
    }


def test_the_id_names_contract_timeframe_and_candle():
    ids = {
        opportunity_id(*one)
        for one in [("A", "M5", 300), ("B", "M5", 300), ("A", "M1", 300), ("A", "M5", 600)]
    }
    assert len(ids) == 4
    assert all(len(one) == 64 for one in ids)


def told(window, since, contract="WINZ26"):
    """What a post says of its candles from `since` on: opportunities by alert id, and the signals."""
    first, times = look_back(since, SETTINGS.warmup), window.time.tolist()
    signals = scan_live(window, WIN, SETTINGS, first, M5, lambda _day: None)
    found = opportunities(signals, times, WIN.local_date, contract, "M5")
    return {
        alert_id(contract, "M5", one.pattern, one.direction, one.time): (one, found_of(found, one, contract))
        for one in signals
        if one.time >= times[since]
    }


def found_of(found, signal, contract):
    return found[alert_id(contract, "M5", signal.pattern, signal.direction, signal.time)]


@given(seed=st.integers(0, 10**6), holes=st.sampled_from([0.0, 0.03]), session=st.integers(8, 120))
@settings(max_examples=8, deadline=None, derandomize=True)
def test_live_is_batch(seed, holes, session):
    """The last candles of a window of warm-up and look-back belong together as in the whole history."""
    market = thinned(walk(seed, 420, session=session), seed, holes)
    whole, size = told(market, SETTINGS.warmup - 1), SETTINGS.warmup + LOOK_BACK
    signals = {one.time for one, _ in whole.values()}
    for row in range(size, len(market)):
        if int(market.time[row]) in signals:
            window = market[row - size : row + 1]
            live = told(window, len(window) - 1)
            assert live == {name: one for name, one in whole.items() if one[0].time == market.time[row]}


def test_each_side_is_a_conflict_of_the_other_and_the_rest_agrees():
    """By loops over a market; an alert knows those of its own candle and of earlier ones."""
    whole = told(walk(3, 900, wild=9.0), SETTINGS.warmup - 1)
    conflicts = 0
    for name, (signal, own) in whole.items():
        members = {
            other: one
            for other, (one, its) in whole.items()
            if other != name and its.id == own.id and one.time <= signal.time
        }
        assert members.keys() <= {*own.agrees, *own.conflicts}
        for other in own.conflicts:
            assert {whole[other][0].direction, signal.direction} == {Direction.LONG, Direction.SHORT}
        for other in own.agrees:
            assert whole[other][0].direction in {signal.direction, Direction.NONE}
        conflicts += bool(own.conflicts)
    assert conflicts > 3
    assert sum(bool(one.agrees) for _, one in whole.values()) > 3


def test_a_shorter_window_is_judged_as_far_back_as_its_warm_up_allows():
    assert [look_back(since, 250) for since in (249, 255, 261, 262, 300)] == [249, 249, 249, 250, 288]
