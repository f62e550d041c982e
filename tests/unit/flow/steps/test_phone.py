"""The steps between screen and e-mail: once each, stopped by a receipt or a decision, never sent in doubt."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import time
from typing import ClassVar

import pytest

from pregao.domain.delivery.alert_state import Taken
from pregao.domain.delivery.duty import Duty, Quiet
from pregao.domain.delivery.escalation import Retry
from pregao.domain.delivery.operators import Channel, Status, Step
from pregao.flow.fallback import STALE_S, Fallback, fall_back
from pregao.flow.ports.refusals import ChannelBusy, ChannelRefused, ChannelSilent, MailBusy, NoAddress
from pregao.flow.steps.current_note import EDIT_S
from pregao.flow.steps.in_time import TimeLeft
from pregao.flow.steps.phone import LEASE_S
from pregao.flow.steps.settled import Settled
from tests.fakes import (
    NOW,
    PLENTY,
    Clock,
    FakeAdmissionBook,
    FakeDeliveryBook,
    FakeFallbackQueue,
    FakeMailbox,
    FakeNotes,
    FakeSender,
    FakeSuppressions,
    FakeTroubles,
    FakeUnreachedBook,
    Store,
    a_timer,
    admitted,
    an_alert,
    an_operator,
)

STEPS = (Step(Channel.PUSH, 5), Step(Channel.TELEGRAM, 10), Step(Channel.EMAIL, 60))


class Desk:
    """Ana, who carries a phone with a notification and Telegram; no screen of hers confirmed."""

    about: ClassVar[dict[str, object]] = {}
    """What the alert is besides."""

    def __init__(self):
        self.store, self.clock = Store(), Clock(NOW + 10)
        self.book, self.queue, self.mailbox = FakeDeliveryBook(self.store), FakeFallbackQueue(), FakeMailbox()
        self.ana = an_operator("ana", steps=STEPS)
        self.alert = admitted(FakeAdmissionBook(self.store), an_alert(**self.about))
        self.time = PLENTY
        self.silent_until, self.notes, self.troubles = None, FakeNotes(), FakeTroubles()
        self.dies, self.people = False, {}
        self.senders = {Channel.PUSH: FakeSender(), Channel.TELEGRAM: FakeSender()}

    def settle(self, channel=Channel.PUSH, attempt=1, operators=("ana",)):
        timer = a_timer(self.alert, *operators, attempt=attempt, cause="no_screen")
        return self.take(replace(timer, channel=channel))

    def take(self, timer):
        deps = Fallback(
            {"ana": self.ana, "bruno": replace(self.ana, id="bruno", audit_id="op-bruno"), **self.people},
            self.book,
            self.queue,
            self.mailbox,
            FakeSuppressions(self.store),
            FakeUnreachedBook(self.store),
            "pregao@mesa.example",
            lambda alert, who: f"https://mesa.example/act/{who}-{alert.seq}",
            Retry(),
            lambda _: None,
            self.clock,
            senders=self.senders,
            silent_until=lambda _: self.silent_until,
            notes=self.notes,
            troubles=self.troubles,
            pictures=self,
        )
        return fall_back(timer, deps, self.time)

    def of(self, alert, language):
        """flow.ports.phone.Pictures."""
        if self.dies:
            raise KeyError("the process dies here")
        return f"{alert.id} {language}".encode()

    def sent(self, channel=Channel.PUSH):
        return [note for _, note in self.senders[channel].sent]

    def audited(self, channel="push"):
        return [one["status"] for one in self.store.of("entrega_audit", channel=channel)]

    def started(self):
        return [(timer.channel.value, timer.attempt, delay) for timer, delay in self.queue.started]


@pytest.fixture
def desk():
    return Desk()


class TestSent:
    def test_intent_before_outcome_after_and_the_step_behind_in_its_time(self, desk):
        assert desk.settle() == Settled(steps={"push sent": 1})
        assert desk.audited() == ["intent", "sent"]
        assert desk.started() == [("telegram", 1, 10)]

    def test_behind_the_last_of_them_comes_the_email(self, desk):
        desk.settle(Channel.TELEGRAM)
        assert desk.started() == [("email", 1, 60)]
        assert desk.mailbox.sent == []

    def test_once_also_when_the_timer_comes_twice(self, desk):
        desk.settle()
        desk.clock.now += LEASE_S + 100
        assert desk.settle() == Settled()
        assert len(desk.sent()) == 1
        assert desk.audited() == ["intent", "sent"]

    def test_the_note_says_what_it_is_and_links_to_the_page_that_asks(self, desk):
        desk.settle()
        (note,) = desk.sent()
        assert note.title == "▲ COMPRA WINZ26 @ 131.250 · Rompimento de nível"
        assert note.lines[-1].startswith("Aberto até")
        assert note.url == "https://mesa.example/act/ana-1"
        assert note.until == desk.alert.decide_by

    def test_a_chart_goes_with_it_where_the_service_takes_one(self, desk):
        for channel in (Channel.PUSH, Channel.TELEGRAM):
            desk.settle(channel)
        assert [desk.sent(one)[0].picture for one in (Channel.PUSH, Channel.TELEGRAM)] == [
            b"",
            f"{desk.alert.id} pt-BR".encode(),
        ]

    def test_the_intent_says_by_a_hash_where_it_goes(self, desk):
        desk.settle(Channel.TELEGRAM)
        intent, sent = desk.store.of("entrega_audit", channel="telegram")
        assert (intent["provider_id"], sent["provider_id"]) == ("to:hash of ana", "note-1")
        assert intent["cause"] == "no_screen"


class TestStops:
    def test_at_a_receipt(self, desk):
        desk.book.received(desk.alert.id, "ana", NOW + 1)
        assert desk.settle() == Settled(received=1)
        assert (desk.sent(), desk.started(), desk.audited()) == ([], [], [])

    @pytest.mark.parametrize("who", ["ana", "bruno"])
    def test_at_a_decision_and_the_email_says_what_it_says_of_it(self, desk, who):
        desk.store.decisions[desk.alert.id] = Taken(who, "executed", NOW + 3)
        assert desk.settle() == Settled(steps={"push withheld": 1})
        assert (desk.sent(), desk.started()) == ([], [("email", 1, 0)])
        (record,) = desk.store.of("entrega_audit", channel="push")
        assert (record["status"], record["cause"]) == ("withheld", "decided")

    def test_when_the_alert_is_over(self, desk):
        desk.clock.now = desk.alert.decide_by + 1
        desk.settle()
        assert (desk.sent(), desk.started()) == ([], [("email", 1, 0)])

    def test_while_the_phone_is_silent_and_the_email_comes_at_once(self, desk):
        desk.silent_until = desk.clock.now + 1
        desk.settle()
        assert (desk.sent(), desk.started(), desk.audited()) == ([], [("email", 1, 0)], ["withheld"])
        desk.silent_until = desk.clock.now
        assert desk.settle(Channel.TELEGRAM) == Settled(steps={"telegram sent": 1}), "it is over by itself"

    def test_in_quiet_hours_with_all_that_would_come_behind(self, desk):
        desk.ana = replace(desk.ana, duty=Duty(quiet=(Quiet(time(0), time(23, 59)),)))
        assert desk.settle() == Settled(withheld=1)
        assert (desk.sent(), desk.started(), desk.audited()) == ([], [], ["withheld"])
        assert desk.book.reached(desk.alert.id)["ana"].settled


class TestDoubt:
    def test_an_answer_that_is_lost_is_not_asked_for_again_and_the_next_step_begins(self, desk):
        desk.senders[Channel.PUSH].faults.after("send", ChannelSilent())
        assert desk.settle() == Settled(steps={"push unknown": 1}, told=1)
        assert desk.started()[-1] == ("telegram", 1, 0)
        desk.clock.now += LEASE_S + 100
        desk.settle()
        assert len(desk.sent()) == 1
        assert desk.audited() == ["intent", "unknown"]

    def test_a_function_that_died_while_sending(self, desk):
        desk.senders[Channel.PUSH].faults.after("send", KeyError("the process dies here"))
        with pytest.raises(ExceptionGroup):
            desk.settle()
        assert desk.settle() == Settled(), "another one may still be at it"
        desk.clock.now += LEASE_S
        assert desk.settle() == Settled(steps={"push unknown": 1}, told=1)
        assert len(desk.sent()) == 1
        assert desk.audited() == ["intent", "unknown"]
        assert desk.started() == [("telegram", 1, 10), ("telegram", 1, 0)]

    def test_a_function_that_died_over_the_chart_had_written_that_the_step_began(self, desk):
        desk.dies = True
        with pytest.raises(ExceptionGroup):
            desk.settle(Channel.TELEGRAM)
        assert desk.audited("telegram") == ["intent"]
        desk.clock.now += LEASE_S
        desk.settle(Channel.TELEGRAM)
        assert desk.audited("telegram") == ["intent", "unknown"]

    @pytest.mark.parametrize("since", ["receipt", "email", "expiry"])
    def test_an_intent_has_an_end_whatever_became_of_the_operator(self, desk, since):
        desk.senders[Channel.PUSH].faults.after("send", KeyError("the process dies here"))
        with pytest.raises(ExceptionGroup):
            desk.settle()
        if since == "receipt":
            desk.book.received(desk.alert.id, "ana", desk.clock())
        if since == "email":
            desk.book.mailed(desk.alert.id, "ana", desk.clock())
        desk.clock.now += LEASE_S if since != "expiry" else 600
        desk.settle()
        assert desk.audited() == ["intent", "unknown"]

    def test_a_function_that_died_before_it_started_the_step_behind(self, desk):
        assert desk.book.trying(desk.alert.id, "ana", Channel.PUSH, desk.clock())
        desk.clock.now += LEASE_S
        desk.settle()
        assert desk.started() == [("telegram", 1, 0)]


class TestNotTaken:
    def test_a_busy_service_is_asked_again_when_it_says_and_the_step_behind_does_not_wait(self, desk):
        desk.senders[Channel.PUSH].faults.before("send", ChannelBusy("429", 17.0))
        assert desk.settle() == Settled(steps={"push intent": 1})
        assert desk.started() == [("telegram", 1, 10), ("push", 2, 17)]
        assert desk.settle(attempt=2) == Settled(steps={"push sent": 1})
        assert len(desk.started()) == 2
        assert desk.audited() == ["intent", "failed", "intent", "sent"]

    def test_is_given_up_in_time(self, desk):
        desk.senders[Channel.PUSH].faults.before("send", *(ChannelBusy("503") for _ in range(3)))
        assert [desk.settle(attempt=n).steps for n in (1, 2, 3)] == [
            {"push intent": 1},
            {"push intent": 1},
            {"push failed": 1},
        ]
        assert desk.started()[-1] == ("telegram", 1, 0)

    def test_what_a_person_must_mend_is_not_tried_again(self, desk):
        desk.senders[Channel.PUSH].faults.before("send", ChannelRefused("wrong_token"))
        assert desk.settle() == Settled(steps={"push failed": 1}, told=1)
        assert desk.started()[-1] == ("telegram", 1, 0)
        (record,) = desk.store.of("entrega_audit", status="failed")
        assert record["error"] == "wrong_token"

    def test_without_an_address_the_next_step_begins(self, desk):
        desk.senders[Channel.PUSH].faults.before("send", NoAddress())
        assert desk.settle() == Settled(steps={"push withheld": 1})
        assert desk.started()[-1] == ("telegram", 1, 0)

    def test_a_channel_that_this_desk_does_not_have(self, desk):
        del desk.senders[Channel.PUSH]
        assert desk.settle() == Settled(steps={"push withheld": 1})
        assert desk.started() == [("telegram", 1, 0)]


def test_a_channel_that_was_taken_out_of_the_configuration_meanwhile(desk):
    desk.ana = replace(desk.ana, steps=(Step(Channel.EMAIL),))
    desk.settle(Channel.TELEGRAM)
    assert desk.started() == [("email", 1, 0)]


def test_where_the_steps_changed_their_order_meanwhile_the_email_still_comes(desk):
    """Telegram had its turn before push then; behind push it is next now, and is not asked again."""
    desk.settle(Channel.TELEGRAM)
    desk.settle()
    assert desk.started()[-1] == ("telegram", 1, 10)
    desk.settle(Channel.TELEGRAM)
    assert desk.started()[-1] == ("email", 1, 60)
    assert len(desk.sent(Channel.TELEGRAM)) == 1


class TestAmended:
    def test_a_note_says_who_decided_once_the_next_timer_comes(self, desk):
        desk.settle(Channel.TELEGRAM)
        desk.store.decisions[desk.alert.id] = Taken("ana", "executed", NOW + 30)
        desk.settle(Channel.EMAIL)
        ((provider_id, note),) = desk.senders[Channel.TELEGRAM].amended
        assert provider_id == "note-1"
        assert "Executado por Ana" in note.lines[-1]

    def test_one_that_is_open_is_left_alone(self, desk):
        desk.settle(Channel.TELEGRAM)
        desk.settle(Channel.EMAIL)
        assert desk.senders[Channel.TELEGRAM].amended == []

    @pytest.mark.parametrize("error", [ChannelRefused("not modified"), ChannelSilent(), ChannelBusy("429")])
    def test_a_service_that_does_not_take_it_stops_nothing(self, desk, error):
        desk.settle(Channel.TELEGRAM)
        desk.store.decisions[desk.alert.id] = Taken("bruno", "executed", NOW + 30)
        desk.senders[Channel.TELEGRAM].faults.before("amend", error)
        assert desk.settle(Channel.EMAIL) == Settled(mailed=1)

    @pytest.mark.parametrize("who", ["ana", "bruno"])
    def test_addresses_that_cannot_be_read_hold_no_email_up(self, desk, who):
        for one in ("ana", "bruno"):
            desk.settle(Channel.TELEGRAM, operators=(one,))
        desk.store.decisions[desk.alert.id] = Taken("bruno", "executed", NOW + 30)
        desk.senders[Channel.TELEGRAM].faults.before("amend", RuntimeError("secret"), RuntimeError("secret"))
        with pytest.raises(ExceptionGroup):
            desk.settle(Channel.EMAIL, operators=("ana", "bruno"))
        assert desk.book.reached(desk.alert.id)[who].settled
        assert len(desk.mailbox.sent) == 1

    def test_only_while_there_is_time(self, desk):
        desk.settle(Channel.TELEGRAM)
        desk.store.decisions[desk.alert.id] = Taken("bruno", "executed", NOW + 30)
        desk.time = TimeLeft(lambda: EDIT_S - 1 if desk.mailbox.sent else 75.0)
        assert desk.settle(Channel.EMAIL) == Settled(mailed=1)
        assert desk.senders[Channel.TELEGRAM].amended == []


class TestLateSteps:
    """The tries of a step count from its own first one: the steps before it may have taken minutes."""

    @pytest.fixture(autouse=True)
    def late(self, desk):
        desk.clock.now = desk.alert.detected_at + 290

    def test_an_email_that_ses_does_not_take_once_is_tried_again(self, desk):
        desk.mailbox.faults.before("send", MailBusy("slow"))
        assert desk.settle(Channel.EMAIL) == Settled(retried=1)
        assert desk.started() == [("email", 2, 30)]
        assert desk.queue.dead_letters == []
        assert desk.settle(Channel.EMAIL, attempt=2) == Settled(mailed=1)

    def test_a_note_that_its_service_does_not_take_once_too(self, desk):
        desk.senders[Channel.TELEGRAM].faults.before("send", ChannelBusy("429"))
        assert desk.settle(Channel.TELEGRAM) == Settled(steps={"telegram intent": 1})
        assert ("telegram", 2, 5) in desk.started()


def test_what_came_of_a_step_is_known(desk):
    desk.settle()
    tried = desk.book.reached(desk.alert.id)["ana"].tried[Channel.PUSH]
    assert (tried.end, tried.at, tried.ended_at) == (Status.SENT, desk.clock(), desk.clock())


def test_a_timer_that_comes_again_starts_the_step_behind_once(desk):
    """Another one's step failed, or the queue handed it over twice: a receipt would be recorded twice."""
    push, send = desk.senders[Channel.PUSH], desk.senders[Channel.PUSH].send
    push.send = lambda who, note: {"ana": send}[who.id](who, note)
    for _ in range(2):
        with suppress(ExceptionGroup):
            desk.settle(operators=("ana", "bruno"))
        desk.clock.now += LEASE_S + 1
    assert [one for one, _ in desk.queue.started if one.operators == ("ana",)] == [
        replace(a_timer(desk.alert, "ana", cause="no_screen"), channel=Channel.TELEGRAM)
    ]


