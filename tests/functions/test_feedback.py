"""feedback over its queue: SES's events as they come, and the messages that must come again."""

from __future__ import annotations

import json

import pytest

from pregao.domain.delivery.suppression import address_key
from pregao.wire.alert_v1 import load_alert, load_timer
from tests.fakes import NOW, admitted
from tests.functions.conftest import ANA, sample
from tests.functions.test_delivery import failed, of

ADDRESS = "ana@mesa.example"


@pytest.fixture
def alert(stack):
    """The alert whose e-mail the sample tells of, admitted."""
    alert = load_alert(sample("deliver")["Records"][0]["body"])
    return admitted(stack.books.admission, alert, now=NOW)


def event(**changes):
    body = json.loads(sample("feedback")["Records"][0]["body"])
    return json.dumps(body | changes)


def test_the_sample_is_recorded_suppressed_and_a_dead_letter(stack, alert):
    assert failed(stack.call("feedback", sample("feedback"))) == []
    (record,) = stack.records("entrega")
    assert (record["alert_id"], record["operator"], record["status"]) == (alert.id, ANA, "bounced")
    assert (record["bounce_subtype"], record["smtp_status"]) == ("General", "5.1.1")
    assert stack.books.suppressions.find(address_key(ADDRESS)).cause == "bounced"
    (timer,) = [load_timer(body) for body in stack.messages("FallbackDeadLetters")]
    assert (timer.alert.id, timer.operators) == (alert.id, ("ana",))


def test_no_address_reaches_the_audit_or_the_log(stack, alert, caplog):
    caplog.set_level("INFO")
    stack.call("feedback", sample("feedback"))
    assert "event taken in" in caplog.text
    told = repr(stack.records("entrega")) + repr([vars(one) for one in caplog.records])
    assert ADDRESS not in told
    assert address_key(ADDRESS) not in told


def test_twice_is_once(stack, alert):
    for _ in range(2):
        assert failed(stack.call("feedback", sample("feedback"))) == []
    assert len(stack.records("entrega")) == len(stack.messages("FallbackDeadLetters")) == 1


def test_what_is_foreign_is_let_go_and_counted(stack, alert, capsys):
    mail = json.loads(event())["mail"]
    untagged = event(mail=mail | {"tags": {"ses:configuration-set": ["pregao-mail"]}})
    batch = of("feedback", "not even JSON", "{}", "[]", untagged, event(eventType="Open", open={}))
    assert failed(stack.call("feedback", batch)) == []
    (line,) = [one for one in capsys.readouterr().out.splitlines() if "ForeignMail" in one]
    assert json.loads(line)["ForeignMailEvents"] == [1.0] * 5
    assert stack.records("entrega") == []
    assert stack.books.suppressions.all() == []


def test_only_what_failed_comes_again(stack, alert):
    stack.dynamo.delete_table(TableName=stack.resources["EntregaAuditTable"])
    assert failed(stack.call("feedback", of("feedback", "{}", event()))) == ["m1"]


def test_from_then_on_fallback_does_not_write_to_it(stack, alert):
    stack.call("feedback", sample("feedback"))
    stack.call("fallback", sample("fallback"))
    assert [to for mail in stack.mails() for to in mail.destinations["ToAddresses"]] == ["bruno@mesa.example"]
    withheld = [one["cause"] for one in stack.records("entrega") if one["status"] == "withheld"]
    assert withheld == ["suppressed"]
