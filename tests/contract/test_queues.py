"""The ports AlertQueue and FallbackQueue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from pregao.aws.queues import AlertQueue, DeadLetters, FallbackQueue, NotQueued
from pregao.wire.alert_v1 import load_alert, load_timer
from tests.cloud import REGION
from tests.fakes import CANDLE, FakeAlertQueue, FakeDeadLetters, FakeFallbackQueue, a_timer, an_alert


@dataclass
class Queues:
    """Both queues; `alerts` and `timers` take out what lies in them, `waiting` counts what is delayed."""

    alert: Any
    fallback: Any
    dead: Any
    alerts: Any
    timers: Any
    dead_letters: Any
    waiting: Any


def drain(sqs, url):
    bodies = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [message["Body"] for message in messages]
    return bodies


def delayed(sqs, url):
    name = "ApproximateNumberOfMessagesDelayed"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def over_moto(sqs):
    urls = [sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("alerts", "fallback", "dead-letters")]

    def dead_letters(load=load_timer):
        asked = {"QueueUrl": urls[2], "MaxNumberOfMessages": 10, "MessageAttributeNames": ["reason"]}
        found = sqs.receive_message(**asked)["Messages"]
        return [(load(one["Body"]), one["MessageAttributes"]["reason"]["StringValue"]) for one in found]

    return Queues(
        AlertQueue(sqs, urls[0]),
        FallbackQueue(sqs, urls[1], urls[2]),
        DeadLetters(sqs, urls[2]),
        lambda: [load_alert(body) for body in drain(sqs, urls[0])],
        lambda: [load_timer(body) for body in drain(sqs, urls[1])],
        dead_letters,
        lambda: delayed(sqs, urls[1]),
    )


def over_fakes():
    alerts, timers, dead = FakeAlertQueue(), FakeFallbackQueue(), FakeDeadLetters()
    return Queues(
        alerts,
        timers,
        dead,
        lambda: alerts.sent,
        lambda: [timer for timer, delay in timers.started if delay == 0],
        lambda load=load_timer: timers.dead_letters if load is load_timer else dead.dead_letters,
        lambda: len([timer for timer, delay in timers.started if delay]),
    )


@pytest.fixture(params=["fake", "moto"])
def queues(request):
    if request.param == "fake":
        yield over_fakes()
        return
    with mock_aws():
        yield over_moto(boto3.client("sqs", region_name=REGION))


@pytest.mark.parametrize("count", [1, 10, 25])
def test_every_alert_is_handed_over_in_order(queues, count):
    alerts = [an_alert(CANDLE + 300 * n, reason={"pavio": 1.5, "nome": "ç"}) for n in range(count)]
    queues.alert.send(alerts)
    assert queues.alerts() == alerts


def test_a_timer_without_delay_is_due_at_once(queues):
    timer = a_timer(an_alert(), "ana", "bruno", attempt=2)
    queues.fallback.start(timer, 0)
    assert queues.timers() == [timer]


def test_a_timer_with_a_delay_waits(queues):
    queues.fallback.start(a_timer(an_alert(), "ana"), 10)
    assert queues.waiting() == 1
    assert queues.timers() == []


def test_a_timer_that_was_given_up_lies_where_dead_letters_are_seen(queues):
    timer = a_timer(an_alert(), "ana", attempt=3)
    queues.fallback.dead_letter(timer, "não saiu")
    assert queues.dead_letters() == [(timer, "não saiu")]
    assert queues.timers() == []


def test_an_alert_that_was_given_up_lies_there_as_the_queue_would_take_it(queues):
    queues.dead.dead_letter(an_alert(), "nunca saiu")
    assert queues.dead_letters(load_alert) == [(an_alert(), "nunca saiu")]


def test_a_message_that_was_not_taken_raises():
    """SendMessageBatch answers 200 with a list of failures."""
    sqs = boto3.client("sqs", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    failed = {"Successful": [], "Failed": [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]}
    with Stubber(sqs) as stubber:
        stubber.add_response("send_message_batch", failed)
        with pytest.RaisesGroup(pytest.RaisesExc(NotQueued, match="InternalError")):
            AlertQueue(sqs, "https://queue").send([an_alert()])


def test_a_batch_of_ten_stays_far_below_what_sqs_takes():
    from pregao.wire.alert_v1 import dump_alert

    assert 10 * len(dump_alert(an_alert())) < 256 * 1024 / 4