def test_what_cannot_be_changed_is_not_read_for(desk):
    desk.settle(Channel.PUSH)
    desk.store.decisions[desk.alert.id] = Taken("ana", "executed", NOW + 3)
    progress, asked = desk.book.progress, []
    desk.book.progress = lambda alert: (asked.append(alert), progress(alert))[1]
    desk.settle(Channel.EMAIL)
    assert len(asked) == 1


@pytest.mark.parametrize("channel", [Channel.PUSH, Channel.EMAIL])
def test_behind_a_slow_service_it_is_read_again_how_the_alert_stands(desk, channel):
    """Somebody may have decided while it did not answer: who comes behind is a timer of their own."""
    slow = desk.mailbox if channel is Channel.EMAIL else desk.senders[channel]
    send = slow.send
    slow.send = lambda *args: (setattr(desk.clock, "now", desk.clock.now + STALE_S + 1), send(*args))[1]
    desk.settle(channel, operators=("ana", "bruno"))
    assert len(slow.sent) == 1
    (behind,) = [timer for timer, delay in desk.queue.started if (timer.channel, delay) == (channel, 0)]
    assert behind.operators == ("bruno",)
    desk.store.decisions[desk.alert.id] = Taken("ana", "rejected", NOW + 3)
    desk.settle(channel, operators=behind.operators)
    told = len(slow.sent) - 1
    assert told == (channel is Channel.EMAIL), "of a decision e-mail tells, a phone does not"


