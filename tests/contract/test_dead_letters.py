"""`pregao dlq` over moto's queues: everything seen, nothing lost, and sent again as it was."""

from __future__ import annotations

from types import SimpleNamespace

import boto3
import pytest
from typer.testing import CliRunner

from local.cli import dlq
from local.ops.dead_letters import QUEUES, DeadLetters
from pregao.aws.queues import DeadLetters as Graveyard
from pregao.aws.queues import FallbackQueue
from pregao.aws.tables.delivery_book import DeliveryBook
from pregao.aws.tables.ledger import Ledger
from pregao.flow.feedback import BOUNCED
from pregao.wire.alert_v1 import dump_alert, load_alert, load_timer
from tests.cloud import AUDIT, REGION, STATE, moto_dynamo
from tests.fakes import CANDLE, NOW, a_timer, an_alert


@pytest.fixture
def stack(monkeypatch):
    with moto_dynamo() as dynamo:
        sqs = boto3.client("sqs", region_name=REGION)
        outputs = {
            name: sqs.create_queue(QueueName=name)["QueueUrl"] for pair in QUEUES.values() for name in pair
        }
        made = SimpleNamespace(
            outputs={**outputs, "AdmissionTable": STATE["admission"]},
            client={"sqs": sqs, "dynamodb": dynamo}.get,
            sqs=sqs,
            dynamo=dynamo,
        )
        monkeypatch.setattr("local.ops.dead_letters.WAIT_S", 0)
        monkeypatch.setattr(dlq, "deployed", lambda _name, _state: made)
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


def test_a_name_nobody_has_is_told(stack, dead):
    said = run("replay", "ffff")
    assert said.exit_code == 1
    assert "pregao dlq list" in said.stderr
    assert run("replay").exit_code == 2
