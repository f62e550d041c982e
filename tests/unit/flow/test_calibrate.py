"""What is known after a session: made of kept candles, once a session, never of what came later."""

from __future__ import annotations

from dataclasses import fields
from functools import cache

import pytest

from pregao.domain.calibration.live import calibrations
from pregao.domain.calibration.scores import with_scores
from pregao.domain.market.candle import Candle
from pregao.flow.calibrate import (
    CATCH_UP,
    PAGE,
    Calibrating,
    calibrate,
    calibrate_all,
    calibrate_history,
    close_new,
    newest_over,
)
from pregao.flow.ports.desk import KeptCandle
from pregao.flow.steps.sessions.calibrations import Calibrations
from pregao.flow.steps.sessions.outcomes import Outcomes
from pregao.flow.steps.sessions.session_ledger import SessionClosing
from pregao.wire.calibration_v1 import Grid, dump_calibration
from tests.fakes import (
    NOW,
    PLENTY,
    Clock,
    FakeCalibrationBook,
    FakeDayBook,
    FakeLedgerBook,
    FakeOutcomeBook,
    Store,
)
from tests.judged import LOADED, unexpected
from tests.unit.domain.calibration.test_size import lively

WIN = LOADED.instrument_for("WIN")
GRID, SETTINGS = Grid.of(WIN, "M5"), LOADED.detectors_for("WIN")
MARKET = lively(1, 60)
"""1,800 candles, more than a page."""


class KeptCandles:
    """flow.ports.desk.CandleBook over a list."""

    def __init__(self, candles):
        names = [field.name for field in fields(Candle)]
        columns = [getattr(candles, name).tolist() for name in names]
        self.rows, self.asked = [Candle(*row) for row in zip(*columns, strict=True)], 0

    def since(self, instrument, timeframe, start, limit):
        assert (instrument, timeframe) == ("WIN", "M5")
        self.asked += 1
        return [one for one in self.rows if one.time >= start][:limit]

    def kept(self, instrument, timeframe, start, limit):
        rows = self.since(instrument, timeframe, start, limit)
        return [KeptCandle(one, None, judged=False) for one in rows]

    def before(self, instrument, timeframe, until, limit):
        self.asked += 1
        return [one for one in self.rows if one.time < until][-limit:]


@pytest.fixture
def world():
    candles, book = KeptCandles(MARKET), FakeCalibrationBook(Store())
    return Calibrating(candles, book, lambda: NOW)


def newest_of(candles):
    """What is known after the last session of candles, its scores with it."""
    return with_scores(list(calibrations(candles, WIN, SETTINGS)), candles, WIN, SETTINGS)[-1]


@cache
def days():
    return sorted({WIN.local_date(int(one)) for one in MARKET.time})


def test_the_last_session_from_all_the_kept_candles(world):
    last = days()[-1]
    made = calibrate(WIN, SETTINGS, "M5", last, world)
    expected = newest_of(MARKET)
    assert dump_calibration(made, GRID) == dump_calibration(expected, GRID)
    assert dump_calibration(world.book.newest(GRID, last, last), GRID) == dump_calibration(expected, GRID)
    assert world.candles.asked >= len(MARKET) // PAGE + 1, "page by page"


def test_a_day_that_is_made_up_for_later_does_not_know_what_came_after(world):
    day = days()[40]
    made = calibrate(WIN, SETTINGS, "M5", day, world)
    before = MARKET[: sum(WIN.local_date(int(one)) <= day for one in MARKET.time)]
    expected = newest_of(before)
    assert dump_calibration(made, GRID) == dump_calibration(expected, GRID)


def test_a_second_time_nothing_is_kept(world):
    assert calibrate(WIN, SETTINGS, "M5", days()[-1], world)
    assert calibrate(WIN, SETTINGS, "M5", days()[-1], world) is None


def test_a_day_without_candles_is_not_calibrated(world):
    assert calibrate(WIN, SETTINGS, "M5", days()[-1].replace(year=2031), world) is None
    world.candles.rows.clear()
    assert calibrate(WIN, SETTINGS, "M5", days()[-1], world) is None


