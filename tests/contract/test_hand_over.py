"""The port ActionBook: an open alert goes over to a colleague, as if it were just delivered to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pregao.domain.audit.chain import broken_at, link
from pregao.domain.audit.records import action_record, handover_record
from pregao.domain.delivery.alert_state import Acts, HandedOver
from pregao.domain.delivery.operators import Channel
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why
from pregao.flow.ports.delivery import Kept, Rings
from pregao.flow.ports.refusals import Contended
from tests.fakes import NOW, SETTLED_S, admitted, an_alert

LISTED = {"bruno": RingDecision(Ring.LISTED, Why.BELOW, 0.5, 1.0)}


@pytest.fixture
def alert(world):
    return delivered(world, admitted(world.admission, an_alert()))


def delivered(world, alert, rings=None):
    world.delivery.begin(alert, [], world.delivery.tail(alert.contract, NOW), NOW, 30, rings or Rings())
    world.delivery.finish(alert, [], world.delivery.tail(alert.contract, NOW))
    return alert


def hand_over(world, alert, who="ana", to="bruno", listed=None, tail=None):
    tail = tail or world.actions.tail(alert.contract, NOW)
    record = link([handover_record(alert, f"op-{who}", f"op-{to}", NOW)], tail)[0][0]
    return world.actions.hand_over(Kept(alert, listed or {}), who, HandedOver(to, NOW), record, tail)


def decide(world, alert, who, own):
    tail = world.actions.tail(alert.contract, NOW)
    record = link([action_record(alert, f"op-{who}", "rejected", NOW, None, None, own=own)], tail)[0][0]
    world.actions.decide(alert, who, record, tail)


def test_once_and_it_is_known_to_who_decides_and_who_mails(world, alert):
    assert hand_over(world, alert)
    assert not hand_over(world, alert)
    assert not hand_over(world, alert, to="carla")
    known = Acts(handed={"ana": HandedOver("bruno", NOW)})
    assert world.actions.acts(alert.id) == world.delivery.progress(alert.id).acts == known
    records = world.records("acao")
    assert [(one["kind"], one["operator"], one["handed_to"]) for one in records] == [
        ("handover", "op-ana", "op-bruno")
    ]
    assert broken_at(records) is None


def test_back_and_forth(world, alert):
    hand_over(world, alert)
    assert hand_over(world, alert, "bruno", "ana")
    assert world.actions.acts(alert.id).handed == {"bruno": HandedOver("ana", NOW)}
    assert hand_over(world, alert)
    assert world.actions.acts(alert.id).handed == {"ana": HandedOver("bruno", NOW)}


def test_the_colleague_is_to_be_reached_anew(world, alert):
    for name in ("ana", "bruno"):
        world.delivery.received(alert.id, name, NOW)
        world.delivery.gave_up(alert.id, name, NOW)
    world.delivery.trying(alert.id, "bruno", Channel.PUSH, NOW)
    world.delivery.close(alert.id)
    hand_over(world, alert)
    reached = world.delivery.reached(alert.id)
    assert reached["ana"].settled
    assert not reached["bruno"].done
    assert Channel.PUSH in reached["bruno"].tried  # a phone hears of one alert once
    assert world.delivery.mailing(alert.id, "bruno", NOW, 30)
    assert world.delivery.received(alert.id, "bruno", NOW + 9).shown_ms is None
    assert world.open.unsettled(NOW + SETTLED_S, 10) == [Kept(alert)]


def test_what_was_listed_for_them_rings_them_now(world):
    alert = admitted(world.admission, an_alert())
    delivered(world, alert, replace(Rings(), listed=LISTED, due=True, session_end=NOW))
    assert hand_over(world, alert, listed=LISTED)
    assert world.alert_log.listed([alert]).get(alert.id, {}) == {}
    assert world.open.undecided(alert.decide_by, 10).alerts == [Kept(alert)]


@pytest.mark.parametrize(("who", "own"), [("carla", False), ("ana", True), ("bruno", True)])
def test_not_what_is_decided(world, alert, who, own):
    decide(world, alert, who, own)
    assert not hand_over(world, alert)
    assert [one["kind"] for one in world.records("acao")] == ["action"]
    assert world.actions.acts(alert.id).handed == {}


def test_not_what_is_not_on_the_screens_yet(world):
    alert = admitted(world.admission, an_alert())
    assert not hand_over(world, alert)
    assert world.open.undelivered(NOW + 10**6, 10) == [alert]


def test_a_chain_that_moved_is_contended_and_nothing_is_written(world, alert):
    tail = world.actions.tail(alert.contract, NOW)
    decide(world, alert, "carla", own=True)
    with pytest.raises(Contended):
        hand_over(world, alert, tail=tail)
    assert world.actions.acts(alert.id).handed == {}
