"""How often each function talks to AWS, counted at botocore; the design's numbers, section 7.

What a whole alert costs ten operators stands in test_scenes.py.
"""

from __future__ import annotations

import json
import threading
from collections import Counter

import pytest

from pregao.aws.clients import client
from pregao.aws.queues import AlertQueue
from pregao.aws.tables.market.feed_book import FeedBook
from pregao.domain.delivery.timer import Timer
from pregao.wire.alert_v1 import dump_alert, dump_timer
from tests.cloud import AUDIT, STATE
from tests.fakes import admitted, an_alert
from tests.functions.conftest import sample
from tests.meter import metered
from tests.scenes import quiet

BULLETINS = "pk = :pk AND sk BETWEEN :first AND :last"
SAMPLE_AT = 1763128800.25
"""A quarter of a second after the sample's newest candle closed."""


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


def test_a_quiet_candle_costs_one_call(warm):
    """That it came, with the candle itself for the charts, noted beside the judgement; a replay's too."""
    for now in (SAMPLE_AT, SAMPLE_AT + 2 * 86_400):
        warm.at(now)
        with metered(warm.dynamo) as meter:
            answer = warm.call("detect", quiet(sample("detect")))
        assert json.loads(answer["body"])["alerts"] == []
        assert meter.asked == ["UpdateItem"]


def test_an_alert_costs_three_in_a_row(stack):
    """Where the chain stands and, beside it, the bulletins; one transaction; the queue.

    The day's first asks for the number as well, and a process's first of a feed and session for the
    calibration.
    """
    admitted(stack.books.admission, an_alert(contract="WINZ25", now=SAMPLE_AT), now=SAMPLE_AT)
    stack.at(SAMPLE_AT)
    with metered(stack.dynamo) as meter:
        answer = stack.call("detect", sample("detect"))
    assert [one["verdict"] for one in json.loads(answer["body"])["alerts"]] == ["admitted"]
    # the feed's mark, for which nothing waits, and in a process's first post of a bridge whose its name is
    beside = [one for one in meter.asked if one == "UpdateItem"]
    in_a_row = [one for one in meter.asked if one != "UpdateItem"]
    assert (in_a_row, len(beside)) == (
        ["Query", "Query", "Query", "TransactWriteItems", "SendMessageBatch"],
        2,
    )


def test_nothing_of_an_alert_waits_for_the_feeds_mark(stack, monkeypatch):
    """The mark hangs until the queue has heard of the alert; one that came before it would never be made."""
    heard = threading.Event()
    stack.at(SAMPLE_AT).call("detect", quiet(sample("detect")))
    send, mark = AlertQueue.send, FeedBook.mark

    def sent(queue, alerts):
        send(queue, alerts)
        heard.set()

    def marked(book, one):
        assert heard.wait(10)
        mark(book, one)

    monkeypatch.setattr(AlertQueue, "send", sent)
    monkeypatch.setattr(FeedBook, "mark", marked)
    answer = stack.call("detect", sample("detect"))
    assert [one["verdict"] for one in json.loads(answer["body"])["alerts"]] == ["admitted"]
    assert heard.is_set()


def test_whose_a_bridges_name_is_is_asked_beside_the_chain(stack):
    """Each waits for the other to have been asked: one after the other, they would wait for ever."""
    admitted(stack.books.admission, an_alert(contract="WINZ25", now=SAMPLE_AT), now=SAMPLE_AT)
    stack.at(SAMPLE_AT)
    both = threading.Barrier(2, timeout=5)

    def meet(params, **_):
        if params.get("Key", {}).get("pk") == {"S": "BRIDGES"} or params["TableName"] == AUDIT["alertas"]:
            both.wait()

    events, calls = client("dynamodb").meta.events, ("UpdateItem", "Query")
    for call in calls:
        events.register(f"before-parameter-build.dynamodb.{call}", meet)
    try:
        answer = stack.call("detect", sample("detect"))
    finally:
        for call in calls:
            events.unregister(f"before-parameter-build.dynamodb.{call}", meet)
    assert [one["verdict"] for one in json.loads(answer["body"])["alerts"]] == ["admitted"]
    assert not both.broken


