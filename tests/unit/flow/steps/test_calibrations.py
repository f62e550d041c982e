"""Which calibration a session is judged with: the newest before it, never a wrong one, and no alert waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pregao.flow.steps.sessions.calibrations import AGAIN_S, KEPT, Calibrations
from pregao.wire.calibration_v1 import Grid
from tests.contract.test_calibration_book import KNOWN
from tests.fakes import NOW, Clock, FakeCalibrationBook, Store
from tests.judged import LOADED

WIN = LOADED.instrument_for("WIN")
FRIDAY = date(2026, 11, 27)


class World:
    """A process that reads calibrations, and how often it asked."""

    def __init__(self):
        self.book, self.failed, self.asked = FakeCalibrationBook(Store()), [], 0
        self.clock = Clock()
        self.known = Calibrations(self, self.failed.append, self.clock).of(WIN, "M5")

    def newest(self, *asked):
        self.asked += 1
        return self.book.newest(*asked)

    def keep(self, *days, grid=None):
        for day in days:
            self.book.keep(grid or Grid.of(WIN, "M5"), replace(KNOWN, session=date(2026, 11, day)), NOW)


@pytest.fixture
def world():
    return World()


def test_that_of_the_newest_session_before_never_the_days_own_or_a_later_one(world):
    world.keep(24, 26, 27, 30)
    assert world.known(FRIDAY).session == date(2026, 11, 26)


@pytest.mark.parametrize(("kept", "counts"), [(20, True), (19, False)])
def test_five_sessions_old_at_most(world, kept, counts):
    """Before Friday 27 are 26, 25, 24, 23 and, over a weekend (20 November is a holiday), 19."""
    days = WIN.sessions.days
    fifth = FRIDAY
    for _ in range(5):
        fifth = days.on_or_before(date.fromordinal(fifth.toordinal() - 1))
    world.keep(fifth.day if counts else fifth.day - 1)
    assert (world.known(FRIDAY) is not None) == counts


def test_it_is_asked_once_a_session_also_where_there_is_none(world):
    for _ in range(3):
        assert world.known(FRIDAY) is None
    assert world.asked == 1
    assert world.failed == []


def test_one_that_comes_late_is_taken_within_the_session(world):
    """None at first, then one of two sessions before, then yesterday's: after that nothing newer can come."""
    assert world.known(FRIDAY) is None
    for day in (25, 26):
        world.keep(day)
        world.clock.now += AGAIN_S - 1
        world.known(FRIDAY)
        world.clock.now += 1
        assert world.known(FRIDAY).session == date(2026, 11, day)
    asked = world.asked
    world.clock.now += 10 * AGAIN_S
    world.known(FRIDAY)
    assert (asked, world.asked) == (3, 3)


def test_one_that_is_wrong_counts_for_nothing_and_is_told(world):
    world.keep(26, grid=replace(Grid.of(WIN, "M5"), tick_size=1.0))
    assert [world.known(FRIDAY), world.known(FRIDAY)] == [None, None]
    assert (world.asked, len(world.failed)) == (1, 1)


@pytest.mark.parametrize("day", [date(2026, 11, 27), date(2026, 11, 30), date(2026, 10, 1)])
def test_one_of_another_day_than_it_was_asked_for_counts_for_nothing(world, day):
    """A store that answers with the day's own, or with that of tomorrow."""
    world.book.newest = lambda *_asked: replace(KNOWN, session=day)
    assert world.known(FRIDAY) is None
    assert "got that of" in str(world.failed[0])


def test_a_store_that_does_not_answer_is_asked_again_by_the_next_post(world):
    world.keep(26)
    honest, world.book.newest = world.book.newest, _away
    assert world.known(FRIDAY) is None
    world.book.newest = honest
    assert world.known(FRIDAY).session == date(2026, 11, 26)
    assert len(world.failed) == 1


def _away(*_asked):
    raise TimeoutError("no answer")


def test_a_long_replay_fills_no_memory(world):
    start = date(2020, 1, 1).toordinal()
    calibrations = Calibrations(world, world.failed.append, world.clock)
    known = calibrations.of(WIN, "M5")
    for day in range(2 * KEPT):
        known(date.fromordinal(start + day))
    assert len(calibrations._read) == KEPT


def test_a_thousand_feeds_are_read_once_each_session():
    """Every process of a large desk sees all feeds in turn; after the open a window lies in two sessions."""
    world = World()
    calibrations = Calibrations(world, world.failed.append, world.clock)
    feeds = [calibrations.of(replace(WIN, name=f"S{at:03}"), "M5") for at in range(1000)]
    for _ in range(3):
        for known in feeds:
            known(FRIDAY)
            known(FRIDAY - timedelta(days=1))
    assert world.asked == 2 * len(feeds)
