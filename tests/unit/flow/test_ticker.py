"""Candles for the charts and the screens: what fails for one series is not the others' affair."""

from __future__ import annotations

import json
from math import ceil

import pytest

from pregao.domain.delivery.operators import Interest
from pregao.flow.ports.desk import Series
from pregao.flow.ports.refusals import OutOfTime
from pregao.flow.steps.in_time import TimeLeft
from pregao.flow.ticker import AT_ONCE, SIDE_BY_SIDE, Ticker, tick
from pregao.wire.ticks_v1 import FRAME_BYTES
from tests.fakes import CANDLE, PLENTY, AtOnce, Clock, FakeScreens, an_alert

SCREENS = ("a1", "b1", "c1", "c2")
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
        desk.tick((WIN, candles((SIDE_BY_SIDE + 2) * AT_ONCE)), time=TimeLeft(lambda: 5.0))
    assert told.group_contains(OutOfTime)
    assert [len(times) for _, times in desk.book.kept] == [AT_ONCE] * SIDE_BY_SIDE


def test_a_screen_that_takes_them_together_gets_one_frame(desk):
    """And the others theirs, each candle by itself."""
    desk.screens.watch("c1", "carla", Interest(("WIN", "WDO"), candles=True, together=True))
    desk.screens.watch("c2", "carla", Interest(("WDO",), candles=True, together=True))
    assert desk.tick((WIN, candles(2)), (WDO, candles())) == 5
    told = {name: [json.loads(raw) for one, raw in desk.screens.frames if one == name] for name in SCREENS}
    assert [one["action"] for one in told["a1"]] == ["candle", "candle"]
    (several,), (alone,) = told["c1"], told["c2"]
    assert several["action"] == "candles"
    assert several["candles"] == [{k: v for k, v in one.items() if k != "action"} for one in told["a1"]]
    assert alone == told["b1"][0] == told["a1"][1]


def test_a_thousand_candles_of_a_moment_are_frames_of_one_billed_message_each(desk):
    desk.screens.watch("c1", "carla", Interest(("*",), candles=True, together=True))
    series = [Series(f"X{n:03}", f"X{n:03}Z26", "M1") for n in range(1000)]
    desk.tick(*((one, candles()) for one in series))
    frames = [raw for name, raw in desk.screens.frames if name == "c1"]
    assert all(len(one) <= FRAME_BYTES for one in frames)
    assert len(frames) == ceil(sum(map(len, frames)) / FRAME_BYTES)
    heard = [one["instrument"] for raw in frames for one in json.loads(raw)["candles"]]
    assert heard == [one.instrument for one in series]
