"""The alarms of template.yaml, their entries in the runbook, and the dashboard that shows them."""

from __future__ import annotations

import json
import re

import pytest

from local.ops.runbook import FILE, read_runbook
from local.stack.template import FUNCTION, of_type
from tests.cloud import ROOT, template
from tests.drill import victims

ALARMS = of_type(template(), "AWS::CloudWatch::Alarm")
BOOK = read_runbook(ROOT)
DASHBOARD = template()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]


def names(logical):
    return logical.removesuffix("Alarm")


@pytest.mark.parametrize("logical", ALARMS)
def test_an_alarm_says_what_it_means_and_where_to_read_on(logical):
    told = ALARMS[logical]["AlarmDescription"]
    means, _, entry = told.removesuffix(".").partition(" Runbook: ")
    assert len(means) > 20
    assert entry == names(logical)
    assert {"Look", "Do"} & set(re.findall(r"[A-Z]\w+", BOOK[entry]))


@pytest.mark.parametrize("logical", ALARMS)
def test_an_alarm_is_told_when_it_is_lit_and_when_it_is_out_again(logical):
    told = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert ALARMS[logical]["AlarmActions"] == ALARMS[logical]["OKActions"] == told


def test_the_runbook_has_an_entry_for_every_alarm_and_for_nothing_else():
    assert set(BOOK) == {names(one) for one in ALARMS}


@pytest.mark.parametrize("entry", BOOK)
def test_an_entry_names_where_to_look_here_and_in_the_account(entry):
    """Each as something to run or to open, the stack named where `pregao` asks one in an account."""
    here, account = re.fullmatch(r".*? Here: (.+?) Account: (.+?)(?: Do[:,] .*)?", BOOK[entry]).groups()
    assert re.search(r"`[^`]+`", here)
    assert re.search(r"`[^`]+`|the bridge's log", account)
    for command in re.findall(r"`pregao (?!bulletin)[^`]+`", account):
        assert "--stack STACK" in command, command
    assert "--stack" not in here
    named = set(re.findall(r"pregao-(\w+)", here)) | set(re.findall(r"STACK-([a-z]+)", account))
    assert named <= {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}


@pytest.mark.parametrize("logical", [one for one in ALARMS if ALARMS[one]["MetricName"] == "Errors"])
def test_a_function_that_fails_has_its_own_log_named_first(logical):
    (where,) = ALARMS[logical]["Dimensions"]
    name, entry = where["Value"]["Ref"].removesuffix("Function").lower(), BOOK[names(logical)]
    assert f"Here: `grep -A3 pregao-{name} .pregao/emulator.log" in entry
    assert f"Account: `aws logs tail /aws/lambda/STACK-{name} " in entry


@pytest.mark.parametrize("logical", ALARMS)
def test_an_alarm_goes_out_without_help(logical):
    """No value is no fault, but for what has to happen; a fault that is over is not looked at for long."""
    alarm = ALARMS[logical]
    has_to_happen = alarm["MetricName"] == "Invocations"
    assert alarm["TreatMissingData"] == ("breaching" if has_to_happen else "notBreaching")
    assert alarm["Period"] * alarm["EvaluationPeriods"] <= 3 * 3600


def test_the_runbook_speaks_of_what_there_is():
    """Every word of the command line, every other alarm and every file it names."""
    text = (ROOT / FILE).read_text(encoding="utf-8")
    words = set(re.findall(r"`pregao (\w+)", text))
    assert words <= {path.stem for path in (ROOT / "local" / "cli").glob("*.py")}, words
    for file in set(re.findall(r"`((?:infra|config)/[\w./]+)`", text)):
        assert (ROOT / file).is_file(), file
    functions = {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}
    assert set(re.findall(r"STACK-(\w+)", text)) - {"NAME"} <= functions | {
        "WatchFunction",
        "ArchiveFunction",
    }


def test_every_function_queue_and_table_has_an_alarm_of_its_own():
    watched = {
        value
        for one in ALARMS.values()
        for dimension in one.get("Dimensions", ())
        for value in re.findall(r"\w+", json.dumps(dimension["Value"]))
    }
    for kind in (FUNCTION, "AWS::SQS::Queue", "AWS::DynamoDB::Table"):
        assert set(of_type(template(), kind)) <= watched, kind


def test_whatever_can_be_taken_away_is_told_by_an_alarm_that_exists():
    """What `make drill` takes away."""
    assert {one.alarm for one in victims()} <= {names(one) for one in ALARMS}


def test_the_dashboard_shows_every_alarm_and_draws_metrics_of_this_stack():
    body = json.loads(re.sub(r"\$\{[\w.:]+\}", "x", DASHBOARD))
    assert set(re.findall(r"\$\{(\w+Alarm)\.Arn\}", DASHBOARD)) == set(ALARMS)
    places = [(one["x"], one["y"]) for one in body["widgets"]]
    assert len(set(places)) == len(places)
    assert all(one["x"] + one["width"] <= 24 for one in body["widgets"])
    named = set(re.findall(r"\$\{([\w]+)[.}]", DASHBOARD)) - {"AWS"}
    assert named <= set(template()["Resources"])


def test_what_alarms_and_dashboard_ask_of_our_own_metrics_is_told_somewhere():
    code = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("layers/pregao/python/pregao/aws", "functions")
        for path in (ROOT / folder).rglob("*.py")
    )
    told = set(re.findall(r'"(\w+)"', code))
    own = {"Ref": "AWS::StackName"}
    asked = {one["MetricName"] for one in ALARMS.values() if one["Namespace"] == own}
    body = json.loads(re.sub(r"\$\{[\w.:]+\}", "x", DASHBOARD))
    rows = [row for one in body["widgets"] for row in one["properties"].get("metrics", ())]
    asked |= {row[1] for row in rows if row[0] == "x"}
    asked |= {
        found
        for row in rows
        if isinstance(row[0], dict) and "{x," in row[0]["expression"]
        for found in re.findall(r'MetricName="(\w+)"', row[0]["expression"])
    }
    assert len(asked) > 10
    assert asked <= told
