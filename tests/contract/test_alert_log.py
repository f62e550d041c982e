"""The port AlertLog: what was admitted, by contract and number."""

from __future__ import annotations

from dataclasses import replace

from pregao.domain.alerts.admission import Verdict
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why
from pregao.flow.ports.delivery import Rings
from tests.fakes import CANDLE, NOW, admitted, an_alert, an_entry


def fill(world, count, contract="WINZ26"):
    return [admitted(world.admission, an_alert(CANDLE + 300 * n, contract=contract)) for n in range(count)]


def alerts_since(world, contract, seq, limit=100):
    return [one.alert for one in world.alert_log.since(contract, seq, limit)]


def test_nothing_yet(world):
    assert world.alert_log.cursor() == {}
    assert world.alert_log.since("WINZ26", 0, 10) == []
    assert world.alert_log.find("0" * 64) is None


def test_the_cursor_names_the_last_number_of_every_contract(world):
    fill(world, 3)
    fill(world, 1, "WDOZ26")
    assert world.alert_log.cursor() == {"WINZ26": 3, "WDOZ26": 1}


def test_other_chains_do_not_show_in_the_cursor(world):
    (alert,) = fill(world, 1)
    world.delivery.begin(alert, [], world.delivery.tail("WINZ26", NOW), NOW, 30)
    assert world.alert_log.cursor() == {"WINZ26": 1}


def test_since_gives_what_follows_in_order(world):
    alerts = fill(world, 12)
    assert alerts_since(world, "WINZ26", 9) == alerts[9:]
    assert alerts_since(world, "WINZ26", 0) == alerts
    assert world.alert_log.since("WINZ26", 12, 10) == []


def test_since_ends_at_the_limit(world):
    alerts = fill(world, 3)
    assert alerts_since(world, "WINZ26", 0, 2) == alerts[:2]


def test_since_keeps_contracts_apart(world):
    fill(world, 1, "WINZ26")
    (other,) = fill(world, 1, "WINZ27")
    assert alerts_since(world, "WINZ27", 0) == [other]


def test_refused_alerts_are_not_in_it(world):
    head = world.admission.head("WINZ26", NOW)
    world.admission.commit(an_entry(head, an_alert(), Verdict.MUTED), None, NOW)
    assert world.alert_log.cursor() == {}
    assert world.alert_log.find(an_alert().id) is None
    assert world.alert_log.since("WINZ26", 0, 10) == []


def test_why_alerts_were_listed_is_read_at_once_for_many(world, monkeypatch):
    monkeypatch.setattr("pregao.aws.tables.batches.READ", 2)
    alerts = fill(world, 5)
    below = RingDecision(Ring.LISTED, Why.BELOW, 0.5, 1.25)
    for alert in (alerts[0], alerts[-1]):
        rings = Rings("o" * 64, first=(), rung=("bruno",), listed={"ana": below}, session_end=NOW)
        seen = world.delivery.told(rings.opportunity)
        world.delivery.begin(
            alert, [], world.delivery.tail("WINZ26", NOW), NOW, 30, replace(rings, seen=seen)
        )
    assert [one.listed for one in world.alert_log.since("WINZ26", 3, 10)] == [{}, {"ana": below}]
    assert world.alert_log.listed(alerts) == {alerts[0].id: {"ana": below}, alerts[-1].id: {"ana": below}}
    assert world.alert_log.listed(alerts[1:3]) == world.alert_log.listed([]) == {}
