"""SQS: visibility, redrive, delay, batches; SNS in front of a queue."""

from __future__ import annotations

import json
import time

import pytest

from tests.conformance.naming import a_name, the_tags
from tests.conformance.refusals import code

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def sqs(target):
    return target.client("sqs")


@pytest.fixture
def receive(sqs):
    def ask(queue, **more):
        asked = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1}
        return sqs.receive_message(**{**asked, **more}).get("Messages", [])

    return ask


def test_a_received_message_is_hidden(sqs, make, receive, target):
    """A message that was received is not received again while its visibility timeout runs; a timeout of 0
    ends that.

    Source: Amazon SQS Developer Guide, Visibility timeout (sqs-visibility-timeout).
    """
    queue = make.queue(VisibilityTimeout="600")
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    (first,) = target.eventually(lambda: receive(queue))
    assert receive(queue) == []
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = target.eventually(lambda: receive(queue))
    assert again["MessageId"] == first["MessageId"]


def test_what_is_not_deleted_comes_again(sqs, make, receive, target):
    """A message that is not deleted comes again when its visibility timeout is over, and counts its receives.

    Source: Amazon SQS Developer Guide, Visibility timeout (sqs-visibility-timeout).
    """
    queue = make.queue(VisibilityTimeout="1")
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    counts = [
        target.eventually(lambda: receive(queue, AttributeNames=["ApproximateReceiveCount"]))[0]["Attributes"]
        for _ in range(2)
    ]
    assert [one["ApproximateReceiveCount"] for one in counts] == ["1", "2"]


def test_a_deleted_message_does_not_come_again(sqs, make, receive, target):
    """A message that is deleted after its receipt is gone.

    Source: Amazon SQS API Reference, DeleteMessage.
    """
    queue = make.queue(VisibilityTimeout="1")
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    (first,) = target.eventually(lambda: receive(queue))
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=first["ReceiptHandle"])
    assert receive(queue, WaitTimeSeconds=2) == []


def test_a_poisoned_message_ends_among_the_dead(sqs, make, receive, target):
    """A message received maxReceiveCount times and never deleted goes to the dead-letter queue.

    Source: Amazon SQS Developer Guide, Using dead-letter queues (sqs-dead-letter-queues).
    """
    queue = make.queue(dead_after=2, VisibilityTimeout="0")
    policy = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["RedrivePolicy"])["Attributes"]
    dead_arn = json.loads(policy["RedrivePolicy"])["deadLetterTargetArn"]
    dead = sqs.get_queue_url(QueueName=dead_arn.rpartition(":")[2])["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="poison")
    received = [target.eventually(lambda: receive(queue)) for _ in range(2)]
    (buried,) = target.eventually(lambda: receive(queue, WaitTimeSeconds=0) or receive(dead))
    assert buried["Body"] == "poison"
    assert {one["MessageId"] for (one,) in received} == {buried["MessageId"]}
    assert receive(queue) == []


def test_a_delayed_message_comes_later(sqs, make, receive, target):
    """A message sent with DelaySeconds is not received before they are over.

    Source: Amazon SQS Developer Guide, Message timers (sqs-message-timers).
    """
    queue, sent_at = make.queue(), time.monotonic()
    sqs.send_message(QueueUrl=queue, MessageBody="later", DelaySeconds=2)
    target.eventually(lambda: receive(queue))
    assert time.monotonic() - sent_at >= 1.9  # the clocks' own grain


def test_attributes_travel_with_a_message(sqs, make, receive, target):
    """Message attributes arrive where they are asked for, apart from the body.

    Source: Amazon SQS Developer Guide, Message metadata (sqs-message-metadata).
    """
    queue, why = make.queue(), {"reason": {"DataType": "String", "StringValue": "no_screen"}}
    sqs.send_message(QueueUrl=queue, MessageBody="one", MessageAttributes=why)
    (found,) = target.eventually(lambda: receive(queue, MessageAttributeNames=["All"]))
    assert found["MessageAttributes"]["reason"]["StringValue"] == "no_screen"


def test_a_batch_has_ten_messages_and_no_more(sqs, make):
    """SendMessageBatch takes ten messages and refuses eleven.

    Source: Amazon SQS API Reference, SendMessageBatch.
    """
    queue = make.queue()
    entries = [{"Id": str(n), "MessageBody": "x"} for n in range(11)]
    answer = sqs.send_message_batch(QueueUrl=queue, Entries=entries[:10])
    assert (len(answer["Successful"]), answer.get("Failed", [])) == (10, [])
    refused = code(sqs.send_message_batch, QueueUrl=queue, Entries=entries)
    assert refused.endswith("TooManyEntriesInBatchRequest")


def test_a_message_of_more_than_a_mebibyte_is_refused(sqs, make):
    """A message has at most 1 MiB.

    Source: Amazon SQS API Reference, SendMessage.
    """
    queue = make.queue()
    sqs.send_message(QueueUrl=queue, MessageBody="x" * MIB)
    assert code(sqs.send_message, QueueUrl=queue, MessageBody="x" * (MIB + 1))


def test_a_topic_hands_a_message_on_as_it_is(sqs, make, receive, target):
    """With raw message delivery a queue subscribed to a topic gets the message itself, without SNS's
    envelope.

    Source: Amazon SNS Developer Guide, Raw message delivery (sns-large-payload-raw-message-delivery).
    """
    sns, queue = target.client("sns"), make.queue()
    topic = sns.create_topic(Name=a_name(), Tags=the_tags())["TopicArn"]
    make.removals.callback(sns.delete_topic, TopicArn=topic)
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": make.arn(queue),
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": target.policy(allowed)})
    sns.subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=make.arn(queue),
        Attributes={"RawMessageDelivery": "true"},
    )
    sns.publish(TopicArn=topic, Message='{"eventType": "Delivery"}')
    (found,) = target.eventually(lambda: receive(queue))
    assert found["Body"] == '{"eventType": "Delivery"}'
