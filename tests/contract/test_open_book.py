"""The port OpenBook: what is overdue, undecided, held back, and how each ends."""

from __future__ import annotations

import pytest

from pregao.aws.tables.alerts.admission_book import DELIVERED_WITHIN_S
from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.audit.chain import link
from pregao.domain.audit.records import action_record, receipt_record
from pregao.domain.delivery.escalation import SETTLED_S as SETTLED_WITHIN_S
from pregao.domain.delivery.operators import OpenEnd
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Told, Why
from pregao.flow.ports.delivery import Kept, Rings
from pregao.flow.ports.refusals import Contended, Refused
from tests.fakes import CANDLE, NOW, OVERDUE_S, SETTLED_S, admitted, an_alert, an_entry

LATE = NOW + DELIVERED_WITHIN_S


@pytest.fixture
def alert(world):
    return admitted(world.admission, an_alert())


def finish(world, alert, *, begun=False, due=True):
    if not begun:
        world.delivery.begin(alert, [], world.delivery.tail(alert.contract, NOW), NOW, 30)
    world.delivery.finish(alert, [], world.delivery.tail(alert.contract, NOW), due)


def decide(world, alert):
    tail = world.actions.tail(alert.contract, NOW)
    record = action_record(alert, "ana", "executed", NOW, None, None)
    world.actions.decide(alert, "ana", link([record], tail)[0][0], tail)


def hold_back(world, count):
    """Let the bound of one refuse so many alerts."""
    admitted(world.admission, an_alert())
    held = [an_alert(CANDLE + 300 * n) for n in range(1, count + 1)]
    with pytest.raises(Refused):
        admitted(world.admission, held[0], AdmissionRules(queue_limit=1))
    for at, one in enumerate(held):
        head = world.admission.head(one.contract, NOW)
        refused = an_entry(head, one, Verdict.QUEUE_FULL, NOW + at)
        world.admission.commit(refused, AdmissionRules(queue_limit=1), NOW + at)
    return held


class TestUndelivered:
    def test_fakes_and_tables_have_the_same_patience(self):
        assert OVERDUE_S == DELIVERED_WITHIN_S

    def test_only_when_it_is_late(self, world, alert):
        assert world.open.undelivered(LATE - 0.001, 10) == []
        assert world.open.undelivered(LATE, 10) == [alert]

    def test_not_what_was_delivered(self, world, alert):
        finish(world, alert)
        assert world.open.undelivered(LATE, 10) == []

    def test_what_died_in_the_middle_is(self, world, alert):
        world.delivery.begin(alert, [], world.delivery.tail(alert.contract, NOW), NOW, 30)
        assert world.open.undelivered(LATE, 10) == [alert]

    def test_the_longest_overdue_first_and_no_more_than_asked_for(self, world):
        alerts = [admitted(world.admission, an_alert(CANDLE + 300 * n), now=NOW - n) for n in range(3)]
        assert world.open.undelivered(LATE, 2) == [alerts[2], alerts[1]]

    def test_nothing_that_was_refused(self, world):
        hold_back(world, 2)
        assert len(world.open.undelivered(LATE + 10, 10)) == 1

    def test_postponed_it_is_overdue_later_and_counted(self, world, alert):
        assert world.open.postpone(alert.id, OpenEnd.DELIVERY, LATE + 100) == 1
        assert world.open.undelivered(LATE + 99, 10) == []
        assert world.open.undelivered(LATE + 100, 10) == [alert]
        assert world.open.postpone(alert.id, OpenEnd.DELIVERY, LATE + 200) == 2

    def test_delivered_meanwhile_it_cannot_be_postponed(self, world, alert):
        finish(world, alert)
        assert world.open.postpone(alert.id, OpenEnd.DELIVERY, LATE + 100) is None
        assert world.open.undelivered(LATE + 100, 10) == []

    def test_abandoned_it_is_never_overdue_and_may_still_be_delivered(self, world, alert):
        world.open.abandon(alert.id)
        assert world.open.undelivered(LATE + 10**6, 10) == []
        finish(world, alert)


