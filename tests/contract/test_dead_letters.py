"""`pregao dlq` over moto's queues: everything seen, nothing lost, and sent again as it was."""

from __future__ import annotations

import json
from itertools import chain
from types import SimpleNamespace

import boto3
import pytest
from typer.testing import CliRunner

from local.cli import dlq
from local.ops.dead_letters import QUEUES, DeadLetters
from local.stack.errors import StackError
from pregao.aws.queues import DeadLetters as Graveyard
from pregao.aws.queues import FallbackQueue
from pregao.aws.tables.audit.ledger import Ledger
from pregao.aws.tables.delivery.delivery_book import DeliveryBook
from pregao.domain.audit.archive_days import ArchiveError
from pregao.flow.feedback import BOUNCED
from pregao.wire.alert_v1 import dump_alert, load_alert, load_timer
from tests.cloud import AUDIT, REGION, STATE, moto_dynamo
from tests.fakes import CANDLE, NOW, a_timer, an_alert


@pytest.fixture
def stack(monkeypatch):
    with moto_dynamo() as dynamo:
        sqs = boto3.client("sqs", region_name=REGION)
        names = filter(None, chain.from_iterable(QUEUES.values()))
        outputs = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in names}
        made = SimpleNamespace(
            outputs={**outputs, "AdmissionTable": STATE["admission"]},
            client={"sqs": sqs, "dynamodb": dynamo}.get,
            sqs=sqs,
            dynamo=dynamo,
        )
        monkeypatch.setattr("local.ops.dead_letters.WAIT_S", 0)
        monkeypatch.setattr("local.stack.deployed.deployed", lambda _name, _state: made)
        yield made


@pytest.fixture
def dead(stack):
    """An alert given up by watch, one that failed three times, a timer, and rubbish."""
    url = stack.outputs["AlertDeadLettersUrl"]
    Graveyard(stack.sqs, url).dead_letter(an_alert(), "not delivered after it was sent 5 times again")
    stack.sqs.send_message(QueueUrl=url, MessageBody=dump_alert(an_alert(CANDLE + 300)).decode())
    stack.sqs.send_message(QueueUrl=url, MessageBody="{}")
    timers = FallbackQueue(
        stack.sqs, stack.outputs["FallbackQueueUrl"], stack.outputs["FallbackDeadLettersUrl"]
    )
    timers.dead_letter(a_timer(an_alert(), "ana", "bruno", attempt=3), "no e-mail after 3 tries")


def run(*words):
    return CliRunner().invoke(dlq.app, list(words))


def bodies(stack, name):
    found = stack.sqs.receive_message(QueueUrl=stack.outputs[name], MaxNumberOfMessages=10).get(
        "Messages", []
    )
    return [one["Body"] for one in found]


def test_none(stack):
    assert "no dead letter" in run("list").output


def test_all_are_listed_with_their_reasons_and_stay(stack, dead):
    for _ in range(2):
        with DeadLetters(stack) as letters:
            found = {(one.kind, one.operators, one.reason) for one in letters.read()}
        assert found == {
            ("alerts", (), "not delivered after it was sent 5 times again"),
            ("alerts", (), "its tries failed; the log of deliver says why"),
            ("alerts", (), "nobody can read it"),
            ("timers", ("ana", "bruno"), "no e-mail after 3 tries"),
        }
    assert len(bodies(stack, "AlertDeadLettersUrl")) == 3
    assert bodies(stack, "AlertQueueUrl") == []