def test_behind_a_slow_service_the_others_go_on_side_by_side(desk):
    """One that hangs for each of ten operators would have the last wait for all before."""
    people = {f"op{n}": replace(desk.ana, id=f"op{n}", audit_id=f"op-{n:06}") for n in range(20)}
    desk.people = people
    slow = desk.senders[Channel.PUSH]
    send = slow.send
    slow.send = lambda *args: (setattr(desk.clock, "now", desk.clock.now + STALE_S + 1), send(*args))[1]
    desk.settle(operators=tuple(people))
    parts = [
        timer.operators for timer, delay in desk.queue.started if (timer.channel, delay) == (Channel.PUSH, 0)
    ]
    assert [len(part) for part in parts] == [3, 3, 3, 2, 2, 2, 2, 2]
    assert sorted(one for part in parts for one in part) == sorted(people.keys() - {"op0"})


def test_where_little_time_is_left_the_others_stay_together(desk):
    desk.people = {f"op{n}": replace(desk.ana, id=f"op{n}", audit_id=f"op-{n:06}") for n in range(20)}
    left = iter([75.0, 75.0, 59.0])
    desk.time = TimeLeft(lambda: next(left, 5.0))
    desk.time.for_more(0)
    desk.settle(operators=tuple(desk.people))
    parts = [
        timer.operators for timer, delay in desk.queue.started if (timer.channel, delay) == (Channel.PUSH, 0)
    ]
    assert parts == [tuple(f"op{n}" for n in range(1, 20))]


