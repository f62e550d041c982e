"""How often each function talks to AWS, counted at botocore; the design's numbers, section 7.

What a whole alert costs ten operators stands in test_scenes.py.
"""

from __future__ import annotations

import json
import threading
import time

import pytest

from pregao.aws.clients import client
from pregao.domain.delivery import Timer
from pregao.wire.alert_v1 import dump_alert, dump_timer
from tests.cloud import AUDIT, STATE
from tests.fakes import admitted, an_alert
from tests.functions.conftest import sample
from tests.meter import metered
from tests.scenes import quiet

BULLETINS = "pk = :pk AND sk BETWEEN :first AND :last"


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


def test_a_quiet_candle_costs_no_call(warm):
    with metered(warm.dynamo) as meter:
        answer = warm.call("detect", quiet(sample("detect")))
    assert json.loads(answer["body"])["alerts"] == []
    assert meter.asked == []


def test_an_alert_costs_three_in_a_row(stack):
    """Where the chain stands and, beside it, the bulletins; one transaction; the queue.

    The day's first asks for the number as well.
    """
    admitted(stack.books.admission, an_alert(contract="WINZ25", now=time.time()), now=time.time())
    with metered(stack.dynamo) as meter:
        answer = stack.call("detect", sample("detect"))
    assert [one["verdict"] for one in json.loads(answer["body"])["alerts"]] == ["admitted"]
    assert meter.asked == ["Query", "Query", "TransactWriteItems", "SendMessageBatch"]


def test_bulletins_and_chain_are_read_side_by_side(stack):
    """Each waits for the other to have been asked: one after the other, they would wait for ever."""
    admitted(stack.books.admission, an_alert(contract="WINZ25", now=time.time()), now=time.time())
    both = threading.Barrier(2, timeout=5)

    def meet(params, **_):
        asked = params["TableName"], params["KeyConditionExpression"]
        if asked in {(STATE["admission"], BULLETINS), (AUDIT["alertas"], "chain = :chain")}:
            both.wait()

    events = client("dynamodb").meta.events
    events.register("before-parameter-build.dynamodb.Query", meet)
    try:
        answer = stack.call("detect", sample("detect"))
    finally:
        events.unregister("before-parameter-build.dynamodb.Query", meet)
    assert [one["verdict"] for one in json.loads(answer["body"])["alerts"]] == ["admitted"]
    assert not both.broken


@pytest.mark.parametrize("screens", [1, 5])
def test_two_in_a_row_before_the_first_post(stack, screens):
    """Chain and screens are read side by side, then the lease and the intents are one transaction."""
    alert = admitted(stack.books.admission, an_alert())
    for n in range(screens):
        stack.watch(f"a{n}", "ana")
    with metered(stack.dynamo) as meter:
        assert (
            stack.call("deliver", sqs_event("deliver", dump_alert(alert).decode()))["batchItemFailures"] == []
        )
    first = meter.asked.index("PostToConnection")
    assert meter.asked[:2] == ["Query", "Query"]
    assert meter.asked[2:first] == ["TransactWriteItems"]
    assert meter.asked[first : first + screens] == ["PostToConnection"] * screens
    # bruno has no screen: a timer of his own; then where the chain stands now, and the outcomes
    assert meter.asked[first + screens :] == ["SendMessage", "SendMessage", "Query", "TransactWriteItems"]


def test_a_timer_whose_operators_confirmed_costs_four(stack):
    """What is known, the chain, the receipts, and that the alert is closed; a cold start reads the secret."""
    alert = admitted(stack.books.admission, an_alert())
    for name in ("ana", "bruno"):
        stack.books.delivery.received(alert.id, name, alert.detected_at + 1)
    timer = Timer(alert, ("ana", "bruno"), 1, "no_receipt")
    with metered(stack.dynamo) as meter:
        stack.call("fallback", sqs_event("fallback", dump_timer(timer)))
    assert meter.asked == ["GetSecretValue", "Query", "Query", "TransactWriteItems", "UpdateItem"]


def test_a_quiet_minute_costs_five_reads(stack):
    stack.call("watch", sample("watch"))  # the very first looks back a month
    with metered(stack.dynamo) as meter:
        stack.call("watch", sample("watch"))
    assert meter.asked == ["Query"] * 5
