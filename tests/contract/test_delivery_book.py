"""The port DeliveryBook: leases, intents and outcomes, receipts and e-mails, one audit chain."""

from __future__ import annotations

import pytest

from pregao.aws.tables.delivery import delivery_book
from pregao.domain.alerts.admission import Verdict
from pregao.domain.audit.chain import Tail, broken_at, link
from pregao.domain.audit.records import delivery_record
from pregao.domain.delivery.operators import Channel, Reached, Status
from pregao.flow.ports.refusals import Contended, Leased
from tests.fakes import CANDLE, NOW, UnknownAlert, admitted, an_alert, an_entry

LEASE_S = 30
UNKNOWN = (UnknownAlert, delivery_book.UnknownAlert)


@pytest.fixture
def alert(world):
    return admitted(world.admission, an_alert())


def records(world, alert, *operators, status=Status.INTENT, now=NOW):
    tail = world.delivery.tail(alert.contract, now)
    plain = [
        delivery_record(alert, one, Channel.WEBSOCKET, status, now, {"screens": 1, "note": None})
        for one in operators
    ]
    return link(plain, tail)[0], tail


def begin(world, alert, *operators, now=NOW):
    return world.delivery.begin(alert, *records(world, alert, *operators, now=now), now, LEASE_S)


def finish(world, alert, *operators):
    world.delivery.finish(alert, *records(world, alert, *operators, status=Status.SENT))


class TestBegin:
    def test_takes_the_alert_and_writes_the_intents(self, world, alert):
        assert begin(world, alert, "ana", "bruno")
        assert [one["operator"] for one in world.records("entrega")] == ["ana", "bruno"]
        assert {one["status"] for one in world.records("entrega")} == {"intent"}

    def test_nobody_concerned_still_takes_it(self, world, alert):
        assert begin(world, alert)
        with pytest.raises(Leased):
            begin(world, alert)

    def test_while_the_lease_is_held_it_is_leased_and_nothing_is_written(self, world, alert):
        begin(world, alert, "ana")
        with pytest.raises(Leased):
            begin(world, alert, "ana", now=NOW + LEASE_S)
        assert len(world.records("entrega")) == 1

    def test_an_expired_lease_is_taken_again(self, world, alert):
        begin(world, alert, "ana")
        assert begin(world, alert, "ana", now=NOW + LEASE_S + 0.001)

    def test_a_delivered_alert_is_not_begun_again(self, world, alert):
        begin(world, alert, "ana")
        finish(world, alert, "ana")
        assert begin(world, alert, "ana") is False
        assert len(world.records("entrega")) == 2

    def test_a_chain_that_moved_is_contended_and_leaves_the_lease_free(self, world, alert):
        intents, tail = records(world, alert, "ana")
        world.delivery.append(*records(world, alert, "bruno"))
        with pytest.raises(Contended):
            world.delivery.begin(alert, intents, tail, NOW, LEASE_S)
        assert begin(world, alert, "ana")

    def test_an_alert_that_was_never_admitted_is_no_ones(self, world):
        with pytest.raises(UNKNOWN):
            begin(world, an_alert(), "ana")

    def test_nor_is_a_refused_one(self, world):
        head = world.admission.head("WINZ26", NOW)
        world.admission.commit(an_entry(head, an_alert(), Verdict.MUTED), None, NOW)
        with pytest.raises(UNKNOWN):
            begin(world, an_alert(), "ana")


class TestFinish:
    def test_writes_the_outcomes_behind_the_intents(self, world, alert):
        begin(world, alert, "ana")
        finish(world, alert, "ana")
        assert [one["status"] for one in world.records("entrega")] == ["intent", "sent"]
        assert broken_at(world.records("entrega")) is None

    def test_a_chain_that_moved_is_contended_and_the_alert_stays_taken(self, world, alert):
        begin(world, alert, "ana")
        outcomes, tail = records(world, alert, "ana", status=Status.SENT)
        world.delivery.append(*records(world, alert, "bruno"))
        with pytest.raises(Contended):
            world.delivery.finish(alert, outcomes, tail)
        with pytest.raises(Leased):
            begin(world, alert)

    def test_without_outcomes_it_still_ends(self, world, alert):
        begin(world, alert)
        finish(world, alert)
        assert begin(world, alert) is False
        assert world.records("entrega") == []


