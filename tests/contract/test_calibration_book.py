"""Calibrations by session: what detection is promised, by the fake and by DynamoDB."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from pregao.domain.alerts.signal import Pattern
from pregao.domain.calibration.expected_range import Model
from pregao.domain.calibration.live import Calibration
from pregao.domain.delivery.attention import Scored, SessionScores
from pregao.flow.ports.calibration import KeptScores
from pregao.wire.calibration_v1 import (
    Grid,
    dump_calibration,
    load_calibration,
    pack_calibration,
    unpack_calibration,
)
from tests.fakes import NOW

GRID = Grid("WIN", "M5", 5.0, "America/Sao_Paulo")
ENDS = np.full((24, 2), np.nan)
ENDS[10] = -0.7, 0.55
KNOWN = Calibration(
    date(2026, 11, 19),
    {36_000: 41_000.1, 36_300: 1 / 3},
    {36_000: 90_000.0},
    Model(np.array([0.1, 0.2, 0.3, -0.4, 0.5, 0.6, 0.7]), ENDS),
)
DAYS = date(2026, 11, 13), date(2026, 11, 19)


def same(one, other):
    return (
        (one.session, one.ranges, one.ahead) == (other.session, other.ranges, other.ahead)
        and np.array_equal(one.model.ends, other.model.ends, equal_nan=True)
        and np.array_equal(one.model.coefficients, other.model.coefficients)
    )


@pytest.fixture
def book(world):
    return world.calibrations


def test_it_comes_back_to_the_bit(book):
    assert book.newest(GRID, *DAYS) is None
    assert book.keep(GRID, KNOWN, NOW)
    assert same(book.newest(GRID, *DAYS), KNOWN)


def test_its_scores_are_read_without_it_those_of_all_feeds(world, book):
    """The newest of each feed; a calibration that is kept already keeps its scores too."""
    scored = SessionScores(date(2026, 11, 19), (Scored(0, Pattern.LEVEL_BREAK, 1.25, conflict=True),))
    one = replace(KNOWN, scores=(scored,))
    assert book.keep(GRID, one, NOW)
    assert book.keep(GRID, replace(KNOWN, session=date(2026, 11, 18)), NOW)
    assert not book.keep(GRID, KNOWN, NOW)
    assert book.keep(replace(GRID, instrument="WDO"), replace(one, session=date(2026, 11, 18)), NOW)
    assert sorted(world.scores.between(*DAYS), key=lambda kept: kept.instrument) == [
        KeptScores("WDO", "M5", [scored]),
        KeptScores("WIN", "M5", [scored]),
    ]
    assert world.scores.between(date(2026, 11, 1), date(2026, 11, 17)) == []


def test_the_newest_of_the_days_asked_for(book):
    for day in (12, 16, 18, 20):
        book.keep(GRID, replace(KNOWN, session=date(2026, 11, day)), NOW)
    assert book.newest(GRID, *DAYS).session == date(2026, 11, 18)
    assert book.newest(GRID, date(2026, 11, 13), date(2026, 11, 17)).session == date(2026, 11, 16)
    assert book.newest(GRID, date(2026, 11, 17), date(2026, 11, 17)) is None


def test_each_feed_has_its_own(book):
    book.keep(GRID, KNOWN, NOW)
    assert book.newest(replace(GRID, timeframe="M1"), *DAYS) is None
    assert book.newest(replace(GRID, instrument="WDO"), *DAYS) is None


def test_a_session_has_one_the_first_stands(book):
    assert book.keep(GRID, KNOWN, NOW)
    assert not book.keep(GRID, replace(KNOWN, ranges={}), NOW + 5)
    assert same(book.newest(GRID, *DAYS), KNOWN)


@pytest.mark.parametrize("other", [{"tick_size": 0.5}, {"timezone": "UTC"}])
def test_on_another_grid_it_is_refused(book, other):
    book.keep(GRID, KNOWN, NOW)
    with pytest.raises(ValueError, match="was made on"):
        book.newest(replace(GRID, **other), *DAYS)


class TestText:
    """What is no calibration is refused, whatever it is."""

    PLAIN = json.loads(dump_calibration(KNOWN, GRID))

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 2},
            {"session": "yesterday"},
            {"ranges": {"36000": -1.0}},
            {"ranges": {"86400": 1.0}},
            {"ranges": {"36000": "NaN"}},
            {"ahead": None},
            {"coefficients": [1.0]},
            {"ends": {"24": [0, 1]}},
            {"ends": {"10": [1, 0]}},
        ],
    )
    def test_a_spoilt_one(self, change):
        load_calibration(json.dumps(self.PLAIN), GRID)
        with pytest.raises(ValidationError):
            load_calibration(json.dumps(self.PLAIN | change), GRID)

    @pytest.mark.parametrize("text", ["", "x", "AAAA", pack_calibration(KNOWN, GRID)[:-8]])
    def test_a_torn_one(self, text):
        with pytest.raises(ValueError, match=r"not a packed calibration|Invalid JSON"):
            unpack_calibration(text, GRID)

    def test_what_decided_of_one_alert_is_small_and_decides_the_same(self):
        taken = KNOWN.taken([35_700, 36_000])
        assert (dict(taken.ranges), dict(taken.ahead)) == ({36_000: 41_000.1}, {36_000: 90_000.0})
        assert same(load_calibration(dump_calibration(taken, GRID), GRID), taken)
