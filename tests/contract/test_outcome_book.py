"""Outcomes and ledgers of sessions: what calibrate is promised, by the fakes and by DynamoDB."""

from __future__ import annotations

from datetime import date

import pytest

from pregao.domain.alerts.outcome import Outcome, Result
from pregao.domain.audit.chain import link
from pregao.domain.audit.records import outcome_record
from pregao.domain.calibration.ledger import LISTED, Difference, Row, SessionLedger, Told
from pregao.flow.ports.calibration import Recorded
from pregao.flow.ports.refusals import Contended
from pregao.flow.steps.sessions.outcomes import AT_ONCE
from tests.fakes import CANDLE, NOW, an_alert

FEED, DAY = ("WIN", "M5"), date(2026, 11, 23)
WON = Result(Outcome.TARGET, True, 1.0, 1.2, -0.3, 450.0, CANDLE + 600)


def linked(world, *alerts, result=WON, corrects=None):
    tail = world.outcomes.tail("WINZ26", NOW)
    records, _ = link([outcome_record(one, "admitted", result, NOW, corrects) for one in alerts], tail)
    return records, tail


def test_a_record_stands_in_its_own_chain_and_is_told_by_alert(world):
    alert = an_alert()
    records, tail = linked(world, alert)
    world.outcomes.record(FEED, DAY, records, {}, tail, NOW)
    (kept,) = [one for one in world.records("alertas") if one["kind"] == "outcome"]
    assert kept["chain"] == "WINZ26#2026-11-23#outcome"
    known = world.outcomes.recorded(FEED, DAY)[alert.id]
    assert known.hash == kept["hash"]
    assert known.outcome["result"] == "target"
    assert world.outcomes.recorded(FEED, date(2026, 11, 24)) == {}


def test_a_second_one_must_know_the_first(world):
    alert = an_alert()
    records, tail = linked(world, alert)
    world.outcomes.record(FEED, DAY, records, {}, tail, NOW)
    known = world.outcomes.recorded(FEED, DAY)
    again, tail = linked(world, alert, corrects=known[alert.id].hash)
    for wrong in ({}, {alert.id: Recorded({}, "0" * 64)}):
        with pytest.raises(Contended):
            world.outcomes.record(FEED, DAY, again, wrong, tail, NOW)
    world.outcomes.record(FEED, DAY, again, known, tail, NOW)
    assert world.outcomes.recorded(FEED, DAY)[alert.id].outcome["corrects"] == known[alert.id].hash


def test_a_chain_that_moved_writes_nothing(world):
    records, tail = linked(world, an_alert())
    world.outcomes.record(FEED, DAY, records, {}, tail, NOW)
    late, _ = link([outcome_record(an_alert(CANDLE + 300), "admitted", WON, NOW, None)], tail)
    with pytest.raises(Contended):
        world.outcomes.record(FEED, DAY, late, {}, tail, NOW)
    assert len(world.outcomes.recorded(FEED, DAY)) == 1


def test_as_many_at_once_as_a_transaction_holds(world):
    records, tail = linked(world, *(an_alert(CANDLE + 300 * n) for n in range(AT_ONCE)))
    world.outcomes.record(FEED, DAY, records, {}, tail, NOW)
    assert len(world.outcomes.recorded(FEED, DAY)) == AT_ONCE


def test_a_ledger_comes_back_and_a_later_one_takes_its_place(world):
    row = Row("a" * 64, CANDLE, 14, "engulfing", "long", "high", "admitted", people={"op": Told(LISTED)})
    kept = SessionLedger("WIN", "M5", DAY, [row], [Difference(CANDLE, "engulfing", "long", True, "hole")])
    assert not world.ledgers.there(FEED, DAY)
    for one in (SessionLedger("WIN", "M5", DAY), kept):
        world.ledgers.keep(one, NOW)
    assert world.ledgers.there(FEED, DAY)
    assert world.ledgers.between(DAY, DAY) == [kept]
    assert world.ledgers.between(date(2026, 11, 24), date(2026, 12, 1)) == []
