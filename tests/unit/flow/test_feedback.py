"""The story of flow/feedback: told once, suppressed where it must be, lost e-mails among the dead letters."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from pregao.domain.audit.chain import broken_at
from pregao.domain.delivery.alert_state import Taken
from pregao.domain.delivery.mail_events import MailEvent
from pregao.domain.delivery.operators import Status
from pregao.domain.delivery.suppression import address_key
from pregao.domain.delivery.unreached import Cause
from pregao.flow.feedback import Feedback, Heard, hear
from pregao.flow.ports.refusals import Contended
from tests.fakes import (
    NOW,
    PLENTY,
    Clock,
    FakeAdmissionBook,
    FakeAlertLog,
    FakeDeliveryBook,
    FakeFallbackQueue,
    FakeFeedbackBook,
    FakeSuppressions,
    FakeUnreachedBook,
    Store,
    admitted,
    an_alert,
    an_operator,
)

ADDRESS = "ana@mesa.example"


class Desk:
    """An alert whose e-mail to Ana SES took ten seconds ago."""

    def __init__(self):
        self.store, self.clock, self.pauses, self.queue = Store(), Clock(NOW + 20), [], FakeFallbackQueue()
        self.alert = admitted(FakeAdmissionBook(self.store), an_alert())
        self.deliveries = FakeDeliveryBook(self.store)
        self.deliveries.mailed(self.alert.id, "ana", NOW + 10)
        self.suppressions = FakeSuppressions(self.store)
        self.unreached = FakeUnreachedBook(self.store)

    def event(self, status, **changes):
        plain = MailEvent(
            "ses-1", status, ADDRESS, "ana", self.alert.id, NOW + 12, {"bounce_type": "Permanent"}
        )
        return replace(plain, **changes)

    def hear(self, event):
        deps = Feedback(
            [an_operator("ana"), an_operator("bruno")],
            FakeAlertLog(self.store),
            FakeFeedbackBook(self.store),
            self.deliveries,
            self.suppressions,
            self.unreached,
            self.queue,
            self.pauses.append,
            self.clock,
        )
        return hear(event, deps, PLENTY)

    @property
    def audited(self):
        return self.store.records["entrega_audit"]


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def bounce(desk):
    return desk.event(Status.BOUNCED, lost=True, suppresses=True)


def test_a_delivery_is_written_down_and_nothing_else(desk):
    assert desk.hear(desk.event(Status.DELIVERED, detail={})) is Heard.RECORDED
    (record,) = desk.audited
    assert (record["channel"], record["status"], record["operator"]) == ("email", "delivered", "op-ana")
    assert (record["provider_id"], record["latency_ms"]) == ("ses-1", 12_000.0)
    assert record["happened_at"] < record["recorded_at"]
    assert desk.queue.dead_letters == []
    assert desk.store.suppressed == {}


def test_a_permanent_bounce_suppresses_and_is_a_dead_letter(desk, bounce):
    assert desk.hear(bounce) is Heard.RECORDED
    suppressed = desk.suppressions.find(address_key(ADDRESS))
    assert (suppressed.operator, suppressed.cause, suppressed.since) == ("ana", "bounced", NOW + 12)
    ((timer, reason),) = desk.queue.dead_letters
    assert (timer.alert, timer.operators, timer.cause) == (desk.alert, ("ana",), "bounced")
    assert reason == "e-mail bounced, Permanent"
    assert desk.audited[0]["bounce_type"] == "Permanent"


def test_a_complaint_suppresses_and_the_email_is_not_lost(desk):
    desk.hear(desk.event(Status.COMPLAINED, suppresses=True))
    assert desk.suppressions.find(address_key(ADDRESS)).cause == "complained"
    assert desk.queue.dead_letters == []


def test_whose_screen_has_confirmed_is_no_dead_letter(desk, bounce):
    desk.deliveries.received(desk.alert.id, "ana", NOW + 15)
    desk.hear(bounce)
    assert desk.queue.dead_letters == []
    assert len(desk.audited) == len(desk.store.suppressed) == 1


def test_who_decided_on_it_is_no_dead_letter(desk, bounce):
    desk.store.decisions[desk.alert.id] = Taken("ana", "executed", NOW + 14)
    desk.hear(bounce)
    assert desk.queue.dead_letters == []


class TestMailbox:
    """Whether it is reached, as /health tells it."""

    def test_after_a_bounce_it_is_not(self, desk, bounce):
        desk.hear(bounce)
        (one,) = desk.unreached.all().values()
        assert (one.operator, one.cause, one.since, one.times) == ("ana", Cause.BOUNCED, NOW + 12, 1)

    def test_after_what_arrived_later_it_is(self, desk, bounce):
        desk.hear(bounce)
        desk.hear(desk.event(Status.DELIVERED, message_id="ses-2", happened_at=NOW + 13))
        assert desk.unreached.all() == {}

    def test_what_arrived_before_ends_nothing(self, desk, bounce):
        desk.hear(bounce)
        desk.hear(desk.event(Status.DELIVERED, message_id="ses-0", happened_at=NOW + 11))
        assert len(desk.unreached.all()) == 1

    def test_an_address_they_have_no_more_says_nothing_of_them(self, desk, bounce):
        desk.hear(replace(bounce, address="ana.souza@mesa.example"))
        assert desk.unreached.all() == {}


ORDERS = sorted(set(permutations(("bounced", "delivered", "delayed", "bounced", "delivered"))))


@pytest.mark.parametrize("order", ORDERS)
def test_in_any_order_and_twice_is_each_once(order):
    desk = Desk()
    for status in order:
        bad = status == "bounced"
        desk.hear(desk.event(Status(status), lost=bad, suppresses=bad))
    assert sorted(one["status"] for one in desk.audited) == ["bounced", "delayed", "delivered"]
    assert len(desk.queue.dead_letters) == len(desk.store.suppressed) == 1
    assert broken_at(desk.audited) is None


def test_two_emails_of_an_alert_are_two(desk, bounce):
    for message in ("ses-1", "ses-2"):
        assert desk.hear(replace(bounce, message_id=message)) is Heard.RECORDED


def test_a_repeat_does_not_suppress_what_was_lifted(desk, bounce):
    desk.hear(bounce)
    desk.suppressions.lift(address_key(ADDRESS))
    assert desk.hear(bounce) is Heard.REPEATED
    assert desk.store.suppressed == {}


def test_an_email_about_no_alert_suppresses_and_is_not_audited(desk, bounce):
    for alert_id in ("", "f" * 64):
        assert desk.hear(replace(bounce, alert_id=alert_id)) is Heard.NO_ALERT
    assert desk.suppressions.find(address_key(ADDRESS))
    assert desk.audited == desk.queue.dead_letters == []


def test_a_chain_that_moves_is_read_again(desk, bounce):
    desk.store.faults.before("record", Contended(), Contended())
    assert desk.hear(bounce) is Heard.RECORDED
    assert desk.pauses == [1, 2]


def test_a_function_that_dies_before_the_record_leaves_all_to_the_next(desk, bounce):
    desk.store.faults.before("record", ConnectionError())
    with pytest.raises(ConnectionError):
        desk.hear(bounce)
    assert desk.hear(bounce) is Heard.RECORDED
    assert len(desk.audited) == len(desk.store.suppressed) == 1


def test_no_address_is_written_down(desk, bounce):
    desk.hear(bounce)
    told = repr((desk.audited, desk.queue.dead_letters, desk.store.suppressed))
    assert "mesa.example" not in told
    assert address_key(ADDRESS) not in repr(desk.audited)


def test_capitals_and_spaces_make_no_other_address():
    assert address_key(" Ana@Mesa.Example\n") == address_key(ADDRESS)
    assert address_key("ana2@mesa.example") != address_key(ADDRESS)
