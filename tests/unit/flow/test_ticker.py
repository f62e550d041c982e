"""Candles for the charts and the screens: what fails for one series is not the others' affair."""

from __future__ import annotations

import json

import pytest

from pregao.domain.delivery.operators import Interest
from pregao.flow.ports.desk import Series
from pregao.flow.ports.refusals import OutOfTime
from pregao.flow.steps.in_time import TimeLeft
from pregao.flow.ticker import AT_ONCE, Ticker, tick
from tests.fakes import CANDLE, PLENTY, AtOnce, Clock, FakeScreens, an_alert

WIN, WDO = Series("WIN", "WINZ26", "M5"), Series("WDO", "WDOZ26", "M5")


class Book:
    """Keeps candles; a series in `broken` cannot be kept."""

    def __init__(self):
        self.kept, self.broken = [], set()

    def keep(self, series, candles, _now):
        if series in self.broken:
            raise ConnectionError
        self.kept.append((series, [one.time for one in candles]))


class Desk:
    def __init__(self):
        self.book, self.screens = Book(), FakeScreens()
        self.screens.watch("a1", "ana", Interest(("*",), candles=True))
        self.screens.watch("b1", "bruno", Interest(("WDO",), candles=True))

    def tick(self, *came, time=PLENTY):
        return tick(came, Ticker(self.book, self.screens, AtOnce(), Clock()), time)

    @property
    def told(self):
        return [(name, json.loads(frame)["instrument"]) for name, frame in self.screens.frames]


@pytest.fixture
def desk():
    return Desk()


def candles(count=1):
    return [an_alert(CANDLE + 300 * n).candle for n in range(count)]


def test_each_screen_hears_the_newest_of_what_it_wants(desk):
    assert desk.tick((WIN, candles(3)), (WDO, candles(2))) == 3
    assert desk.told == [("a1", "WIN"), ("a1", "WDO"), ("b1", "WDO")]
    assert {json.loads(frame)["candle"]["time"] for _, frame in desk.screens.frames} == {
        CANDLE + 300,
        CANDLE + 600,
    }


def test_a_series_that_cannot_be_kept_leaves_the_others(desk):
    desk.book.broken = {WIN}
    with pytest.raises(ExceptionGroup):
        desk.tick((WIN, candles()), (WDO, candles()))
    assert desk.book.kept == [(WDO, [CANDLE])]
    assert desk.told == [("a1", "WDO"), ("b1", "WDO")]


def test_a_backfill_is_kept_a_part_at_a_time_as_long_as_there_is_time(desk):
    with pytest.raises(ExceptionGroup) as told:
        desk.tick((WIN, candles(3 * AT_ONCE)), time=TimeLeft(lambda: 5.0))
    assert told.group_contains(OutOfTime)
    ((_, times),) = desk.book.kept
    assert len(times) == AT_ONCE
