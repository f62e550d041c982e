"""The story of flow/fallback: receipts audited, e-mail once, retries that double, the dead letters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from pregao.domain.alerts.signal import Severity
from pregao.domain.audit.chain import broken_at
from pregao.domain.delivery.alert_state import HandedOver, Taken
from pregao.domain.delivery.duty import Away, Duty, Quiet
from pregao.domain.delivery.escalation import Retry
from pregao.domain.delivery.operators import Reached
from pregao.domain.delivery.suppression import Suppression, address_key
from pregao.domain.delivery.unreached import Cause, Unreachable, unreachable
from pregao.flow.fallback import LEASE_S, Fallback, fall_back
from pregao.flow.ports.refusals import Contended, MailBusy, MailRefused, SmsFailed
from pregao.flow.steps.settled import Settled
from pregao.flow.steps.texting import SmsSettings
from tests.fakes import (
    NOW,
    PLENTY,
    Clock,
    FakeAdmissionBook,
    FakeDeliveryBook,
    FakeFallbackQueue,
    FakeMailbox,
    FakeSmsGateway,
    FakeSuppressions,
    FakeUnreachedBook,
    Store,
    a_timer,
    admitted,
    an_alert,
    an_operator,
)


class Desk:
    """Ana, Bruno (in English) and Carla, ten seconds after the frames went out."""

    def __init__(self):
        self.store, self.clock, self.pauses = Store(), Clock(NOW + 10), []
        self.book, self.queue, self.mailbox = FakeDeliveryBook(self.store), FakeFallbackQueue(), FakeMailbox()
        desk = [an_operator("ana"), an_operator("bruno", language="en"), an_operator("carla")]
        self.operators = {one.id: one for one in desk}
        self.alert = admitted(FakeAdmissionBook(self.store), an_alert())
        self.retry = Retry()
        self.suppressions = FakeSuppressions(self.store)
        self.unreached = FakeUnreachedBook(self.store)
        self.after_decision = True
        self.gateway, self.texting = FakeSmsGateway(), None

    def settle(self, *operators, attempt=1, cause="no_receipt", listed=()):
        deps = Fallback(
            self.operators,
            self.book,
            self.queue,
            self.mailbox,
            self.suppressions,
            self.unreached,
            "pregao@mesa.example",
            lambda alert, who: f"https://mesa.example/act/{who}-{alert.seq}",
            self.retry,
            self.pauses.append,
            self.clock,
            self.texting,
            after_decision=self.after_decision,
        )
        timer = a_timer(self.alert, *operators, attempt=attempt, cause=cause)
        return fall_back(replace(timer, listed=listed), deps, PLENTY)

    def next_alert(self):
        """Another alert, five minutes later."""
        self.clock.now += 300
        at = self.alert.candle.time + 300
        alert = an_alert(at, now=self.clock.now - 10, price=self.alert.price + 650)
        self.alert = admitted(FakeAdmissionBook(self.store), alert, now=self.clock.now - 10)

    def audited(self, **wanted):
        return [(one["operator"], one["status"]) for one in self.store.of("entrega_audit", **wanted)]


@pytest.fixture
def desk():
    return Desk()


class TestReceipt:
    def test_is_audited_and_there_is_no_email(self, desk):
        desk.book.received(desk.alert.id, "ana", NOW + 0.4)
        assert desk.settle("ana") == Settled(received=1)
        assert desk.mailbox.sent == []
        (record,) = desk.store.records["entrega_audit"]
        assert (record["channel"], record["status"], record["late"]) == ("websocket", "received", False)

    def test_its_latency_is_that_of_the_receipt_not_of_the_timer(self, desk):
        desk.book.received(desk.alert.id, "ana", NOW + 0.4)
        desk.settle("ana")
        (record,) = desk.store.records["entrega_audit"]
        assert record["latency_ms"] == 400.0
        assert record["received_at"] < record["recorded_at"]
        assert record["recorded_at"].endswith("14:05:10.250000+00:00")

    def test_one_confirmed_one_did_not(self, desk):
        desk.book.received(desk.alert.id, "bruno", NOW + 1)
        assert desk.settle("ana", "bruno") == Settled(received=1, mailed=1)
        assert [mail.to for mail in desk.mailbox.sent] == ["ana@mesa.example"]

    def test_that_overtakes_the_email_is_audited_with_it(self, desk):
        """Between reading who confirmed and recording the e-mail; nobody else would write it down."""
        original = desk.mailbox.send

        def send(mail):
            desk.book.received(desk.alert.id, "ana", desk.clock())
            return original(mail)

        desk.mailbox.send = send
        desk.settle("ana")
        assert sorted(desk.audited()) == [("op-ana", "intent"), ("op-ana", "received"), ("op-ana", "sent")]

    def test_that_came_after_the_email_is_left_to_its_arrival(self, desk):
        desk.settle("ana")
        desk.book.received(desk.alert.id, "ana", NOW + 20)
        assert desk.settle("ana") == Settled()
        assert desk.audited(status="received") == []


class TestEmail:
    def test_intent_before_and_outcome_after(self, desk):
        assert desk.settle("ana", cause="no_screen") == Settled(mailed=1)
        assert desk.audited(channel="email") == [("op-ana", "intent"), ("op-ana", "sent")]
        sent = desk.store.of("entrega_audit", status="sent")[0]
        assert (sent["attempt"], sent["cause"], sent["provider_id"]) == (1, "no_screen", "mail-1")
        assert broken_at(desk.store.records["entrega_audit"]) is None

    def test_in_the_operators_language_with_the_cause(self, desk):
        desk.settle("ana", "bruno", cause="no_screen")
        ana, bruno = desk.mailbox.sent
        assert ana.subject == "[Pregão] ▲ COMPRA WINZ26 @ 131.250 · Rompimento de nível"
        assert bruno.subject == "[Pregão] ▲ LONG WINZ26 @ 131,250 · Level break"
        assert "Nenhuma tela sua estava aberta." in ana.text
        assert "None of your screens was open." in bruno.html

    def test_once_also_when_the_timer_comes_twice(self, desk):
        desk.settle("ana")
        assert desk.settle("ana") == Settled()
        assert desk.settle("ana", cause="no_screen") == Settled()
        assert len(desk.mailbox.sent) == 1
        assert len(desk.store.records["entrega_audit"]) == 2

    def test_a_crash_after_the_first_does_not_mail_it_again(self, desk):
        original, calls = desk.mailbox.send, []

        def send(mail):
            calls.append(mail.to)
            if len(calls) == 2:
                raise SystemExit
            return original(mail)

        desk.mailbox.send = send
        with pytest.raises(SystemExit):
            desk.settle("ana", "bruno")
        with pytest.raises(ExceptionGroup):
            desk.settle("ana", "bruno")
        desk.clock.now += LEASE_S
        assert desk.settle("ana", "bruno") == Settled(mailed=1)
        assert calls == ["ana@mesa.example", "bruno@mesa.example", "bruno@mesa.example"]

    def test_two_timers_at_once_mail_each_operator_once(self, desk):
        """The second comes while the first is between SES and its mark; bruno does not wait for ana."""
        original = desk.mailbox.send

        def send(mail):
            desk.mailbox.send = original
            with pytest.raises(ExceptionGroup):
                desk.settle("ana", "bruno")
            return original(mail)

        desk.mailbox.send = send
        assert desk.settle("ana", "bruno") == Settled(mailed=1)
        assert sorted(mail.to for mail in desk.mailbox.sent) == ["ana@mesa.example", "bruno@mesa.example"]

    def test_one_that_fails_holds_up_nobody_behind_it(self, desk):
        original = desk.mailbox.send

        def send(mail):
            if mail.to.startswith("ana"):
                raise ConnectionError
            return original(mail)

        desk.mailbox.send = send
        with pytest.raises(ExceptionGroup):
            desk.settle("ana", "bruno", "carla")
        assert [mail.operator for mail in desk.mailbox.sent] == ["bruno", "carla"]

    def test_who_is_not_on_the_desk_is_a_dead_letter_and_the_others_get_theirs(self, desk):
        """Taken off it a moment ago, or deliver knows a newer configuration."""
        assert desk.settle("zoe", "ana") == Settled(mailed=1, unknown=1)
        ((timer, reason),) = desk.queue.dead_letters
        assert (timer.operators, reason) == (("zoe",), "zoe is not on the desk (config/operators.yaml)")
        assert desk.audited(cause="not_on_desk") == [("op-unknown", "withheld")]
        assert desk.settle("zoe", "ana") == Settled()
        assert len(desk.queue.dead_letters) == 1

    def test_a_chain_that_moves_is_read_again(self, desk):
        desk.store.faults.before("append", Contended(), Contended())
        assert desk.settle("ana") == Settled(mailed=1)
        assert desk.pauses == [1, 2]
        assert len(desk.mailbox.sent) == 1


class TestDuty:
    """NOW is 11:05 on a Monday."""

    @pytest.mark.parametrize(
        ("duty", "why"),
        [
            (Duty(weekdays=frozenset({1, 2, 3, 4})), "off_duty"),
            (Duty(away=(Away(date(2026, 11, 20), date(2026, 11, 23)),)), "off_duty"),
            (Duty(quiet=(Quiet(time(11), time(12)),)), "quiet_hours"),
            (Duty(quiet=(Quiet(time(22), time(11, 30)),)), "quiet_hours"),
        ],
    )
    def test_without_it_no_email_goes_out_and_the_audit_says_why(self, desk, duty, why):
        desk.operators["ana"] = replace(desk.operators["ana"], duty=duty)
        assert desk.settle("ana", "bruno") == Settled(mailed=1, withheld=1)
        assert [mail.to for mail in desk.mailbox.sent] == ["bruno@mesa.example"]
        (record,) = desk.store.of("entrega_audit", status="withheld")
        assert (record["operator"], record["channel"], record["cause"]) == ("op-ana", "email", why)
        assert desk.settle("ana") == Settled()

    @pytest.mark.parametrize(
        "duty",
        [
            Duty(away=(Away(date(2026, 11, 24), date(2026, 11, 30)),)),
            Duty(quiet=(Quiet(time(22), time(8)), Quiet(time(12), time(13)))),
            Duty(quiet=(Quiet(time(10), time(11, 5)),)),
        ],
    )
    def test_outside_of_it_they_do(self, desk, duty):
        desk.operators["ana"] = replace(desk.operators["ana"], duty=duty)
        assert desk.settle("ana") == Settled(mailed=1)


class TestClose:
    """The alert is closed when the last operator concerned is through. Carla has her e-mail already."""

    @pytest.fixture(autouse=True)
    def delivered(self, desk):
        desk.store.unsettled_at[desk.alert.id] = NOW + 1200
        desk.book.mailed(desk.alert.id, "carla", NOW)

    def test_by_the_last_of_its_timers(self, desk):
        desk.settle("ana", cause="no_screen")
        assert desk.alert.id in desk.store.unsettled_at
        desk.book.received(desk.alert.id, "bruno", NOW + 1)
        desk.settle("bruno")
        assert desk.alert.id not in desk.store.unsettled_at

    def test_not_while_a_mailbox_is_busy(self, desk):
        desk.mailbox.faults.before("send", MailBusy("slow"))
        desk.settle("ana", "bruno")
        assert desk.alert.id in desk.store.unsettled_at
        desk.settle("ana", attempt=2)
        assert desk.alert.id not in desk.store.unsettled_at

    def test_not_under_one_who_was_listed_and_then_had_it_handed_over(self, desk):
        desk.store.handed[desk.alert.id, "ana"] = HandedOver("bruno", NOW + 3)
        desk.settle("ana", listed=("bruno",))
        assert desk.alert.id in desk.store.unsettled_at, "were their timer lost, nobody would see it"
        desk.settle("bruno")
        assert desk.alert.id not in desk.store.unsettled_at

    def test_with_those_who_were_listed(self, desk):
        desk.settle("ana", listed=("bruno",))
        assert desk.alert.id not in desk.store.unsettled_at

    def test_a_timer_that_comes_late_closes_too(self, desk):
        for name in ("ana", "bruno"):
            desk.book.mailed(desk.alert.id, name, NOW)
        assert desk.settle("ana", "bruno") == Settled()
        assert desk.alert.id not in desk.store.unsettled_at


class TestBusy:
    def test_is_tried_again_after_a_delay_that_doubles(self, desk):
        desk.mailbox.faults.before("send", MailBusy("slow"), MailBusy("slow"))
        assert desk.settle("ana") == Settled(retried=1)
        assert desk.settle("ana", attempt=2) == Settled(retried=1)
        assert [(timer.attempt, delay) for timer, delay in desk.queue.started] == [(2, 30), (3, 60)]
        assert desk.settle("ana", attempt=3) == Settled(mailed=1)

    def test_is_buried_after_three_tries(self, desk):
        desk.mailbox.faults.before("send", MailBusy("slow"))
        assert desk.settle("ana", attempt=3) == Settled(given_up=1)
        ((timer, reason),) = desk.queue.dead_letters
        assert (timer.operators, timer.attempt) == (("ana",), 3)
        assert "3 tries" in reason
        assert desk.queue.started == []
        assert desk.book.reached(desk.alert.id)["ana"].settled

    def test_is_buried_when_the_next_try_would_come_too_late(self, desk):
        """Since the first one: a first e-mail may be due minutes after the alert, behind other channels."""
        desk.mailbox.faults.before("send", MailBusy("slow"), MailBusy("slow"))
        desk.retry, desk.clock.now = Retry(tries=9, backoff_s=100, give_up_s=299), NOW + 271
        assert desk.settle("ana") == Settled(retried=1)
        assert desk.settle("ana", attempt=2) == Settled(given_up=1)
        assert len(desk.queue.dead_letters) == 1

    def test_only_the_busy_ones_are_tried_again(self, desk):
        original = desk.mailbox.send

        def send(mail):
            if mail.to.startswith("bruno"):
                raise MailBusy("slow")
            return original(mail)

        desk.mailbox.send = send
        assert desk.settle("ana", "bruno", "carla") == Settled(mailed=2, retried=1)
        ((timer, _),) = desk.queue.started
        assert (timer.operators, timer.cause) == (("bruno",), "no_receipt")

    def test_every_try_leaves_intent_and_outcome(self, desk):
        desk.mailbox.faults.before("send", MailBusy("slow"))
        desk.settle("ana")
        assert desk.audited() == [("op-ana", "intent"), ("op-ana", "failed")]
        assert desk.store.records["entrega_audit"][1]["error"] == "slow"

    def test_who_confirms_in_between_gets_none(self, desk):
        desk.mailbox.faults.before("send", MailBusy("slow"))
        desk.settle("ana")
        desk.book.received(desk.alert.id, "ana", NOW + 20)
        assert desk.settle("ana", attempt=2) == Settled(received=1)
        assert desk.mailbox.sent == []


class TestRefused:
    def test_is_recorded_and_not_tried_again(self, desk):
        desk.mailbox.faults.before("send", MailRefused("MessageRejected"))
        assert desk.settle("ana") == Settled(given_up=1)
        assert desk.queue.started == []
        ((timer, reason),) = desk.queue.dead_letters
        assert (timer.operators, reason) == (("ana",), "the e-mail was refused: MessageRejected")
        assert desk.audited() == [("op-ana", "intent"), ("op-ana", "failed")]
        assert desk.store.records["entrega_audit"][1]["error"] == "MessageRejected"
        assert desk.settle("ana") == Settled()

    def test_the_others_get_theirs(self, desk):
        desk.mailbox.faults.before("send", MailRefused("MessageRejected"))
        assert desk.settle("ana", "bruno") == Settled(mailed=1, given_up=1)


class TestUnreached:
    """A mailbox that is not reached is known as such until an e-mail to it is taken again."""

    @pytest.fixture(autouse=True)
    def refused(self, desk):
        desk.mailbox.faults.before("send", MailRefused("MessageRejected"))
        desk.settle("ana")

    def test_since_when_why_and_how_often(self, desk):
        (one,) = desk.unreached.all().values()
        assert (one.operator, one.cause, one.since, one.times) == ("ana", "refused", NOW + 10, 1)
        desk.next_alert()
        desk.mailbox.faults.before("send", MailBusy("slow"))
        desk.settle("ana", attempt=3)
        (one,) = desk.unreached.all().values()
        assert (one.cause, one.since, one.newest, one.times) == ("gave_up", NOW + 10, NOW + 310, 2)

    def test_the_first_that_is_taken_again_tells_what_did_not_arrive(self, desk):
        desk.next_alert()
        assert desk.settle("ana") == Settled(mailed=1, recovered=1)
        line = "Nenhum e-mail chegava a este endereço desde 23/11/2026 11:05:10; não chegaram: 1."
        assert line in desk.mailbox.sent[-1].text
        assert line in desk.mailbox.sent[-1].html
        assert desk.unreached.all() == {}
        desk.next_alert()
        assert desk.settle("ana") == Settled(mailed=1)
        assert "Nenhum e-mail" not in desk.mailbox.sent[-1].text

    def test_a_bounce_is_not_ended_by_what_the_provider_takes(self, desk):
        desk.unreached.add(desk.operators["ana"], Cause.BOUNCED, NOW)
        desk.next_alert()
        assert desk.settle("ana") == Settled(mailed=1)
        assert len(desk.unreached.all()) == 1

    def test_another_mailbox_of_theirs_has_no_past(self, desk):
        desk.operators["ana"] = replace(desk.operators["ana"], email="ana.souza@mesa.example")
        desk.next_alert()
        assert desk.settle("ana") == Settled(mailed=1)
        assert unreachable(desk.unreached.all().values(), desk.operators.values()) is None

    def test_the_desk_is_told_how_many_since_when_and_why(self, desk):
        desk.unreached.add(desk.operators["bruno"], Cause.SUPPRESSED, NOW + 20)
        found = unreachable(desk.unreached.all().values(), desk.operators.values())
        assert found == Unreachable(2, NOW + 10, Cause.SUPPRESSED)


class TestDecided:
    """Ana executed it three seconds after the alert."""

    @pytest.fixture(autouse=True)
    def decided(self, desk):
        desk.store.decisions[desk.alert.id] = Taken("ana", "executed", NOW + 3)

    @pytest.mark.parametrize(
        ("who", "said"),
        [
            ("bruno", "State: Decided: Executed by Ana, 23/11/2026 11:05:03"),
            ("carla", "Situação: Decidido: Executado por Ana, 23/11/2026 11:05:03"),
        ],
    )
    def test_a_colleague_is_told_so_and_asked_for_nothing(self, desk, who, said):
        assert desk.settle(who) == Settled(mailed=1)
        (mail,) = desk.mailbox.sent
        assert mail.subject.startswith(("[Pregão] Decided: ▲ LONG", "[Pregão] Decidido: ▲ COMPRA"))
        assert said in mail.text
        assert said.split(": ", 1)[1] in mail.html
        assert "?d=" not in mail.text + mail.html
        assert "131.070" not in mail.text  # the stop of a trade that is not theirs to enter
        assert desk.store.of("entrega_audit", status="sent")[0]["state"] == "decided"

    def test_a_colleague_gets_none_where_the_desk_says_so(self, desk):
        desk.after_decision = False
        desk.operators["bruno"] = replace(desk.operators["bruno"], phone="+5511987654321")
        desk.texting = SmsSettings(desk.gateway)
        assert desk.settle("bruno") == Settled(withheld=1)
        assert (desk.mailbox.sent, desk.gateway.sent, desk.queue.dead_letters) == ([], [], [])
        assert desk.audited(cause="decided") == [("op-bruno", "withheld")]

    def test_who_decided_needs_no_telling(self, desk):
        assert desk.settle("ana") == Settled(withheld=1)
        assert desk.mailbox.sent == []
        assert desk.audited(cause="decided") == [("op-ana", "withheld")]

    def test_a_decision_of_an_older_version_has_no_time(self, desk):
        desk.store.decisions[desk.alert.id] = Taken("zoe", "rejected")
        desk.settle("bruno")
        assert "State: Decided: Rejected by zoe\n" in desk.mailbox.sent[0].text

    def test_between_two_tries_it_is_told_by_the_second(self, desk):
        del desk.store.decisions[desk.alert.id]
        desk.mailbox.faults.before("send", MailBusy("slow"))
        desk.settle("bruno")
        desk.store.decisions[desk.alert.id] = Taken("ana", "executed", NOW + 15)
        desk.settle("bruno", attempt=2)
        assert "Decided: Executed by Ana" in desk.mailbox.sent[0].text


class TestDecidedForThemself:
    """In a desk where each decides, a decision cancels the timers of its operator alone."""

    def test_of_them_and_of_nobody_else(self, desk):
        desk.after_decision = False
        desk.store.own[desk.alert.id, "ana"] = Taken("ana", "executed", NOW + 3)
        assert desk.settle("ana") == Settled(withheld=1)
        assert desk.audited(cause="decided") == [("op-ana", "withheld")]
        assert desk.settle("bruno") == Settled(mailed=1)
        (mail,) = desk.mailbox.sent
        assert "State: Open until" in mail.text
        assert "?d=executed" in mail.text

    def test_whose_time_is_over_is_told_so(self, desk):
        desk.clock.now = desk.alert.decide_by
        desk.store.own[desk.alert.id, "carla"] = Taken("carla", "TIMEOUT", desk.clock.now)
        assert desk.settle("carla") == Settled(mailed=1)
        assert "Situação: Expirado sem decisão, 23/11/2026 11:10:00" in desk.mailbox.sent[0].text

    def test_who_handed_it_over_is_sent_nothing_and_the_colleague_is(self, desk):
        desk.store.handed[desk.alert.id, "ana"] = HandedOver("bruno", NOW + 3)
        assert desk.settle("ana", "bruno") == Settled(mailed=1, withheld=1)
        assert desk.audited(cause="handed_over") == [("op-ana", "withheld")]
        assert [one.to for one in desk.mailbox.sent] == ["bruno@mesa.example"]

    def test_who_watches_has_seen_it(self, desk):
        desk.store.watched[desk.alert.id, "ana"] = Taken("ana", "watching", NOW + 3)
        assert desk.settle("ana") == Settled(withheld=1)
        assert desk.settle("bruno") == Settled(mailed=1)


class TestExpired:
    @pytest.mark.parametrize("recorded", [False, True], ids=["before the round", "TIMEOUT"])
    @pytest.mark.parametrize("after_decision", [False, True])
    def test_it_is_told_so_and_asked_for_nothing(self, desk, recorded, after_decision):
        """Nobody decided, so no rule for what comes after a decision holds it back."""
        desk.after_decision = after_decision
        desk.clock.now = desk.alert.decide_by
        if recorded:
            desk.store.decisions[desk.alert.id] = Taken("system", "TIMEOUT", desk.clock.now)
        assert desk.settle("carla") == Settled(mailed=1)
        (mail,) = desk.mailbox.sent
        assert mail.subject == "[Pregão] Expirado: ▲ COMPRA WINZ26 @ 131.250 · Rompimento de nível"
        assert "Situação: Expirado sem decisão, 23/11/2026 11:10:00" in mail.text
        assert "?d=" not in mail.text + mail.html

    def test_a_moment_before_it_is_open_until_then(self, desk):
        desk.clock.now = desk.alert.decide_by - 0.5
        desk.settle("carla")
        assert "Situação: Aberto até 23/11/2026 11:10:00" in desk.mailbox.sent[0].text
        assert "?d=executed" in desk.mailbox.sent[0].text


class TestSuppressed:
    """Ana's address bounced the day before."""

    @pytest.fixture(autouse=True)
    def bounced(self, desk):
        key = address_key("Ana@Mesa.example ")
        desk.suppressions.add(Suppression(key, "ana", "bounced", NOW - 86_400))

    def test_it_is_not_tried_and_lies_with_the_dead_letters(self, desk):
        assert desk.settle("ana", "bruno") == Settled(mailed=1, suppressed=1)
        assert [mail.to for mail in desk.mailbox.sent] == ["bruno@mesa.example"]
        assert desk.audited(status="withheld", cause="suppressed") == [("op-ana", "withheld")]
        ((timer, reason),) = desk.queue.dead_letters
        assert timer.operators == ("ana",)
        assert reason == "the address of ana is suppressed: bounced on 2026-11-22"
        assert "mesa.example" not in repr(desk.store.records["entrega_audit"])

    def test_once_is_enough(self, desk):
        desk.settle("ana")
        assert desk.settle("ana") == Settled()
        assert len(desk.queue.dead_letters) == len(desk.store.records["entrega_audit"]) == 1

    def test_quiet_hours_come_first_and_are_no_dead_letter(self, desk):
        desk.operators["ana"] = replace(desk.operators["ana"], duty=Duty(weekdays=frozenset()))
        desk.settle("ana")
        assert desk.audited(cause="off_duty") == [("op-ana", "withheld")]
        assert desk.queue.dead_letters == []

    def test_another_address_of_theirs_is_tried(self, desk):
        desk.operators["ana"] = replace(desk.operators["ana"], email="ana.souza@mesa.example")
        assert desk.settle("ana") == Settled(mailed=1)