def test_a_history_is_kept_session_by_session(world):
    since = days()[50]
    made = calibrate_history(MARKET, WIN, SETTINGS, "M5", world.book, NOW, since=since)
    assert [one.session for one in made] == days()[50:]
    assert calibrate_history(MARKET, WIN, SETTINGS, "M5", world.book, NOW, since=since) == []
    assert made[-1].ranges
    assert made[-1].model.coefficients is not None


def test_a_session_that_is_not_over_waits(world):
    """Its calibration would stand for good, and lack its last candles."""
    last = days()[-1]
    closes = WIN.session_of(last)
    end = closes[1] if closes else int(MARKET.time[-1]) + 86_400
    early = Calibrating(world.candles, world.book, lambda: end - 1)
    assert calibrate(WIN, SETTINGS, "M5", last, early) is None
    assert calibrate(WIN, SETTINGS, "M5", last, Calibrating(world.candles, world.book, lambda: end))


def close_of(day):
    return WIN.session_of(day)[1]


def at(world, now):
    return Calibrating(world.candles, world.book, lambda: now)


def closing(store, candles, clock):
    """What closes sessions that nothing rang in."""
    return SessionClosing(
        config=LOADED,
        candles=candles,
        calibrations=Calibrations(FakeCalibrationBook(store), unexpected, clock),
        days=FakeDayBook(store),
        outcomes=Outcomes(FakeOutcomeBook(store), lambda _attempt: None, clock),
        ledgers=FakeLedgerBook(store),
        clock=clock,
    )


class Rounds:
    """Rounds over the market's candles, at a time."""

    def __init__(self):
        self.store, self.candles, self.clock = Store(), KeptCandles(MARKET), Clock()
        self.deps = Calibrating(self.candles, FakeCalibrationBook(self.store), self.clock)
        self.closing = closing(self.store, self.candles, self.clock)

    def at(self, now):
        self.clock.now, self.candles.asked = now, 0
        return [one.session for one in close_new(WIN, "M5", self.deps, self.closing)]


@pytest.fixture
def rounds():
    return Rounds()


def test_the_newest_session_that_is_over_at_the_exchange(world):
    before, last = days()[-2:]
    assert newest_over(WIN, "M5", at(world, close_of(last) - 1)) == before
    assert newest_over(WIN, "M5", at(world, close_of(last))) == last
    world.candles.rows.clear()
    assert newest_over(WIN, "M5", world) is None


def test_a_round_makes_up_for_five_sessions_and_a_second_one_only_asks(rounds):
    assert rounds.at(NOW) == days()[-CATCH_UP:]
    assert set(rounds.store.calibrations["WIN", "M5"]) == set(days()[-CATCH_UP:])
    assert rounds.at(NOW) == []
    assert rounds.candles.asked == 1


def test_the_next_session_is_taken_when_it_is_over_and_the_one_before_once_more(rounds):
    before, last = days()[-2:]
    assert rounds.at(close_of(before))[-1] == before
    assert rounds.at(close_of(last) - 1) == []
    assert rounds.at(close_of(last)) == [before, last]
    expected = newest_of(MARKET)
    made = rounds.deps.book.newest(GRID, last, last)
    assert dump_calibration(made, GRID) == dump_calibration(expected, GRID)


def test_what_was_calibrated_and_not_closed_is_closed(rounds):
    """A round that died in between: the calibration stands, the rest is made up for."""
    rounds.store.faults.before("keep_ledger", TimeoutError("no answer"))
    with pytest.raises(TimeoutError):
        rounds.at(NOW)
    assert rounds.at(NOW)[-CATCH_UP:] == days()[-CATCH_UP:]


def test_a_feed_that_fails_does_not_stop_the_others(rounds):
    feeds = [("NOT THERE", "M5"), ("WIN", "M5")]
    with pytest.raises(ExceptionGroup) as failed:
        calibrate_all(feeds, rounds.deps, rounds.closing, PLENTY)
    assert len(failed.value.exceptions) == 1
    assert rounds.deps.book.newest(GRID, days()[-1], days()[-1])
    assert calibrate_all(feeds[1:], rounds.deps, rounds.closing, PLENTY) == []
