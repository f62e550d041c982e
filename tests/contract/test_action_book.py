"""The port ActionBook: a decision stands for the desk or for one, and each has its link in the chain."""

from __future__ import annotations

import pytest

from pregao.aws.tables.alerts.action_book import taken_of
from pregao.domain.audit.chain import broken_at, link
from pregao.domain.audit.records import action_record
from pregao.domain.delivery.alert_state import TIMEOUT, Acts, Taken
from pregao.domain.delivery.operators import Reached
from pregao.flow.ports.delivery import Kept
from pregao.flow.ports.refusals import Contended, Decided
from tests.fakes import CANDLE, NOW, admitted, an_alert


def decide(world, alert, operator, decision, note=None, tail=None, own=False):
    tail = tail or world.actions.tail(alert.contract, NOW)
    record = action_record(alert, operator, decision, NOW, note, None, own=own)
    write = world.actions.watch if decision == "watching" else world.actions.decide
    write(alert, operator, link([record], tail)[0][0], tail)


def end(world, alert, ends, until=None):
    """Every TIMEOUT of `ends` with its record."""
    tail = world.actions.tail(alert.contract, NOW)
    late = [one.operator for one in ends.values() if one.decision == TIMEOUT]
    records = link([action_record(alert, one, TIMEOUT, NOW, None, None) for one in late], tail)[0]
    world.actions.end(alert, ends, records, tail, until)


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
    assert world.actions.acts(alert.id) == Acts() == world.delivery.progress(alert.id).acts
    decide(world, alert, "ana", "executed")
    assert world.actions.acts(alert.id) == Acts(Taken("ana", "executed", NOW))
    world.delivery.received(alert.id, "bruno", NOW + 1)
    progress = world.delivery.progress(alert.id)
    assert progress.acts == Acts(Taken("ana", "executed", NOW))
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


class TestOfOnesOwn:
    """In a desk where each decides, a decision stands for its operator alone."""

    def test_a_colleague_decides_otherwise(self, world, alert):
        decide(world, alert, "ana", "executed", own=True)
        decide(world, alert, "bruno", "rejected", own=True)
        own = {"ana": Taken("ana", "executed", NOW), "bruno": Taken("bruno", "rejected", NOW)}
        assert world.actions.acts(alert.id) == Acts(own=own) == world.delivery.progress(alert.id).acts
        assert [one["own"] for one in world.records("acao")] == [True, True]

    def test_once_per_operator(self, world, alert):
        decide(world, alert, "ana", "executed", own=True)
        with pytest.raises(Decided) as caught:
            decide(world, alert, "ana", "rejected", own=True)
        assert caught.value.taken == Taken("ana", "executed", NOW)
        assert len(world.records("acao")) == 1

    def test_one_of_the_desk_stands_for_everybody(self, world, alert):
        """It was made before the desk's setting was changed."""
        decide(world, alert, "ana", "executed")
        with pytest.raises(Decided):
            decide(world, alert, "bruno", "rejected", own=True)

    def test_after_one_s_own_there_is_none_for_the_desk(self, world, alert):
        decide(world, alert, "ana", "executed", own=True)
        with pytest.raises(Decided):
            decide(world, alert, "ana", "rejected")
        decide(world, alert, "bruno", "rejected")

    def test_the_alert_stays_due_for_the_others(self, world, alert):
        decide(world, alert, "ana", "executed", own=True)
        assert world.open.undecided(alert.decide_by, 10).alerts == [Kept(alert)]


class TestWatching:
    def test_stays_open_for_the_desk(self, world, alert):
        decide(world, alert, "ana", "watching")
        assert world.actions.acts(alert.id) == Acts(watched={"ana": Taken("ana", "watching", NOW)})
        assert world.delivery.progress(alert.id).acts == world.actions.acts(alert.id)
        assert world.open.undecided(alert.decide_by, 10).alerts == [Kept(alert)]
        decide(world, alert, "ana", "executed")
        assert [one["decision"] for one in world.records("acao")] == ["watching", "executed"]

    def test_once_per_operator(self, world, alert):
        decide(world, alert, "ana", "watching")
        decide(world, alert, "bruno", "watching")
        with pytest.raises(Decided) as caught:
            decide(world, alert, "ana", "watching")
        assert caught.value.taken == Taken("ana", "watching", NOW)

    @pytest.mark.parametrize("own", [False, True])
    def test_not_after_a_decision(self, world, alert, own):
        decide(world, alert, "ana", "executed", own=own)
        with pytest.raises(Decided) as caught:
            decide(world, alert, "ana", "watching", own=own)
        assert caught.value.taken.decision == "executed"


class TestEnd:
    OUT = Taken("system", TIMEOUT, NOW)

    def test_for_the_desk(self, world, alert):
        end(world, alert, {None: self.OUT})
        assert world.actions.acts(alert.id) == Acts(self.OUT)
        assert world.open.undecided(NOW + 10**6, 10).alerts == []
        with pytest.raises(Decided):
            decide(world, alert, "ana", "executed")

    def test_for_some_and_later_for_the_others(self, world, alert):
        decide(world, alert, "ana", "watching", own=True)
        end(world, alert, {"bruno": Taken("bruno", TIMEOUT, NOW)}, until=NOW + 5000)
        assert world.open.undecided(NOW + 4999, 10).alerts == []
        assert world.open.undecided(NOW + 5000, 10).alerts == [Kept(alert)]
        end(world, alert, {"ana": Taken("ana", "watching", NOW)})
        assert world.open.undecided(NOW + 10**6, 10).alerts == []
        assert {one: taken.decision for one, taken in world.actions.acts(alert.id).own.items()} == {
            "ana": "watching",
            "bruno": TIMEOUT,
        }
        assert [one["decision"] for one in world.records("acao")] == ["watching", TIMEOUT]
        with pytest.raises(Decided):
            decide(world, alert, "ana", "executed", own=True)

    @pytest.mark.parametrize("decision", ["executed", "watching"])
    @pytest.mark.parametrize("own", [False, True])
    def test_who_decides_or_watches_meanwhile_is_not_timed_out(self, world, alert, decision, own):
        decide(world, alert, "ana", decision, own=own)
        before = world.actions.acts(alert.id)
        out = {"ana": Taken("ana", TIMEOUT, NOW)} if own else {None: self.OUT}
        with pytest.raises(Contended):
            end(world, alert, out)
        assert world.actions.acts(alert.id) == before
        assert len(world.records("acao")) == 1
