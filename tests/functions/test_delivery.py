"""deliver and fallback over their queues: frames, timers, e-mails, and the messages that must come again."""

from __future__ import annotations

import json

import pytest

from pregao.domain.audit.chain import broken_at
from pregao.domain.delivery.timer import Timer
from pregao.wire.alert_v1 import dump_alert, dump_timer, load_alert, load_timer
from tests.fakes import NOW, admitted, an_alert
from tests.functions.conftest import ANA, BRUNO, sample


def of(function, *bodies):
    """A batch of messages made after the sample."""
    (record,) = sample(function)["Records"]
    return {"Records": [record | {"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


def failed(response):
    return [one["itemIdentifier"] for one in response["batchItemFailures"]]


@pytest.fixture
def alert(stack):
    """The alert of the sample event, admitted."""
    alert = load_alert(sample("deliver")["Records"][0]["body"])
    return admitted(stack.books.admission, alert, now=NOW)


class TestDeliver:
    def test_the_sample_reaches_the_screens_and_starts_the_timers(self, stack, alert):
        stack.watch("a1", "ana")
        assert failed(stack.call("deliver", sample("deliver"))) == []
        (frame,) = stack.frames("a1")
        assert load_alert(json.dumps(frame["alert"])) == alert
        records = stack.records("entrega")
        assert [(one["operator"], one["status"]) for one in records] == [(ANA, "intent"), (ANA, "sent")]
        intent, sent = ([one] for one in records)  # each begins a chain of its own
        assert broken_at(intent) is broken_at(sent) is None

    def test_the_other_message_of_the_alert_does_nothing(self, stack, alert):
        stack.watch("a1", "ana")
        body = dump_alert(alert).decode()
        assert failed(stack.call("deliver", of("deliver", body, body))) == []
        assert len(stack.frames("a1")) == 1
        assert len(stack.records("entrega")) == 2

    def test_whoever_has_no_screen_is_mailed_at_once(self, stack, alert):
        stack.call("deliver", sample("deliver"))
        (timer,) = [load_timer(body) for body in stack.messages("FallbackQueue")]
        assert (timer.operators, timer.cause, timer.attempt) == (("ana",), "no_screen", 1)

    def test_only_what_failed_comes_again(self, stack, alert):
        unknown = dump_alert(an_alert()).decode()
        batch = of("deliver", "{}", dump_alert(alert).decode(), unknown, "not even JSON")
        assert failed(stack.call("deliver", batch)) == ["m0", "m2", "m3"]

    def test_a_lease_is_no_failure_of_the_function(self, stack, alert):
        """Somebody else is delivering it: the message comes again, and no alarm is lit."""
        stack.at(NOW + 1)
        book = stack.books.delivery
        book.begin(alert, [], book.tail(alert.contract, NOW), NOW, 60)
        (record,) = sample("deliver")["Records"]
        assert failed(stack.call("deliver", sample("deliver"))) == [record["messageId"]]


def test_an_e_mail_under_way_is_no_failure_of_the_function(stack, alert):
    """One operator's lease, among others' work, is told in a group."""
    stack.at(NOW + 1)
    stack.books.delivery.mailing(alert.id, "ana", NOW, 60)
    (record,) = sample("fallback")["Records"]
    assert failed(stack.call("fallback", sample("fallback"))) == [record["messageId"]]


@pytest.mark.parametrize("function", ["deliver", "fallback"])
def test_a_batch_that_fails_whole_is_an_error_of_the_function(stack, function):
    """An answer would count as a success: no alarm, and a rollout would go on."""
    with pytest.raises(Exception, match="2 messages, none served"):
        stack.call(function, of(function, "[]", "not even JSON"))


class TestFallback:
    def test_the_sample_mails_who_did_not_confirm(self, stack, alert):
        stack.books.delivery.received(alert.id, "bruno", NOW)
        assert failed(stack.call("fallback", sample("fallback"))) == []
        (mail,) = stack.mails()
        assert mail.destinations["ToAddresses"] == ["ana@mesa.example"]
        records = [(one["operator"], one["status"]) for one in stack.records("entrega")]
        assert records == [(BRUNO, "received"), (ANA, "intent"), (ANA, "sent")]
        assert broken_at(stack.records("entrega")) is None

    def test_twice_is_once(self, stack, alert):
        stack.call("fallback", sample("fallback"))
        stack.call("fallback", sample("fallback"))
        assert len(stack.mails()) == 2  # ana and bruno, each once

    def test_a_sender_that_ses_refuses_is_recorded(self, stack, alert):
        body = dump_timer(Timer(alert, ("ana",), 1, "no_screen"))
        stack.call("fallback", of("fallback", body), PREGAO_MAIL_FROM="other@mesa.example")
        assert [one["status"] for one in stack.records("entrega")] == ["intent", "failed"]
        assert stack.mails() == []

    def test_where_a_page_is_served_the_alert_opens_there(self, stack, alert):
        body = dump_timer(Timer(alert, ("ana",), 1, "no_screen"))
        stack.call("fallback", of("fallback", body), PREGAO_CONSOLE_URL="https://page.example/")
        (mail,) = stack.mails()
        assert f"https://page.example/#alert={alert.id}" in str(mail.__dict__)

    def test_a_message_that_is_none_comes_again(self, stack, alert):
        (good,) = sample("fallback")["Records"]
        assert failed(stack.call("fallback", of("fallback", "{}", good["body"]))) == ["m0"]
