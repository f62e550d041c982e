"""A DynamoDB stream in front of a function: order, repetition, filters."""

from __future__ import annotations

from uuid import uuid4

import pytest


@pytest.fixture
def label():
    return f"watched#{uuid4().hex}"


@pytest.fixture
def put(target, stand, label):
    dynamo = target.client("dynamodb")

    def write(sk, pk=label, **said):
        item = {"pk": {"S": pk}, "sk": {"S": sk}} | {name: {"S": text} for name, text in said.items()}
        dynamo.put_item(TableName=stand.outputs["Streamed"], Item=item)

    return write


def what(events):
    return [
        (event["dynamodb"]["Keys"]["sk"]["S"], event["dynamodb"]["NewImage"]["v"]["S"]) for event in events
    ]


def test_changes_of_an_item_come_in_their_order(put, stand, target, label):
    """The changes of an item appear in the stream in the order in which they were made, each once.

    Source: Amazon DynamoDB Developer Guide, Change data capture for DynamoDB Streams (Streams).
    """
    for n in range(12):
        put("0", v=str(n))
    events = target.eventually(lambda: (found := stand.seen(label)) and len(found) >= 12 and found)
    assert what(events) == [("0", str(n)) for n in range(12)]
    assert [event["eventName"] for event in events] == ["INSERT"] + ["MODIFY"] * 11


def test_a_record_shows_what_the_view_holds(put, stand, target, label):
    """With NEW_IMAGE a record carries the keys and the item after the change, not the one before.

    Source: Amazon DynamoDB Developer Guide, Change data capture for DynamoDB Streams (Streams).
    """
    put("0", v="first")
    put("0", v="second")
    _, second = target.eventually(lambda: (found := stand.seen(label)) and len(found) == 2 and found)
    assert second["dynamodb"]["NewImage"] == {"pk": {"S": label}, "sk": {"S": "0"}, "v": {"S": "second"}}
    assert second["dynamodb"]["StreamViewType"] == "NEW_IMAGE"
    assert "OldImage" not in second["dynamodb"]
    assert second["eventSource"] == "aws:dynamodb"


def test_what_the_filter_does_not_match_is_passed_over(put, stand, target, label):
    """A record that matches no filter never reaches the function, and those behind it do.

    Source: AWS Lambda Developer Guide, Control which events Lambda sends to your function
    (invocation-eventfiltering).
    """
    other = uuid4().hex
    put("0", pk=other, v="not for us")
    put("0", v="for us")
    target.eventually(lambda: stand.seen(label))
    assert stand.seen(other) == []


def test_a_failed_batch_comes_again_before_what_is_behind_it(put, stand, target, label):
    """Where the function fails, Lambda gives it the same records again, and later records of the shard wait.

    Source: AWS Lambda Developer Guide, Using Lambda with Amazon DynamoDB (with-ddb).
    """
    put("0", v="a", do="raise 1")
    put("0", v="b")
    events = target.eventually(
        lambda: (found := stand.seen(label)) and [text for _, text in what(found)].count("b") and found
    )
    texts = [text for _, text in what(events)]
    assert texts.count("a") >= 2
    assert texts.index("b") > texts.index("a", 1)


def test_after_its_retries_a_batch_is_given_up(put, stand, target, label):
    """After MaximumRetryAttempts (here 2) a batch is discarded, and the shard goes on.

    Source: AWS Lambda API Reference, CreateEventSourceMapping.
    """
    put("0", v="a", do="raise 4")
    target.eventually(lambda: len(stand.seen(label)) >= 3)
    put("0", v="b")
    events = target.eventually(
        lambda: (found := stand.seen(label)) and what(found)[-1] == ("0", "b") and found
    )
    assert what(events) == [("0", "a")] * 3 + [("0", "b")]
