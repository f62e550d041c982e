"""The ports FeedbackBook and Suppressions: each report once, each address for its first cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pregao.domain.audit.chain import broken_at, link
from pregao.domain.audit.records import feedback_record
from pregao.domain.delivery.mail_events import MailEvent
from pregao.domain.delivery.operators import Channel, Status, Tried
from pregao.domain.delivery.suppression import Suppression, address_key
from pregao.flow.ports.refusals import Contended
from tests.fakes import NOW, an_alert

ALERT = an_alert()
EVENT = MailEvent("ses-1", Status.BOUNCED, "ana@mesa.example", "ana", ALERT.id, NOW, {"bounce_type": "P"})
ANA = Suppression(address_key("ana@mesa.example"), "ana", "bounced", NOW + 0.5)
BRUNO = Suppression(address_key("bruno@mesa.example"), "bruno", "complained", NOW)


def record(world, event, tail=None):
    tail = tail or world.feedback.tail(ALERT.contract, NOW)
    return world.feedback.record(
        event, link([feedback_record(ALERT, "op-ana", event, NOW)], tail)[0][0], tail
    )


class TestFeedbackBook:
    def test_a_report_is_heard_once_it_is_recorded(self, world):
        assert not world.feedback.heard(EVENT)
        assert record(world, EVENT)
        assert world.feedback.heard(EVENT)
        (written,) = world.records("entrega")
        assert (written["status"], written["provider_id"]) == ("bounced", "ses-1")

    def test_twice_is_once(self, world):
        record(world, EVENT)
        assert not record(world, EVENT)
        assert len(world.records("entrega")) == 1

    def test_another_kind_and_another_email_are_others(self, world):
        for event in (EVENT, replace(EVENT, status=Status.DELAYED), replace(EVENT, message_id="ses-2")):
            assert record(world, event)
        assert broken_at(world.records("entrega")) is None

    def test_a_moved_chain_is_told_and_nothing_is_written(self, world):
        tail = world.feedback.tail(ALERT.contract, NOW)
        record(world, EVENT)
        other = replace(EVENT, message_id="ses-2")
        with pytest.raises(Contended):
            record(world, other, tail)
        assert not world.feedback.heard(other)


class TestSuppressions:
    def test_found_after_it_was_added(self, world):
        assert world.suppressions.find(ANA.key) is None
        world.suppressions.add(ANA)
        assert world.suppressions.find(ANA.key) == ANA
        assert world.suppressions.find(BRUNO.key) is None

    def test_the_first_cause_stands(self, world):
        world.suppressions.add(ANA)
        world.suppressions.add(replace(ANA, cause="complained", since=NOW + 9))
        assert world.suppressions.all() == [ANA]

    def test_all_come_in_the_order_of_time(self, world):
        for one in (ANA, BRUNO):
            world.suppressions.add(one)
        assert world.suppressions.all() == [BRUNO, ANA]

    def test_lifted_once(self, world):
        world.suppressions.add(ANA)
        assert world.suppressions.lift(ANA.key)
        assert not world.suppressions.lift(ANA.key)
        assert world.suppressions.all() == []


def test_the_right_to_text_is_taken_once_and_settles_nobody(world):
    assert world.delivery.trying(ALERT.id, "ana", Channel.SMS, NOW)
    assert not world.delivery.trying(ALERT.id, "ana", Channel.SMS, NOW + 9_999)
    assert world.delivery.trying(ALERT.id, "bruno", Channel.SMS, NOW)
    assert not any(one.done for one in world.delivery.reached(ALERT.id).values())


def test_the_right_to_send_on_a_channel_is_taken_once_and_what_came_of_it_is_known(world):
    book = world.delivery
    assert book.trying(ALERT.id, "ana", Channel.PUSH, NOW)
    assert not book.trying(ALERT.id, "ana", Channel.PUSH, NOW + 9_999)
    assert book.trying(ALERT.id, "ana", Channel.TELEGRAM, NOW + 1)
    book.ended(ALERT.id, "ana", Channel.PUSH, Tried(0, Status.SENT, NOW + 2, "n-1"))
    reached = book.reached(ALERT.id)["ana"]
    assert reached.tried == {
        Channel.PUSH: Tried(NOW, Status.SENT, NOW + 2, "n-1"),
        Channel.TELEGRAM: Tried(NOW + 1),
    }
    assert not reached.done


def test_a_right_that_was_given_back_can_be_taken_again(world):
    assert world.delivery.trying(ALERT.id, "ana", Channel.PUSH, NOW)
    world.delivery.not_sent(ALERT.id, "ana", Channel.PUSH)
    assert world.delivery.trying(ALERT.id, "ana", Channel.PUSH, NOW + 5)