class TestUnsettled:
    SETTLED = NOW + SETTLED_WITHIN_S

    def test_fakes_and_tables_have_the_same_patience(self):
        assert SETTLED_S == SETTLED_WITHIN_S

    def test_only_what_was_delivered_and_only_when_it_is_late(self, world, alert):
        assert world.open.unsettled(self.SETTLED, 10) == []
        finish(world, alert)
        assert world.open.unsettled(self.SETTLED - 1, 10) == []
        assert world.open.unsettled(self.SETTLED, 10) == [Kept(alert)]
        assert world.open.undelivered(self.SETTLED, 10) == []

    def test_not_what_was_closed(self, world, alert):
        finish(world, alert)
        world.delivery.close(alert.id)
        world.delivery.close(alert.id)
        assert world.open.unsettled(self.SETTLED, 10) == []
        assert world.open.postpone(alert.id, OpenEnd.SETTLEMENT, self.SETTLED) is None

    def test_its_last_records_close_it_and_none_do_not(self, world, alert):
        finish(world, alert)
        tail = world.delivery.tail(alert.contract, NOW)
        world.delivery.append([], tail, closes=alert.id)
        assert world.open.unsettled(self.SETTLED, 10) == [Kept(alert)]
        world.delivery.append(link([receipt_record(alert, "ana", NOW, NOW)], tail)[0], tail, closes=alert.id)
        assert world.open.unsettled(self.SETTLED, 10) == []
        assert [one["status"] for one in world.records("entrega")] == ["received"]

    def test_records_that_meet_a_moved_chain_do_not_close_it(self, world, alert):
        finish(world, alert)
        tail = world.delivery.tail(alert.contract, NOW)
        receipt = link([receipt_record(alert, "ana", NOW, NOW)], tail)[0]
        world.delivery.append(receipt, tail)
        with pytest.raises(Contended):
            world.delivery.append(receipt, tail, closes=alert.id)
        assert world.open.unsettled(self.SETTLED, 10) == [Kept(alert)]

    def test_its_rounds_are_counted_from_the_delivery(self, world, alert):
        world.open.postpone(alert.id, OpenEnd.DELIVERY, LATE)
        finish(world, alert)
        assert world.open.postpone(alert.id, OpenEnd.SETTLEMENT, self.SETTLED + 100) == 1
        assert world.open.unsettled(self.SETTLED + 99, 10) == []
        assert world.open.unsettled(self.SETTLED + 100, 10) == [Kept(alert)]


