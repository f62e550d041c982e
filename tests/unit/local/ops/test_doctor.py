"""The cause first: what is off before what refuses, before what fails, before what waits."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from local.ops import doctor
from local.ops.alarms import Alarm, Judged, State
from local.ops.doctor import Finding, Rank, diagnose, log_line

NOW = 1_795_000_000.0


def an_alarm(key, metric, namespace="AWS/Lambda", missing="notBreaching", **where):
    return Alarm(
        key, f"means {key}", namespace, metric, tuple(where.items()), "Sum", 60, 1, 1, 0.0,
        "GreaterThanThreshold", missing, State.OK,
    )  # fmt: skip


LIT = {
    an_alarm("AlertQueueAge", "ApproximateAgeOfOldestMessage", "AWS/SQS", QueueName="q"): 90.0,
    an_alarm("WatchErrors", "Errors", FunctionName="pregao-watch"): 1.0,
    an_alarm("DeliverErrors", "Errors", FunctionName="pregao-deliver"): 40.0,
    an_alarm("EntregaAuditTableWritesThrottled", "WriteThrottleEvents", "AWS/DynamoDB", TableName="e"): 3.0,
    an_alarm("WatchMissing", "Invocations", missing="breaching", FunctionName="pregao-watch"): 0.0,
}


@pytest.fixture
def stack(monkeypatch):
    """A stack whose consumers are on, and whose alarms are those of LIT; logs hold what a test puts there."""
    lambdas, kms, secrets, logs = MagicMock(), MagicMock(), MagicMock(), MagicMock()
    source = {"State": "Enabled", "UUID": "u-1", "LastModified": datetime(2026, 11, 29, tzinfo=UTC)}
    sources = {name: dict(source) for name in ("deliver", "fallback", "feedback")}
    lambdas.list_event_source_mappings = lambda FunctionName: {  # noqa: N803
        "EventSourceMappings": [sources[FunctionName.removeprefix("pregao-")]]
    }
    kms.describe_key.return_value = {"KeyMetadata": {"KeyState": "Enabled", "KeyId": "k"}}
    secrets.describe_secret.return_value = {"Name": "s"}
    events = MagicMock()
    events.list_rules.return_value = {"Rules": []}
    clients = {"lambda": lambdas, "kms": kms, "secretsmanager": secrets, "logs": logs, "events": events}
    monkeypatch.setattr(
        doctor,
        "judged",
        lambda _cloudwatch, alarms, _now, _born: [Judged(one, State.ALARM, (LIT[one],)) for one in alarms],
    )
    monkeypatch.setattr(doctor, "_health", lambda _stack: [Finding(Rank.SYMPTOM, "feed", "", "FeedSilent")])
    monkeypatch.setattr(doctor, "log_line", lambda _logs, group, _now: f"line of {group}")
    return SimpleNamespace(
        client=lambda service: clients.get(service, MagicMock()),
        outputs={"DigestKeyArn": "k", "TokenSecretArn": "s"},
        sources=sources,
    )


def named(stack):
    return [one.runbook for one in diagnose(stack, "pregao", list(LIT), NOW)]


def test_a_table_that_refuses_comes_before_functions_and_those_before_what_waits(stack):
    assert named(stack) == [
        "EntregaAuditTableWritesThrottled",
        "DeliverErrors",
        "WatchErrors",
        "WatchMissing",
        "AlertQueueAge",
        "FeedSilent",
    ]


def test_a_consumer_that_is_off_is_the_cause_and_its_alarm_is_not_told_again(stack):
    stack.sources["deliver"]["State"] = "Disabled"
    found = diagnose(stack, "pregao", list(LIT), NOW)
    assert found[0].runbook == "AlertQueueAge"
    assert "consumer off: deliver" in found[0].cause
    assert "Disabled" in found[0].evidence
    assert [one.runbook for one in found].count("AlertQueueAge") == 1


def test_a_function_that_fails_comes_with_a_line_of_its_log(stack):
    (one,) = [each for each in diagnose(stack, "pregao", list(LIT), NOW) if each.runbook == "DeliverErrors"]
    assert one.log == "line of /aws/lambda/pregao-deliver"


def test_what_waits_comes_with_a_line_of_the_function_that_should_take_it(stack):
    """A batch that fails in part is no error of the function: its log alone says why."""
    found = {one.runbook: one.log for one in diagnose(stack, "pregao", list(LIT), NOW)}
    assert found["AlertQueueAge"] == "line of /aws/lambda/pregao-deliver"


def test_the_most_telling_line_is_taken():
    logs = MagicMock()
    messages = ["START", "[ERROR] Runtime.ImportModuleError: no module 'gone'", "| Traceback (most recent"]
    logs.get_paginator.return_value.paginate.return_value = [{"events": [{"message": m} for m in messages]}]
    assert log_line(logs, "g", NOW) == messages[1]