class TestToldOnce:
    """What a channel does not take is told when it begins, and again only after it worked in between."""

    def next(self, desk, *errors):
        desk.alert = admitted(FakeAdmissionBook(desk.store), an_alert(desk.alert.candle.time + 300))
        desk.senders[Channel.PUSH].faults.before("send", *errors)
        return desk.settle().told

    def test_each_cause_by_itself(self, desk):
        refused = ChannelRefused("expired")
        told = [self.next(desk, one) for one in (refused, refused, ChannelSilent(), refused, ChannelSilent())]
        assert told == [1, 0, 1, 0, 0]
        assert [(one.cause, one.times) for one in desk.troubles.of("ana")] == [
            ("expired", 3),
            ("no_answer", 2),
        ]

    def test_again_after_it_worked(self, desk):
        assert self.next(desk, ChannelRefused("blocked")) == 1
        assert self.next(desk) == 0
        assert desk.troubles.all() == []
        assert self.next(desk, ChannelRefused("blocked")) == 1

    def test_a_busy_service_only_when_it_is_given_up(self, desk):
        desk.senders[Channel.PUSH].faults.before("send", *(ChannelBusy("429", 1.0) for _ in range(3)))
        assert [desk.settle(attempt=n).told for n in (1, 2, 3)] == [0, 0, 1]

    def test_what_was_not_tried_is_none(self, desk):
        assert self.next(desk, NoAddress()) == 0
        assert desk.troubles.all() == []
