"""The port ActionBook: the first decision stands, and each one has its link in the chain."""

from __future__ import annotations

import pytest

from pregao.domain.audit.chain import broken_at, link
from pregao.domain.audit.records import action_record
from pregao.flow.refusals import Contended, Decided
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
    assert (caught.value.operator, caught.value.decision) == ("ana", "executed")
    assert [one["operator"] for one in world.records("acao")] == ["ana"]


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
