"""The archive as it is deployed: by stream and by the hour, on moto's tables, bucket and key."""

from __future__ import annotations

import gzip
import json

import pytest

from pregao.domain.audit.chain import ALERTAS
from pregao.domain.audit.hourly_digest import read_signed
from tests.fakes import CANDLE, admitted, an_alert
from tests.functions.conftest import sample


def of_stream(*changes):
    """A stream's batch: (event name, number) of the chain of the sample."""
    event = sample("archive")
    (record,) = event["Records"]
    event["Records"] = [
        {
            **record,
            "eventName": name,
            "dynamodb": {
                **record["dynamodb"],
                "Keys": {**record["dynamodb"]["Keys"], "seq": {"N": str(seq)}},
            },
        }
        for name, seq in changes
    ]
    return event


def lines(stack):
    """The archived records, in the order of their objects' names."""
    found = stack.s3.list_objects_v2(Bucket=stack.resources["AuditBucket"], Prefix="table=").get(
        "Contents", []
    )
    bodies = [
        stack.s3.get_object(Bucket=stack.resources["AuditBucket"], Key=one["Key"])["Body"].read()
        for one in found
    ]
    return [json.loads(line) for body in bodies for line in gzip.decompress(body).splitlines()]


@pytest.fixture
def judged(stack):
    return [admitted(stack.books.admission, an_alert(CANDLE + 300 * n)) for n in range(3)]


def test_the_sample_archives_the_chain_that_grew(stack, judged):
    assert stack.call("archive", sample("archive")) == {
        "archived": 3,
        "tampered": 0,
        "digests": 1,
        "closed": 0,
    }
    assert [one["alert_id"] for one in lines(stack)] == [one.id for one in judged]


def test_a_batch_that_comes_again_adds_nothing(stack, judged):
    for _ in range(3):
        stack.call("archive", of_stream(("INSERT", 1), ("INSERT", 2)))
    assert len(lines(stack)) == 3


@pytest.mark.parametrize("what", ["MODIFY", "REMOVE"])
def test_a_change_is_counted_and_named(stack, judged, capsys, caplog, what):
    assert stack.call("archive", of_stream(("INSERT", 1), (what, 2)))["tampered"] == 1
    (metric,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert metric["AuditTampered"] == [1.0]
    assert metric["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "pregao"
    assert metric["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    (error,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert (error.what, error.at) == (what, (ALERTAS, "WINZ26#2026-11-23", "2"))


def test_the_hour_archives_what_no_stream_told_of_and_signs(stack, judged):
    now = judged[0].detected_at
    done = stack.at(now + 3600).call("archive", {})
    assert done == {"archived": 3, "digests": 1, "closed": 0}
    stack.at(now + 7200).call("archive", {})
    found = stack.s3.list_objects_v2(Bucket=stack.resources["AuditBucket"], Prefix="digest/")["Contents"]
    first, second = (
        read_signed(
            stack.s3.get_object(Bucket=stack.resources["AuditBucket"], Key=one["Key"])["Body"].read()
        ).read()
        for one in found
    )
    assert (len(first.objects), len(second.objects)) == (0, 1)
    assert second.before.key == first.key


def test_a_closed_day_is_compacted_the_hour_after_it_is_signed(stack, judged):
    """The day, its end by `watch`, the digest that lists it; the object's records are the small ones'."""
    day = judged[0].detected_at + 86_400
    stack.at(day).call("watch", sample("watch"))
    closed = [stack.at(day + 3600 * hour).call("archive", {})["closed"] for hour in range(4)]
    assert closed == [0, 3, 0, 0]
    bucket = stack.resources["AuditBucket"]
    keys = [one["Key"] for one in stack.s3.list_objects_v2(Bucket=bucket, Prefix="closed/")["Contents"]]
    (key,) = [one for one in keys if ALERTAS in one]
    body = stack.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    found = [json.loads(line) for line in gzip.decompress(body).splitlines()]
    mine = {one["hash"] for one in lines(stack) if one["day"] == found[0]["day"] and one["hash"]}
    assert [one["kind"] for one in found] == ["alert"] * 3 + ["close", "day"]
    assert {one["hash"] for one in found} <= mine


def test_messages_of_others_are_none_of_its_business(stack):
    assert stack.call("archive", {"Records": [{"eventSource": "aws:sqs", "body": ""}]}) == {
        "archived": 0,
        "tampered": 0,
        "digests": 1,
        "closed": 0,
    }
