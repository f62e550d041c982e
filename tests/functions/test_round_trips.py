"""How often each function talks to AWS, counted at botocore; the design's numbers, section 7."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager

import pytest

from pregao.aws.clients import client
from pregao.domain.delivery import Timer
from pregao.wire.alert_v1 import dump_alert, dump_timer
from tests.fakes import admitted, an_alert
from tests.functions.conftest import sample

SERVICES = ("dynamodb", "sqs", "apigatewaymanagementapi", "sesv2")


@contextmanager
def counted():
    """The operations asked for, in order."""
    asked = []

    def note(model, **_):
        asked.append(model.name)

    for service in SERVICES:
        client(service).meta.events.register("before-call", note, unique_id="count")
    try:
        yield asked
    finally:
        for service in SERVICES:
            client(service).meta.events.unregister("before-call", unique_id="count")


def sqs_event(function, body):
    event = sample(function)
    event["Records"] = [{**event["Records"][0], "body": body}]
    return event


@pytest.fixture
def warm(stack):
    """Every function built once; the calls of that do not count."""
    stack.call("detect", sample("detect"))
    stack.messages("AlertQueue")
    return stack


def quiet(event):
    """The same post with a newest candle in which nothing happens."""
    batch = json.loads(event["body"])
    for name in ("open", "high", "low", "close"):
        batch["candles"][name][-1] = batch["candles"]["close"][-2]
    return event | {"body": json.dumps(batch)}


def test_a_quiet_candle_costs_no_call(warm):
    with counted() as asked:
        answer = warm.call("detect", quiet(sample("detect")))
    assert json.loads(answer["body"])["alerts"] == []
    assert asked == []


def test_an_alert_costs_three_in_a_row(stack):
    """Where the chain stands, one transaction, the queue; the day's first asks for the number as well."""
    admitted(stack.books.admission, an_alert(contract="WINZ25", now=time.time()), now=time.time())
    with counted() as asked:
        answer = stack.call("detect", sample("detect"))
    assert [one["verdict"] for one in json.loads(answer["body"])["alerts"]] == ["admitted"]
    assert asked == ["Query", "TransactWriteItems", "SendMessageBatch"]


@pytest.mark.parametrize("screens", [1, 5])
def test_two_in_a_row_before_the_first_post(stack, screens):
    """Chain and screens are read side by side, then the lease and the intents are one transaction."""
    alert = admitted(stack.books.admission, an_alert())
    for n in range(screens):
        stack.watch(f"a{n}", "ana")
    with counted() as asked:
        assert (
            stack.call("deliver", sqs_event("deliver", dump_alert(alert).decode()))["batchItemFailures"] == []
        )
    first = asked.index("PostToConnection")
    assert asked[:2] == ["Query", "Query"]
    assert asked[2:first] == ["TransactWriteItems"]
    assert asked[first : first + screens] == ["PostToConnection"] * screens
    # bruno has no screen: a timer of his own; then where the chain stands now, and the outcomes
    assert asked[first + screens :] == ["SendMessage", "SendMessage", "Query", "TransactWriteItems"]


def test_a_timer_whose_operators_confirmed_costs_four(stack):
    """What is known, the chain, the receipts, and that the alert is closed."""
    alert = admitted(stack.books.admission, an_alert())
    for name in ("ana", "bruno"):
        stack.books.delivery.received(alert.id, name, alert.detected_at + 1)
    timer = Timer(alert, ("ana", "bruno"), 1, "no_receipt")
    with counted() as asked:
        stack.call("fallback", sqs_event("fallback", dump_timer(timer)))
    assert asked == ["Query", "Query", "TransactWriteItems", "UpdateItem"]


def test_a_quiet_minute_costs_five_reads(stack):
    stack.call("watch", sample("watch"))  # the very first looks back a month
    with counted() as asked:
        stack.call("watch", sample("watch"))
    assert asked == ["Query"] * 5
