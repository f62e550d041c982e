"""What the emulator measures by our hand: names, units and dimensions as AWS documents them."""

from __future__ import annotations

import json
import subprocess

import pytest
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from local.stack.probe import EVENT
from tests.cloud import ROOT
from tests.emulated import EMULATOR

pytestmark = pytest.mark.emulator
ASK = """
import json, os, sys
os.environ["STATE_DIR"] = "/nonexistent"
sys.path.insert(0, sys.argv[1])
import ministack_metrics as metrics
asked = json.load(sys.stdin)
refused = metrics._refused(asked["action"], asked["request"], {"reads away", "writes away"})
print(json.dumps({
    "embedded": [list(one) for line in asked["lines"] for one in metrics.embedded(line)],
    "invoked": [list(one) for one in metrics.metrics_of("f", asked["answer"], 0.25)],
    "wakes": [metrics._wakes(one, "request") for one in asked["events"]],
    "queue": [list(one) for one in metrics.queue_metrics("q", asked["messages"], 100.0)],
    "refused": refused and [refused[0], json.loads(refused[2])],
}))
"""


def asked(**changes):
    ask = {
        "lines": [],
        "answer": {"status": "ok"},
        "messages": [],
        "events": [],
        "action": "GetItem",
        "request": {},
    }
    ran = subprocess.run(
        [str(EMULATOR), "-c", ASK, str(ROOT / "local" / "stack" / "ministack")],
        input=json.dumps(ask | changes),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_what_powertools_logs_is_read(capsys):
    with single_metric(name="Refused", unit=MetricUnit.Count, value=1, namespace="Pregao") as metric:
        metric.add_dimension(name="reason", value="origin")
    line = capsys.readouterr().out.strip()
    (found,) = asked(lines=[line, "nothing", '{"_aws": 1}', '"_aws" is no JSON'])["embedded"]
    assert found[:4] == ["Pregao", "Refused", 1.0, "Count"]
    assert found[4]["reason"] == "origin"


@pytest.mark.parametrize(("status", "errors"), [("ok", 0.0), ("error", 1.0)])
def test_an_invocation_is_counted_and_so_is_its_failure(status, errors):
    found = {one[1]: one[2] for one in asked(answer={"status": status})["invoked"]}
    assert found == {"Invocations": 1.0, "Errors": errors, "Duration": 250.0}


def test_waking_a_new_stack_is_no_use_of_its_functions():
    """A consumer refuses that message: on every new stack its alarm would be lit, and doctor name it."""
    assert asked(events=[EVENT, {"methodArn": "a"}, {}, None])["wakes"] == [True, False, False, False]


def test_a_queue_shows_what_is_ready_and_how_long_the_oldest_waits():
    messages = [{"visible_at": 90, "sent_at": 40}, {"visible_at": 130, "sent_at": 30}]
    found = {one[1]: one[2] for one in asked(messages=messages)["queue"]}
    assert found == {"ApproximateNumberOfMessagesVisible": 1.0, "ApproximateAgeOfOldestMessage": 70.0}


def test_a_table_that_was_taken_away_refuses_and_others_do_not():
    status, body = asked(request={"TableName": "away"})["refused"]
    assert (status, body["__type"].partition("#")[2]) == (400, "ThrottlingException")
    assert asked(request={"TableName": "there"})["refused"] is None
    assert asked(action="DescribeTable", request={"TableName": "there"})["refused"] is None


def test_a_transaction_is_cancelled_with_its_reasons_by_index():
    items = [{"Put": {"TableName": "there"}}, {"Update": {"TableName": "away"}}]
    status, body = asked(action="TransactWriteItems", request={"TransactItems": items})["refused"]
    assert (status, body["__type"].partition("#")[2]) == (400, "TransactionCanceledException")
    assert [one["Code"] for one in body["CancellationReasons"]] == ["None", "ThrottlingError"]
