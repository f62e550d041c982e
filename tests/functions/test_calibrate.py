"""The hour's calibration as it is deployed: of what was heard, once a session, from the candles kept."""

from __future__ import annotations

import pytest

from pregao.aws.tables.market.calibration_book import CalibrationBook
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.domain.calibration.ledger import Told
from pregao.flow.calibrate import CATCH_UP
from pregao.flow.ports.desk import Series
from pregao.wire.alert_v1 import dump_alert
from pregao.wire.calibration_v1 import Grid
from tests.cloud import STATE
from tests.fakes import NOW, a_mark, admitted, an_alert
from tests.functions.conftest import ANA, BRUNO, sample
from tests.functions.test_delivery import of
from tests.unit.flow.test_calibrate import GRID, MARKET, WIN, KeptCandles, close_of, days

SESSIONS = 10
"""Enough for what is usual; moto is slow."""


def a_desk(stack):
    """A stack that has heard of WIN M5, with the candles of some sessions."""
    first = days()[-SESSIONS]
    rows = [one for one in KeptCandles(MARKET).rows if WIN.local_date(one.time) >= first]
    book = CandleBook(stack.dynamo, STATE["candles"])
    book.keep(Series("WIN", "WINZ26", "M5", judged=False), rows, NOW)
    stack.books.feeds.mark(a_mark(rows[-1].time, past=True))
    stack.at(close_of(days()[-1]))
    return stack


@pytest.fixture
def desk(stack):
    return a_desk(stack)


def test_what_is_over_is_calibrated_and_the_next_hour_finds_it_done(desk):
    assert desk.call("calibrate", sample("calibrate")) == {
        "WIN-M5": [one.isoformat() for one in days()[-CATCH_UP:]]
    }
    known = CalibrationBook(desk.dynamo, STATE["admission"]).newest(GRID, days()[-1], days()[-1])
    assert known.ranges
    assert desk.call("calibrate", sample("calibrate")) == {}


def test_an_alert_s_outcome_is_on_record_once(desk, capsys):
    """And an alert that no scan of the candles gives is named in the log, with what it was to whom."""
    last = [one for one in KeptCandles(MARKET).rows if WIN.local_date(one.time) == days()[-1]]
    alert = admitted(desk.books.admission, an_alert(last[5].time))
    desk.watch("a1", "ana")
    desk.at(NOW).call("deliver", of("deliver", dump_alert(alert).decode()))
    desk.at(alert.decide_by + 1).call("watch", sample("watch"))
    for _ in range(2):
        desk.at(max(alert.decide_by, close_of(days()[-1])) + 1).call("calibrate", sample("calibrate"))
        (record,) = [one for one in desk.records("alertas") if one["kind"] == "outcome"]
        assert (record["alert_id"], record["outcome"]["verdict"]) == (alert.id, "admitted")
        assert record["chain"].endswith("#outcome")
    assert capsys.readouterr().out.count("what rang differs from a scan") == 1
    (kept,) = desk.books.ledgers.between(days()[-1], days()[-1])
    (row,) = kept.rows
    assert row.people == {ANA: Told(), BRUNO: Told()}, "a time-out is nobody's"
    assert [one.rang for one in kept.differences] == [True]


def test_nothing_heard_nothing_done(stack):
    assert stack.at(NOW).call("calibrate", sample("calibrate")) == {}
    assert Grid.of(WIN, "M5") == GRID