def test_bulletins_and_chain_are_read_side_by_side(stack):
    """Each waits for the other to have been asked: one after the other, they would wait for ever."""
    admitted(stack.books.admission, an_alert(contract="WINZ25", now=SAMPLE_AT), now=SAMPLE_AT)
    stack.at(SAMPLE_AT)
    both = threading.Barrier(2, timeout=5)

    def meet(params, **_):
        asked = params["TableName"], params["KeyConditionExpression"]
        calibration = "CALIBRATION#" in str(params["ExpressionAttributeValues"])
        if (
            asked in {(STATE["admission"], BULLETINS), (AUDIT["alertas"], "#chain = :chain")}
            and not calibration
        ):
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
    """Chain and screens are read side by side, then the lease and the intents are one transaction.

    A process's first alert looks for sockets of before beside them.
    """
    alert = admitted(stack.books.admission, an_alert())
    for n in range(screens):
        stack.watch(f"a{n}", "ana")
    with metered(stack.dynamo) as meter:
        assert (
            stack.call("deliver", sqs_event("deliver", dump_alert(alert).decode()))["batchItemFailures"] == []
        )
    assert Counter(meter.asked[:3]) == {"Query": 2, "BatchGetItem": 1}
    assert meter.asked[3] == "TransactWriteItems"
    # side by side: the frames, ana's timer, and one for bruno, who has no screen
    side_by_side = Counter(meter.asked[4 : 4 + screens + 2])
    assert side_by_side == {"PostToConnection": screens, "SendMessage": 2}
    # then where the chain stands now, and the outcomes
    assert meter.asked[4 + screens + 2 :] == ["Query", "TransactWriteItems"]


def test_chain_and_screens_are_read_side_by_side(stack):
    """Each waits for the others to have been asked: one after the other, they would wait for ever."""
    alert = admitted(stack.books.admission, an_alert())
    stack.watch("a1", "ana")
    all_three = threading.Barrier(3, timeout=5)
    met = set()

    def meet(params, model, **_):
        named = str(params.get("ExpressionAttributeValues", "")) + str(params.get("RequestItems", ""))
        what = next((one for one in ("SCREENS#ana", "'SCREENS'", alert.contract) if one in named), None)
        if what and what not in met and model.name in ("Query", "BatchGetItem"):
            met.add(what)
            all_three.wait()

    events, calls = client("dynamodb").meta.events, ("Query", "BatchGetItem")
    for call in calls:
        events.register(f"before-parameter-build.dynamodb.{call}", meet)
    try:
        answer = stack.call("deliver", sqs_event("deliver", dump_alert(alert).decode()))
    finally:
        for call in calls:
            events.unregister(f"before-parameter-build.dynamodb.{call}", meet)
    assert answer["batchItemFailures"] == []
    assert [one["action"] for one in stack.frames("a1")] == ["alert"]
    assert len(met) == 3
    assert not all_three.broken


def test_a_timer_whose_operators_confirmed_costs_three(stack):
    """What is known, the chain, the receipts, which close the alert; a cold start reads the secret."""
    alert = admitted(stack.books.admission, an_alert())
    for name in ("ana", "bruno"):
        stack.books.delivery.received(alert.id, name, alert.detected_at + 1)
    timer = Timer(alert, ("ana", "bruno"), 1, "no_receipt")
    with metered(stack.dynamo) as meter:
        stack.call("fallback", sqs_event("fallback", dump_timer(timer)))
    assert meter.asked == ["GetSecretValue", "Query", "Query", "TransactWriteItems"]


def test_of_an_alerts_receipts_a_processs_first_alone_reads_whether_it_was_admitted(stack):
    alert = admitted(stack.books.admission, an_alert())
    context = sample("connections")["requestContext"] | {"eventType": "MESSAGE", "messageId": "m"}
    with metered(stack.dynamo) as meter:
        for name in ("ana", "bruno"):
            caller = context | {"authorizer": context["authorizer"] | {"operator": name}}
            body = json.dumps({"action": "receipt", "alert_id": alert.id})
            stack.call("connections", {"requestContext": caller, "body": body, "isBase64Encoded": False})
    assert meter.asked == ["GetItem", "UpdateItem", "UpdateItem"]
    assert all(one.received_at for one in stack.books.delivery.reached(alert.id).values())


def test_a_heartbeat_costs_one_write_and_health_fifteen_readings(stack):
    stack.call("heartbeat", sample("heartbeat"))  # a process's first asks whose the bridge's name is
    with metered(stack.dynamo) as meter:
        stack.call("heartbeat", sample("heartbeat"))
        stack.call("status", sample("status"))
    assert Counter(meter.asked) == {"UpdateItem": 1, "GetItem": 4, "Query": 6, "GetQueueAttributes": 5}


def test_a_quiet_minute_costs_seven_reads_and_a_write(stack):
    stack.call("watch", sample("watch"))  # the very first looks back a month
    with metered(stack.dynamo) as meter:
        stack.call("watch", sample("watch"))
    assert Counter(meter.asked) == {"Query": 6, "GetItem": 1, "PutItem": 1}
    # the last two: how many alerts wait, a gauge; what /health tells of the feeds
