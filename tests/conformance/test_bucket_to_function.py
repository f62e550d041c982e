"""S3 in front of a function: what it is told of a new object."""

from __future__ import annotations

from urllib.parse import unquote_plus
from uuid import uuid4

import pytest


@pytest.fixture
def dropped(target, stand):
    """An object put into the bucket, and the record that the function got of it."""
    s3, bucket, label = target.client("s3"), stand.outputs["Drop"], uuid4().hex
    key = f"{label} preços do dia +1.zip"
    s3.put_object(Bucket=bucket, Key=key, Body=b"12345")
    try:
        yield key, target.eventually(lambda: stand.seen(label))[0]
    finally:
        s3.delete_object(Bucket=bucket, Key=key)


def test_a_new_object_is_told(dropped, stand):
    """A put tells the function of s3:ObjectCreated:Put, with the bucket's name and the object's size.

    Source: Amazon S3 User Guide, Event message structure (notification-content-structure).
    """
    _, record = dropped
    assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
    assert (record["s3"]["bucket"]["name"], record["s3"]["object"]["size"]) == (stand.outputs["Drop"], 5)


def test_the_key_is_told_url_encoded(dropped):
    """The object's key is URL-encoded in the record: a space is a plus.

    Source: Amazon S3 User Guide, Event message structure (notification-content-structure).
    """
    key, record = dropped
    told = record["s3"]["object"]["key"]
    assert " " not in told
    assert unquote_plus(told) == key
