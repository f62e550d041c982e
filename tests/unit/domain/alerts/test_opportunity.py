"""Candles that follow each other with signals are one opportunity, whichever window holds them."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pregao.domain.alerts.opportunity import LOOK_BACK, beginnings, opportunity_id


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
