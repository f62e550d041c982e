"""The port ActionBook: the first decision stands, and each one has its link in the chain."""

from __future__ import annotations

import pytest

from pregao.aws.tables.action_book import taken_of
from pregao.domain.audit.chain import broken_at, link
from pregao.domain.audit.records import action_record
from pregao.domain.delivery.alert_state import Taken
from pregao.domain.delivery.operators import Reached
from pregao.flow.ports.refusals import Contended, Decided
from tests.fakes import CANDLE, NOW, admitted, an_alert


def decide(world, alert, operator, decision, note=None, tail=None):
    tail = tail or world.actions.tail(alert.contract, NOW)
    record = action_record(alert, operator, decision, NOW, note, None)
    world.actions.decide(alert, operator, link([record], tail)[0][0], tail)


@pytest.fixture
def alert(world):
    return admitted(world.admission, an_alert())


def test_the_first_decision_stands(world, alert):
    decide(world, alert, "ana", "executed", "na abertura")
    with pytest.raises(Decided) as caught:
        decide(world, alert, "bruno", "rejected")
    assert caught.value.taken == Taken("ana", "executed", NOW)
    assert [one["operator"] for one in world.records("acao")] == ["ana"]


def test_what_stands_can_be_asked_for(world, alert):
    assert world.actions.taken(alert.id) is None
    assert world.delivery.progress(alert.id).taken is None
    decide(world, alert, "ana", "executed")
    assert world.actions.taken(alert.id) == Taken("ana", "executed", NOW)
    world.delivery.received(alert.id, "bruno", NOW + 1)
    progress = world.delivery.progress(alert.id)
    assert progress.taken == Taken("ana", "executed", NOW)
    assert progress.reached == {"bruno": Reached(NOW + 1)}


def test_one_that_an_older_version_wrote_has_no_time():
    assert taken_of({"pk": "ALERT#x", "sk": "DECISION", "operator": "ana", "decision": "executed"}) == Taken(
        "ana", "executed"
    )


def test_also_against_the_same_operator(world, alert):
    decide(world, alert, "ana", "executed")
    with pytest.raises(Decided):
        decide(world, alert, "ana", "rejected")


def test_every_alert_has_its_own(world, alert):
    other = admitted(world.admission, an_alert(CANDLE + 300))
    decide(world, alert, "ana", "executed", "")
    decide(world, other, "bruno", "watching")
    records = world.records("acao")
    assert [int(one["seq"]) for one in records] == [1, 2]
    assert records[0]["note"] == ""
    assert "order_id" not in records[1] or records[1]["order_id"] is None
    assert broken_at(records) is None


def test_a_chain_that_moved_is_contended_and_nothing_is_decided(world, alert):
    other = admitted(world.admission, an_alert(CANDLE + 300))
    tail = world.actions.tail(alert.contract, NOW)
    decide(world, other, "bruno", "watching")
    with pytest.raises(Contended):
        decide(world, alert, "ana", "executed", tail=tail)
    decide(world, alert, "ana", "executed")
