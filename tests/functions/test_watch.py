"""The minute's round as it is deployed."""

from __future__ import annotations

from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.delivery.operators import OpenEnd
from pregao.wire.alert_v1 import load_alert
from tests.fakes import CANDLE, NOW, admitted, an_alert, an_entry
from tests.functions.conftest import sample


def test_a_quiet_round(stack):
    """The very first one ends yesterday, on which nothing was written, in each of the three tables."""
    assert stack.call("watch", sample("watch"))["days_ended"] == 3
    assert stack.call("watch", sample("watch")) == {
        "sent_again": 0,
        "given_up": 0,
        "timed_out": 0,
        "held_back": 0,
        "days_ended": 0,
        "feeds_silent": 0,
        "feeds_back": 0,
        "feeds_rolled": 0,
        "feeds_set_aside": 0,
        "feeds_flapping": 0,
        "reminded": 0,
    }


def test_a_round_repairs_closes_and_tells(stack):
    alert = admitted(stack.books.admission, an_alert())
    held = an_alert(CANDLE + 300)
    head = stack.books.admission.head("WINZ26", NOW)
    stack.books.admission.commit(an_entry(head, held, Verdict.QUEUE_FULL), AdmissionRules(), NOW)
    stack.watch("a1", "ana")
    stack.at(alert.decide_by + 1)
    done = stack.call("watch", sample("watch"))
    assert {name: count for name, count in done.items() if count} == {
        "sent_again": 1,
        "timed_out": 1,
        "held_back": 1,
        "days_ended": 3,
    }
    assert [load_alert(body) for body in stack.messages("AlertQueue")] == [alert]
    assert [one["decision"] for one in stack.records("acao") if one["kind"] == "action"] == ["TIMEOUT"]
    assert [one["action"] for one in stack.frames("a1")] == ["action", "digest"]
    assert [to for mail in stack.mails() for to in mail.destinations["ToAddresses"]] == ["bruno@mesa.example"]


def test_what_is_buried_lies_with_the_alerts_dead_letters(stack):
    alert = admitted(stack.books.admission, an_alert(CANDLE))
    for _ in range(7):
        stack.books.open.postpone(alert.id, OpenEnd.DELIVERY, NOW)
    stack.at(NOW + 1)
    assert stack.call("watch", sample("watch"))["given_up"] == 1
    assert [load_alert(body) for body in stack.messages("AlertDeadLetters")] == [alert]
    assert stack.messages("AlertQueue") == []