class TestListed:
    """What deliver writes of those whom an alert did not ring."""

    BELOW = RingDecision(Ring.LISTED, Why.BELOW, 0.81, 1.2)

    def begun(self, world, alert, **rings):
        tail = world.delivery.tail(alert.contract, NOW)
        return world.delivery.begin(alert, [], tail, NOW, 30, Rings(**rings))

    def test_a_resume_and_the_watch_know_it(self, world, alert):
        listed = {"ana": self.BELOW, "bruno": RingDecision(Ring.LISTED, Why.JOINS)}
        assert self.begun(world, alert, listed=listed, rung=("carla",), session_end=LATE)
        finish(world, alert, begun=True)
        assert world.alert_log.since(alert.contract, alert.seq - 1, 10) == [Kept(alert, listed)]
        assert world.open.unsettled(NOW + SETTLED_WITHIN_S, 10) == [Kept(alert, listed)]
        assert world.open.undecided(alert.decide_by, 10).alerts == [Kept(alert, listed)]

    def test_nothing_is_due_where_nobody_was_rung(self, world, alert):
        self.begun(world, alert, listed={"ana": self.BELOW}, due=False, session_end=LATE)
        finish(world, alert, begun=True, due=False)
        assert world.open.unsettled(NOW + 10**6, 10) == []
        assert world.open.undecided(NOW + 10**6, 10).alerts == []
        assert world.alert_log.find(alert.id) == alert

    def test_the_digest_has_it_when_the_session_is_over(self, world, alert):
        self.begun(world, alert, listed={"ana": self.BELOW}, due=False, session_end=LATE)
        assert world.open.held_back(LATE - 1, 10) == []
        (note,) = world.open.held_back(LATE, 10)
        assert (note.alert, note.reason, note.listed) == (alert, "listed", {"ana"})
        world.open.forget_held_back([note])
        assert world.open.held_back(LATE, 10) == []

    def test_an_opportunity_that_moved_is_read_again(self, world, alert):
        """Two alerts of it at once: the second finds that the first has told somebody."""
        assert world.delivery.told("f" * 64) == Told()
        self.begun(world, alert, opportunity="f" * 64, first=("ana", "bruno"), rung=("ana",))
        seen = world.delivery.told("f" * 64)
        assert seen == Told(1, {"ana": alert.id, "bruno": alert.id}, {"ana": alert.id})
        other = admitted(world.admission, an_alert(CANDLE + 3600, price=132_000.0))
        with pytest.raises(Contended):
            self.begun(world, other, opportunity="f" * 64, first=("carla",))
        assert self.begun(world, other, opportunity="f" * 64, seen=seen, first=("carla",))
        assert world.delivery.told("f" * 64).first["carla"] == other.id


class TestUndecided:
    def test_only_after_it_expired(self, world, alert):
        assert world.open.undecided(alert.decide_by - 1, 10).alerts == []
        assert world.open.undecided(alert.decide_by, 10).alerts == [Kept(alert)]

    def test_not_what_somebody_decided_on(self, world, alert):
        decide(world, alert)
        assert world.open.undecided(alert.decide_by, 10).alerts == []

    def test_a_replayed_one_lives_from_its_detection(self, world):
        old = admitted(world.admission, an_alert(CANDLE - 86_400 * 300))
        assert old.expires_at < NOW - 86_400
        assert world.open.undecided(NOW + 299, 10).alerts == []
        assert world.open.undecided(NOW + 300, 10).alerts == [Kept(old)]

    def test_it_stays_in_the_feed(self, world, alert):
        decide(world, alert)
        assert world.alert_log.find(alert.id) == alert


class TestHeldBack:
    def test_nothing_at_first(self, world, alert):
        assert world.open.held_back(NOW + 3600, 10) == []

    def test_what_the_bound_refused_in_order_until_it_is_told(self, world):
        held = hold_back(world, 3)
        found = world.open.held_back(NOW + 3600, 2)
        assert [one.alert.id for one in found] == [one.id for one in held[:2]]
        world.open.forget_held_back(found)
        (last,) = world.open.held_back(NOW + 3600, 10)
        assert last.alert.id == held[2].id
        world.open.forget_held_back([last])
        assert world.open.held_back(NOW + 3600, 10) == []

    def test_who_was_told_is_remembered_by_alert(self, world):
        hold_back(world, 3)
        first, second, third = world.open.held_back(NOW + 3600, 10)
        world.open.note_notified([first, second], {"ana"})
        world.open.note_notified([second], {"bruno"})
        told = [one.notified for one in world.open.held_back(NOW + 3600, 10)]
        assert told == [frozenset({"ana"}), frozenset({"ana", "bruno"}), frozenset()]
        world.open.note_notified([third], set())
        world.open.forget_held_back(world.open.held_back(NOW + 3600, 10))
        assert world.open.held_back(NOW + 3600, 10) == []

    def test_more_than_a_transaction_holds(self, world):
        hold_back(world, 101)
        found = world.open.held_back(NOW + 3600, 200)
        world.open.note_notified(found, {"ana"})
        assert all(one.notified == {"ana"} for one in world.open.held_back(NOW + 3600, 200))
        world.open.forget_held_back(found)
        assert world.open.held_back(NOW + 3600, 200) == []