class TestAppend:
    def test_nothing_is_nothing(self, world, alert):
        world.delivery.append([], world.delivery.tail(alert.contract, NOW))
        assert world.records("entrega") == []

    def test_a_moved_chain_is_contended(self, world, alert):
        late, tail = records(world, alert, "ana")
        world.delivery.append(*records(world, alert, "bruno"))
        with pytest.raises(Contended):
            world.delivery.append(late, tail)
        assert len(world.records("entrega")) == 1

    def test_more_than_a_transaction_holds(self, world, alert):
        desk = [f"op{n:03d}" for n in range(delivery_book.RECORDS_AT_ONCE * 2 + 1)]
        assert begin(world, alert, *desk)
        written = world.records("entrega")
        assert [one["operator"] for one in written] == desk
        assert broken_at(written, until=world.delivery.tail(alert.contract, NOW).hash) is None

    def test_more_than_a_transaction_holds_against_a_moved_chain(self, world, alert):
        intents, tail = records(world, alert, *[f"op{n}" for n in range(delivery_book.RECORDS_AT_ONCE + 1)])
        world.delivery.append(*records(world, alert, "bruno"))
        with pytest.raises(Contended):
            world.delivery.begin(alert, intents, tail, NOW, LEASE_S)
        assert begin(world, alert, "ana")

    def test_alerts_and_deliveries_have_chains_of_their_own(self, world, alert):
        assert world.delivery.tail(alert.contract, NOW) == Tail("WINZ26#2026-11-23")


class TestMailing:
    def test_one_at_a_time(self, world, alert):
        assert world.delivery.mailing(alert.id, "ana", NOW, LEASE_S)
        with pytest.raises(Leased):
            world.delivery.mailing(alert.id, "ana", NOW + LEASE_S - 1, LEASE_S)
        assert world.delivery.mailing(alert.id, "bruno", NOW, LEASE_S)
        assert world.delivery.reached(alert.id) == {"ana": Reached(), "bruno": Reached()}

    def test_who_died_at_it_is_followed(self, world, alert):
        world.delivery.mailing(alert.id, "ana", NOW, LEASE_S)
        assert world.delivery.mailing(alert.id, "ana", NOW + LEASE_S, LEASE_S)

    def test_given_back_it_is_free(self, world, alert):
        world.delivery.mailing(alert.id, "ana", NOW, LEASE_S)
        world.delivery.not_mailed(alert.id, "ana")
        assert world.delivery.mailing(alert.id, "ana", NOW + 1, LEASE_S)

    @pytest.mark.parametrize("end", ["mailed", "gave_up"])
    def test_settled_it_is_nobodys(self, world, alert, end):
        world.delivery.mailing(alert.id, "ana", NOW, LEASE_S)
        getattr(world.delivery, end)(alert.id, "ana", NOW + 1)
        assert world.delivery.mailing(alert.id, "ana", NOW + 2 * LEASE_S, LEASE_S) is False


class TestReached:
    def test_nobody_yet(self, world, alert):
        assert world.delivery.reached(alert.id) == {}

    def test_the_first_receipt_counts(self, world, alert):
        assert world.delivery.received(alert.id, "ana", NOW + 1.125) == Reached(NOW + 1.125)
        assert world.delivery.received(alert.id, "ana", NOW + 2) == Reached(NOW + 1.125)
        assert world.delivery.reached(alert.id) == {"ana": Reached(NOW + 1.125)}

    def test_a_receipt_tells_how_long_after_detection_it_came_while_the_alert_lives(self, world, alert):
        assert world.delivery.received(alert.id, "ana", NOW + 1.125).shown_ms == 1125.0
        assert world.delivery.received(alert.id, "bruno", alert.expires_at + 1).shown_ms is None
        assert world.delivery.reached(alert.id)["ana"].shown_ms is None  # known to receipts alone

    def test_no_receipt_for_what_was_never_admitted(self, world):
        assert world.delivery.received("0" * 64, "ana", NOW) is None
        assert world.delivery.reached("0" * 64) == {}

    def test_nor_for_what_was_refused(self, world):
        head = world.admission.head("WINZ26", NOW)
        world.admission.commit(an_entry(head, an_alert(), Verdict.STALE), None, NOW)
        assert world.delivery.received(an_alert().id, "ana", NOW) is None

    def test_an_email_and_a_receipt_see_each_other_in_either_order(self, world, alert):
        assert world.delivery.mailed(alert.id, "ana", NOW) == Reached(None, NOW)
        assert world.delivery.received(alert.id, "ana", NOW + 1) == Reached(NOW + 1, NOW)
        world.delivery.received(alert.id, "bruno", NOW)
        assert world.delivery.mailed(alert.id, "bruno", NOW + 1) == Reached(NOW, NOW + 1)
        assert set(world.delivery.reached(alert.id)) == {"ana", "bruno"}

    def test_given_up_is_settled(self, world, alert):
        assert world.delivery.gave_up(alert.id, "ana", NOW).settled
        assert world.delivery.reached(alert.id)["ana"] == Reached(None, None, NOW)

    def test_a_receipt_alone_is_not_settled(self, world, alert):
        assert not world.delivery.received(alert.id, "ana", NOW).settled

    def test_alerts_do_not_mix(self, world, alert):
        other = admitted(world.admission, an_alert(CANDLE + 300))
        world.delivery.received(other.id, "ana", NOW)
        assert world.delivery.reached(alert.id) == {}
