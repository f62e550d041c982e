"""SQS in front of a function: partial batches, repetition, the dead."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from tests.conformance.refusals import code


@pytest.fixture
def label():
    return uuid4().hex


@pytest.fixture
def send(target, stand, label):
    """Send messages in one batch; each says what the function is to do with it."""
    sqs = target.client("sqs")

    def sent(*asked):
        bodies = [json.dumps({"label": label, "n": n} | one) for n, one in enumerate(asked)]
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
        sqs.send_message_batch(QueueUrl=stand.outputs["Queue"], Entries=entries)

    return sent


@pytest.fixture
def came(stand, label):
    """Which messages the function has had so far, each as often as it came."""
    return lambda: sorted(json.loads(event["body"])["n"] for event in stand.seen(label))


@pytest.fixture
def left(target, stand):
    """How many messages are in the queue, visible or not."""

    def ask():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = target.client("sqs").get_queue_attributes(
            QueueUrl=stand.outputs["Queue"], AttributeNames=names
        )
        return sum(int(found["Attributes"][name]) for name in names)

    return ask


def test_a_record_has_the_messages_fields(send, stand, target, label):
    """A record carries messageId, body, attributes with ApproximateReceiveCount, and the queue as
    eventSourceARN.

    Source: AWS Lambda Developer Guide, Using Lambda with Amazon SQS (with-sqs).
    """
    send({})
    (record,) = target.eventually(lambda: stand.seen(label))
    assert json.loads(record["body"]) == {"label": label, "n": 0}
    assert (record["eventSource"], record["attributes"]["ApproximateReceiveCount"]) == ("aws:sqs", "1")
    assert record["eventSourceARN"].endswith(stand.outputs["Queue"].rpartition("/")[2])
    assert record["messageId"]
    assert record["receiptHandle"]


def test_what_failed_comes_again_alone(send, came, left, target):
    """Of a batch only the messages listed in batchItemFailures come again; the others are deleted.

    Source: AWS Lambda Developer Guide, Handling errors for an SQS event source (services-sqs-errorhandling).
    """
    send({}, {"do": "fail once"}, {})
    assert target.eventually(lambda: came() == [0, 1, 1, 2] and left() == 0)


def test_an_empty_list_is_success(send, came, left, target):
    """An empty batchItemFailures deletes the whole batch.

    Source: AWS Lambda Developer Guide, Handling errors for an SQS event source (services-sqs-errorhandling).
    """
    send({"answer": {"batchItemFailures": []}}, {})
    assert target.eventually(lambda: came() == [0, 1] and left() == 0)


def test_a_null_list_is_success(send, came, left, target):
    """A null batchItemFailures deletes the whole batch.

    Source: AWS Lambda Developer Guide, Handling errors for an SQS event source (services-sqs-errorhandling).
    """
    send({"answer": {"batchItemFailures": None}}, {})
    assert target.eventually(lambda: came() == [0, 1] and left() == 0)


def test_an_unknown_message_fails_the_batch(send, came, target):
    """An itemIdentifier that is no message of the batch makes the whole batch come again.

    Source: AWS Lambda Developer Guide, Handling errors for an SQS event source (services-sqs-errorhandling).
    """
    send({"answer": {"batchItemFailures": [{"itemIdentifier": "nobody"}]}})
    assert target.eventually(lambda: came() == [0, 0])


def test_an_error_fails_the_batch(send, came, target):
    """Where the function fails, its messages come again when their visibility timeout is over.

    Source: AWS Lambda Developer Guide, Handling errors for an SQS event source (services-sqs-errorhandling).
    """
    send({"do": "raise 1"})
    assert target.eventually(lambda: came() == [0, 0])


def test_a_message_that_always_fails_ends_among_the_dead(send, came, stand, target, label):
    """A message that failed maxReceiveCount times goes to the dead-letter queue, as it was sent.

    Source: AWS Lambda Developer Guide, Using Lambda with Amazon SQS (with-sqs).
    """
    send({"do": "raise 99"})
    sqs, dead = target.client("sqs"), stand.outputs["DeadLetters"]

    def buried():
        found = sqs.receive_message(QueueUrl=dead, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        return [one for one in found.get("Messages", []) if label in one["Body"]]

    (message,) = target.eventually(buried)
    assert json.loads(message["Body"]) == {"label": label, "n": 0, "do": "raise 99"}
    assert came() == [0, 0]


def test_a_queue_must_hide_as_long_as_its_function_may_run(target, stand):
    """A queue whose visibility timeout is below the function's timeout is refused as its event source.

    Source: AWS Lambda Developer Guide, Using Lambda with Amazon SQS (with-sqs).
    """
    lambdas = target.client("lambda")
    asked = {
        "FunctionName": stand.outputs["BatchFunction"],
        "EventSourceArn": stand.outputs["HastyQueue"],
    }
    try:
        refused = code(lambdas.create_event_source_mapping, **asked)
    finally:
        for mapping in lambdas.list_event_source_mappings(**asked)["EventSourceMappings"]:
            lambdas.delete_event_source_mapping(UUID=mapping["UUID"])
    assert refused == "InvalidParameterValueException"
