"""The cause first: what is off before what refuses, before what fails, before what waits."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from unittest.mock import MagicMock

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from local.cli import doctor as cli
from local.cli.app import app
from local.ops import doctor
from local.ops.alarms import Alarm, Judged, State
from local.ops.doctor import PROBLEMS, Finding, Rank, diagnose, log_line
from local.ops.runbook import read_steps
from pregao.flow.status import DEAD
from tests.cloud import ROOT

NOW = 1_795_000_000.0
HEALTH = doctor._health


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
        clients=clients,
    )


def named(stack):
    return [one.runbook for one in diagnose(stack, "pregao", list(LIT), NOW)]


def test_a_table_that_refuses_comes_before_functions_and_those_before_what_waits(stack):
    assert named(stack) == [
        "EntregaAuditTableWritesThrottled",
        "DeliverErrors",
        "WatchErrors",
        "WatchMissing",
        "FeedSilent",
        "AlertQueueAge",
    ]


def test_a_consumer_that_is_off_is_the_cause_and_its_alarm_is_not_told_again(stack):
    stack.sources["deliver"]["State"] = "Disabled"
    found = diagnose(stack, "pregao", list(LIT), NOW)
    assert found[0].runbook == "AlertQueueAge"
    assert "consumer off: deliver" in found[0].cause
    assert "Disabled" in found[0].evidence
    assert [one.runbook for one in found].count("AlertQueueAge") == 1


def test_a_schedule_of_several_rules_is_told_once_with_each_rule(stack):
    rules = [{"Name": f"pregao-ArchiveFunction{one}", "State": "DISABLED"} for one in ("Acao", "EachHour")]
    stack.clients["events"].list_rules.return_value = {"Rules": rules}
    first = diagnose(stack, "pregao", [], NOW)[0]
    assert first.runbook == "ArchiveMissing"
    told = "rule pregao-ArchiveFunctionAcao: DISABLED; rule pregao-ArchiveFunctionEachHour: DISABLED"
    assert first.evidence == told


@pytest.mark.parametrize(("errors", "found"), [(2, []), (3, ["ArchiveErrors"])])
def test_a_function_that_keeps_failing_is_named_before_its_slow_alarm_is_lit(monkeypatch, errors, found):
    slow = an_alarm("ArchiveErrors", "Errors", FunctionName="pregao-archive")
    slow = replace(slow, period_s=900, periods=3, datapoints=2)
    monkeypatch.setattr(doctor, "log_line", lambda *_: "")
    with mock_aws():
        cloudwatch = boto3.client("cloudwatch", region_name="sa-east-1")
        began = datetime.fromtimestamp(NOW // 900 * 900, UTC)
        where = [{"Name": "FunctionName", "Value": "pregao-archive"}]
        datum = {"MetricName": "Errors", "Dimensions": where, "Timestamp": began, "Value": float(errors)}
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[datum])
        stack = SimpleNamespace(client=lambda _service: cloudwatch)
        assert [one.runbook for one in doctor._lit(stack, "pregao", [slow], NOW, NOW - 300)] == found


def test_a_function_that_fails_comes_with_a_line_of_its_log(stack):
    (one,) = [each for each in diagnose(stack, "pregao", list(LIT), NOW) if each.runbook == "DeliverErrors"]
    assert one.log == "line of /aws/lambda/pregao-deliver"


def test_what_waits_comes_with_a_line_of_the_function_that_should_take_it(stack):
    """A batch that fails in part is no error of the function: its log alone says why."""
    found = {one.runbook: one.log for one in diagnose(stack, "pregao", list(LIT), NOW)}
    assert found["AlertQueueAge"] == "line of /aws/lambda/pregao-deliver"


def test_what_health_says_is_told_in_words_with_since_when_and_why(monkeypatch, stack):
    """Two feeds have one entry, and so has the alarm of both: none is left out."""
    body = {
        "problems": [
            {"what": "feed_silent:WIN M5", "since": NOW - 600, "runbook": "FeedSilent"},
            {"what": "feed_flapping:WDO M5", "since": NOW - 7200, "runbook": "FeedSilent"},
            {"what": "no_answer:feeds", "since": None, "runbook": "AdmissionTableReadsThrottled"},
        ],
        "feeds": [
            {"instrument": "WIN", "timeframe": "M5", "silent": {"since": 0, "cause": "broker_lost"}},
            {"instrument": "WDO", "timeframe": "M5", "silent": None},
        ],
    }
    alarm = an_alarm("FeedSilent", "FeedsSilent", "pregao", service="watch")
    monkeypatch.setitem(LIT, alarm, 2.0)
    monkeypatch.setattr(doctor, "_health", HEALTH)
    monkeypatch.setattr(
        doctor.urllib.request, "urlopen", lambda *_, **__: io.BytesIO(json.dumps(body).encode())
    )
    stack.outputs["HttpUrl"] = "http://h"
    feed, table = diagnose(stack, "pregao", [alarm], NOW)
    assert feed.cause == "série sem dados · no data from a feed: WIN M5"
    assert feed.evidence.startswith("/health, desde · since 18/11 07:56:40, o terminal não está conectado")
    assert "a feed comes and goes: WDO M5" in feed.evidence
    assert "FeedsSilent Sum = 2" in feed.evidence
    assert table.evidence == "/health, desde · since ?"


def test_every_problem_that_health_names_has_words():
    code = (ROOT / "layers/pregao/python/pregao/flow/status.py").read_text(encoding="utf-8")
    named = set(re.findall(r'problem\(\s*f?"(\w+?)(?:_\{name\}|:\{|")', code))
    dead = {f"dead_{one}" for one in DEAD}
    assert {one for one in named if one != "dead"} | dead == set(PROBLEMS)


@pytest.mark.parametrize(("words", "logs"), [((), "emulator.log"), (("--stack", "pregao"), "aws logs tail")])
def test_the_command_says_cause_evidence_remedy_and_where_the_logs_are(stack, monkeypatch, words, logs):
    made = {"Stacks": [{"CreationTime": datetime(2026, 11, 1, tzinfo=UTC)}]}
    stack.clients["cloudformation"] = MagicMock(**{"describe_stacks.return_value": made})
    ours = lambda name, _state: stack if name in (None, "pregao") else None  # noqa: E731
    monkeypatch.setattr("local.stack.deployed.deployed", ours)
    monkeypatch.setattr(cli, "read_alarms", lambda _cloudwatch, _name: list(LIT))
    stack.sources["deliver"]["State"] = "Disabled"
    ran = CliRunner().invoke(app(["doctor"]), ["doctor", *words], env={"COLUMNS": "300"})
    assert ran.exit_code == cli.SICK, ran.output
    said = [line.rstrip() for line in ran.output.splitlines()]
    assert "consumer off: deliver" in said[0]
    assert said[1].startswith("  visto · seen: event source mapping u-1: Disabled desde · since 2026-11-29")
    assert said[2] == "  fazer · do (docs/RUNBOOK.md, AlertQueueAge):"
    assert said[3].startswith("    Look: is deliver's event source on?")
    assert logs in said[-1]
    stack.sources["deliver"]["State"] = "Enabled"
    told = json.loads(CliRunner().invoke(app(["doctor"]), ["doctor", *words, "--json"]).stdout)
    assert told[0]["runbook"] == "EntregaAuditTableWritesThrottled"
    assert told[1]["log"] == "line of /aws/lambda/pregao-deliver"


def test_a_function_that_does_not_start_here_is_told_by_the_emulators_log(stack, tmp_path):
    """It logs nothing itself; a line of an hour ago, or of a function called alike, is no cause."""
    stack.state_dir = tmp_path
    written = [
        line_of(NOW - 3600, "pregao-deliver: Worker init failed: No module named 'older'"),
        line_of(NOW - 50, "pregao-watch: Worker init failed: No module named 'gone'"),
        line_of(NOW - 40, "pregao-watch-2: another stack's"),
    ]
    (tmp_path / "emulator.log").write_text("\n".join([*written, "{}", ""]))
    found = {one.runbook: one.log for one in diagnose(stack, "pregao", list(LIT), NOW)}
    assert found["WatchErrors"] == written[1]
    assert found["DeliverErrors"] == "line of /aws/lambda/pregao-deliver"


def line_of(at, text):
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M:%S} ERROR [lambda] {text}"


def test_the_most_telling_line_is_taken():
    logs = MagicMock()
    messages = ["START", "[ERROR] Runtime.ImportModuleError: no module 'gone'", "| Traceback (most recent"]
    logs.get_paginator.return_value.paginate.return_value = [{"events": [{"message": m} for m in messages]}]
    assert log_line(logs, "g", NOW) == messages[1]


def test_the_runbook_is_told_a_step_a_line_and_for_the_side_one_stands_on():
    here, there = (
        read_steps(ROOT, account=account)["ChannelNotSent"].splitlines() for account in (False, True)
    )
    assert [one.split(":")[0] for one in here if one.startswith(("Look", "Here", "Account", "Do"))] == [
        "Look", "Here", "Do",
    ]  # fmt: skip
    assert any(one.startswith("Account: ") for one in there)
    assert not any(one.startswith("Here: ") for one in there)
    assert any(one.startswith("- `blocked`") and one.endswith("press Start.") for one in here)
    for entry in read_steps(ROOT, account=True).values():
        assert "Here:" not in entry
