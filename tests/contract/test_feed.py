"""The port Feed: what was admitted, by contract and number."""

from __future__ import annotations

from pregao.domain.alerts.admission import Verdict
from tests.fakes import CANDLE, NOW, admitted, an_alert, an_entry


def fill(world, count, contract="WINZ26"):
    return [admitted(world.admission, an_alert(CANDLE + 300 * n, contract=contract)) for n in range(count)]


def test_nothing_yet(world):
    assert world.feed.cursor() == {}
    assert world.feed.since("WINZ26", 0, 10) == []
    assert world.feed.find("0" * 64) is None


def test_the_cursor_names_the_last_number_of_every_contract(world):
    fill(world, 3)
    fill(world, 1, "WDOZ26")
    assert world.feed.cursor() == {"WINZ26": 3, "WDOZ26": 1}


def test_other_chains_do_not_show_in_the_cursor(world):
    (alert,) = fill(world, 1)
    world.delivery.begin(alert, [], world.delivery.tail("WINZ26", NOW), NOW, 30)
    assert world.feed.cursor() == {"WINZ26": 1}


def test_since_gives_what_follows_in_order(world):
    alerts = fill(world, 12)
    assert world.feed.since("WINZ26", 9, 10) == alerts[9:]
    assert world.feed.since("WINZ26", 0, 100) == alerts
    assert world.feed.since("WINZ26", 12, 10) == []


def test_since_ends_at_the_limit(world):
    alerts = fill(world, 3)
    assert world.feed.since("WINZ26", 0, 2) == alerts[:2]


def test_since_keeps_contracts_apart(world):
    fill(world, 1, "WINZ26")
    (other,) = fill(world, 1, "WINZ27")
    assert world.feed.since("WINZ27", 0, 10) == [other]


def test_refused_alerts_are_not_in_it(world):
    head = world.admission.head("WINZ26", NOW)
    world.admission.commit(an_entry(head, an_alert(), Verdict.MUTED), None, NOW)
    assert world.feed.cursor() == {}
    assert world.feed.find(an_alert().id) is None
    assert world.feed.since("WINZ26", 0, 10) == []