class TestSms:
    """Ana and Bruno have a phone; the desk has switched SMS on."""

    @pytest.fixture(autouse=True)
    def phones(self, desk):
        desk.texting = SmsSettings(desk.gateway)
        for number, name in enumerate(("ana", "bruno")):
            desk.operators[name] = replace(desk.operators[name], phone=f"+551198765432{number}")

    def test_beside_the_email_to_who_has_a_phone(self, desk):
        assert desk.settle("ana", "carla") == Settled(mailed=2)
        (sms,) = desk.gateway.sent
        assert sms.to == "+5511987654320"
        steps = [(one["channel"], one["status"]) for one in desk.store.of("entrega_audit", operator="op-ana")]
        assert steps == [("sms", "intent"), ("sms", "sent"), ("email", "intent"), ("email", "sent")]
        assert desk.store.of("entrega_audit", channel="sms", status="sent")[0]["provider_id"] == "sms-1"
        assert "+55" not in repr(desk.store.records["entrega_audit"])

    def test_never_twice(self, desk):
        """The e-mail is tried again, the SMS is not."""
        desk.mailbox.faults.before("send", MailBusy("slow"))
        desk.settle("ana")
        assert desk.settle("ana", attempt=2) == Settled(mailed=1)
        assert len(desk.gateway.sent) == 1

    def test_not_even_when_it_is_unknown_whether_the_first_went_out(self, desk):
        desk.gateway.faults.before("send", ConnectionError())
        with pytest.raises(ExceptionGroup):
            desk.settle("ana")
        desk.clock.now += LEASE_S
        assert desk.settle("ana") == Settled(mailed=1)
        assert desk.gateway.sent == []
        assert desk.audited(channel="sms") == [("op-ana", "intent")]

    def test_says_how_the_alert_stands(self, desk):
        desk.store.decisions[desk.alert.id] = Taken("carla", "rejected", NOW + 3)
        desk.settle("ana", "bruno")
        ana, bruno = (sms.text for sms in desk.gateway.sent)
        assert ana.startswith("Pregao: Decidido (Rejeitado, Carla) 11:05: COMPRA WINZ26")
        assert bruno.startswith("Pregao: Decided (Rejected, Carla) 11:05: LONG WINZ26")

    def test_one_that_fails_does_not_stop_the_email(self, desk):
        desk.gateway.faults.before("send", SmsFailed("OptedOut"))
        assert desk.settle("ana") == Settled(mailed=1)
        failed = desk.store.of("entrega_audit", channel="sms", status="failed")
        assert [one["error"] for one in failed] == ["OptedOut"]

    def test_an_email_that_fails_does_not_stop_it(self, desk):
        desk.mailbox.faults.before("send", MailRefused("MessageRejected"))
        desk.settle("ana")
        assert len(desk.gateway.sent) == 1

    def test_a_suppressed_address_does_not_stop_it(self, desk):
        key = address_key(desk.operators["ana"].email)
        desk.suppressions.add(Suppression(key, "ana", "complained", NOW))
        desk.settle("ana")
        assert len(desk.gateway.sent) == 1

    def test_off_duty_there_is_none(self, desk):
        desk.operators["ana"] = replace(desk.operators["ana"], duty=Duty(weekdays=frozenset()))
        desk.settle("ana")
        assert desk.gateway.sent == []

    def test_who_confirmed_gets_none(self, desk):
        desk.book.received(desk.alert.id, "ana", NOW)
        desk.settle("ana")
        assert desk.gateway.sent == []

    def test_below_the_severity_asked_for_there_is_none(self, desk):
        desk.texting = SmsSettings(desk.gateway, Severity.CRITICAL)
        desk.settle("ana")
        assert desk.gateway.sent == []

    def test_off_there_is_none(self, desk):
        desk.texting = None
        assert desk.settle("ana") == Settled(mailed=1)
        assert desk.gateway.sent == []


@pytest.mark.parametrize(
    ("attempt", "waited", "delay"),
    [(1, 0, 30), (2, 0, 60), (3, 0, None), (1, 270, 30), (1, 270.1, None), (2, 241, None)],
)
def test_the_retry_rule(attempt, waited, delay):
    assert Retry().next_delay(attempt, waited) == delay


def test_settled_means_mailed_or_given_up():
    assert not Reached().settled
    assert not Reached(received_at=1.0).settled
    assert Reached(mailed_at=1.0).settled
    assert Reached(given_up_at=1.0).settled