def test_the_list_is_readable(stack, dead, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    said = " ".join(run("list").output.split())
    assert "COMPRA WINZ26 @ 131.250" in said
    assert "ana, bruno" in said


def test_one_is_shown_whole(stack, dead):
    said = run("show", an_alert(CANDLE + 300).id[:10])
    assert load_alert(said.stdout) == an_alert(CANDLE + 300)
    assert "log of deliver" in said.stderr


def test_an_alert_goes_back_as_it_was(stack, dead):
    assert run("replay", an_alert(CANDLE + 300).id).exit_code == 0
    assert [load_alert(body) for body in bodies(stack, "AlertQueueUrl")] == [an_alert(CANDLE + 300)]
    assert len(bodies(stack, "AlertDeadLettersUrl")) == 2


def test_operators_who_were_given_up_are_tried_again(stack, dead):
    ledger = Ledger(stack.dynamo, STATE["admission"], AUDIT["entrega"], "entrega")
    book = DeliveryBook(stack.dynamo, STATE["admission"], ledger)
    book.gave_up(an_alert().id, "ana", NOW)
    assert run("replay", "--all").exit_code == 0
    (timer,) = [load_timer(body) for body in bodies(stack, "FallbackQueueUrl")]
    assert timer.operators == ("ana", "bruno")
    assert not book.reached(an_alert().id)["ana"].settled
    assert bodies(stack, "FallbackDeadLettersUrl") == []


def test_a_bounced_email_is_taken_back_and_no_other(stack):
    """Ana's bounced, Bruno's timer failed after his was sent: she is tried again, he is not."""
    ledger = Ledger(stack.dynamo, STATE["admission"], AUDIT["entrega"], "entrega")
    book = DeliveryBook(stack.dynamo, STATE["admission"], ledger)
    timers = FallbackQueue(stack.sqs, "", stack.outputs["FallbackDeadLettersUrl"])
    for name, cause in (("ana", BOUNCED), ("bruno", "no_receipt")):
        book.mailed(an_alert().id, name, NOW)
        timers.dead_letter(a_timer(an_alert(), name, cause=cause), "e-mail bounced, Permanent")
    assert run("replay", "--all").exit_code == 0
    reached = book.reached(an_alert().id)
    assert not reached["ana"].settled
    assert reached["bruno"].settled


def test_a_report_that_was_not_taken_in_goes_back(stack):
    stack.sqs.send_message(QueueUrl=stack.outputs["FeedbackDeadLettersUrl"], MessageBody="{}")
    assert "feedback" in run("list").output
    assert run("replay", "--all").exit_code == 0
    assert bodies(stack, "FeedbackQueueUrl") == ["{}"]


ARN = "arn:aws:lambda:sa-east-1:123456789012:function:pregao-dev-"
ROUND = {
    "requestContext": {"functionArn": f"{ARN}archive:live", "condition": "RetriesExhausted"},
    "requestPayload": {"source": "aws.events"},
    "responsePayload": {"errorType": "KeyError", "errorMessage": "'seq'"},
}
FILE = {
    "requestContext": {"functionArn": f"{ARN}bulletin:live", "condition": "EventAgeExceeded"},
    "requestPayload": {"Records": [{"s3": {"bucket": {"name": "b"}, "object": {"key": "PR261127.zip"}}}]},
}
BATCH = {
    "requestContext": {"functionArn": f"{ARN}ticker:live", "condition": "RetryAttemptsExhausted"},
    "DDBStreamBatchInfo": {
        "batchSize": 7,
        "streamArn": "arn:aws:dynamodb:sa-east-1:123456789012:table/pregao-dev-Admission/stream/2026",
    },
}
RULE = {"resources": ["arn:aws:events:sa-east-1:123456789012:rule/pregao-dev-WatchFunctionEachMinute-1A2B"]}


def put_missed(stack, told, **attributes):
    stack.sqs.send_message(
        QueueUrl=stack.outputs["MissedDeadLettersUrl"],
        MessageBody=told if isinstance(told, str) else json.dumps(told),
        MessageAttributes={
            name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
        },
    )


def test_what_was_missed_is_told_by_function_work_and_reason(stack):
    for one in (ROUND, FILE, BATCH, "{}", "not JSON", '{"requestContext": {}}'):
        put_missed(stack, one)
    put_missed(stack, RULE, ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="Lambda refused")
    with DeadLetters(stack) as letters:
        found = [(one.about, one.reason) for one in letters.read()]
    assert sorted(found) == sorted(
        [
            ("archive: round", "RetriesExhausted, KeyError: 'seq'"),
            ("bulletin: PR261127.zip", "EventAgeExceeded"),
            ("ticker: batch of 7 from pregao-dev-Admission", "RetryAttemptsExhausted"),
            ("watch: round", "NO_PERMISSIONS: Lambda refused"),
            *[("", "nobody can read it")] * 3,
        ]
    )


def test_equal_misses_are_one_line_with_their_number(stack, dead, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    for _ in range(12):
        put_missed(stack, RULE, ERROR_CODE="NO_PERMISSIONS")
    said = " ".join(run("list").output.split())
    assert said.count("watch: round") == 1
    assert "watch: round (12x)" in said
    assert said.count("alerts") == 3  # each alert by itself


def test_a_missed_round_is_taken_away_not_sent_again(stack, dead):
    put_missed(stack, ROUND)
    with DeadLetters(stack) as letters:
        (missed,) = [one for one in letters.read() if one.about]
    refused = run("replay", missed.id)
    assert isinstance(refused.exception, StackError)
    assert "pregao dlq drop" in str(refused.exception)
    assert run("replay", "--all").output.startswith("· 4 ")
    assert run("drop", "--all").output.startswith("· 1 ")
    assert bodies(stack, "MissedDeadLettersUrl") == []


def test_an_alert_is_not_thrown_away(stack, dead):
    refused = run("drop", an_alert(CANDLE + 300).id)
    assert "pregao dlq replay" in str(refused.exception)
    assert run("drop").exit_code == 2
    assert len(bodies(stack, "AlertDeadLettersUrl")) == 3


def test_a_stack_of_before_has_no_such_queue(stack, dead):
    del stack.outputs["MissedDeadLettersUrl"]
    with DeadLetters(stack) as letters:
        assert len(letters.read()) == 4


def test_a_name_nobody_has_is_told(stack, dead):
    said = run("replay", "ffff")
    assert said.exit_code == 1
    assert "pregao dlq list" in said.stderr
    assert run("replay").exit_code == 2


def test_a_beginning_of_several_takes_none_and_names_each(stack):
    """By the ids of alerts: two of one alert are one name."""
    first = an_alert()
    later = (an_alert(CANDLE + 300 * more) for more in range(1, 1000))
    second = next(one for one in later if one.id[0] == first.id[0])
    for one in (first, first, second):
        put_alert(stack, one)
    refused = run("replay", f"{first.id[0]}…")
    assert isinstance(refused.exception, ArchiveError)
    for one in (first, second):
        assert one.id[:16] in str(refused.exception)
    assert len(bodies(stack, "AlertDeadLettersUrl")) == 3
    assert bodies(stack, "AlertQueueUrl") == []


def test_an_alerts_id_stands_for_all_of_its_letters(stack):
    for _ in range(2):
        put_alert(stack, an_alert())
    assert run("replay", f" {an_alert().id[:12].upper()}… ").output.startswith("· 2 ")


def test_an_empty_id_is_not_every_letters(stack, dead):
    for word in ("replay", "show", "drop"):
        assert "empty" in str(run(word, "").exception)
    assert bodies(stack, "AlertQueueUrl") == []


def put_alert(stack, alert):
    url = stack.outputs["AlertDeadLettersUrl"]
    stack.sqs.send_message(QueueUrl=url, MessageBody=dump_alert(alert).decode())
