"""Every function may do what it does, and nothing else: what is asked of AWS, held against template.yaml.

That it asks for nothing more is held at every call of every test here (conftest.py). That the role grants
nothing more is judged last, when all of them have run. First, ways that no other test goes.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from local.lab import yaml_patch as edited
from pregao.domain.alerts.alert import Attention, Opportunity
from pregao.domain.delivery.operators import Interest
from pregao.domain.delivery.timer import Timer
from pregao.wire.alert_v1 import dump_alert, dump_timer
from pregao.wire.link_v1 import Link, issue_link
from tests.fakes import CANDLE, NOW, admitted, an_alert
from tests.functions.conftest import ROOT, functions, sample
from tests.functions.test_delivery import failed, of
from tests.grants import USED, covers, grants

DAY_S = 86_400


@pytest.fixture
def alert(stack):
    """An alert that was admitted just now."""
    stack.at(NOW)
    return admitted(stack.books.admission, an_alert())


@pytest.fixture
def answering(monkeypatch):
    """Makes AWS answer an operation with an error."""

    def answer(operation, code):
        ask = BaseClient._make_api_call

        def refused(client, name, params):
            if name == operation:
                raise ClientError({"Error": {"Code": code, "Message": ""}}, name)
            return ask(client, name, params)

        monkeypatch.setattr(BaseClient, "_make_api_call", refused)

    return answer


@pytest.fixture
def delivered(stack, alert):
    """The same, after its frame reached ana's screen."""
    stack.watch("a1", "ana")
    assert failed(stack.call("deliver", of("deliver", dump_alert(alert).decode()))) == []
    stack.messages("FallbackQueue")
    return alert


class TestASocketThatIsGoneIsForgotten:
    @pytest.fixture(autouse=True)
    def gone(self, stack, answering):
        stack.watch("a1", "ana", Interest(candles=True))
        answering("PostToConnection", "GoneException")
        yield
        left = stack.dynamo.scan(TableName="ConnectionsTable")["Items"]
        assert [one for one in left if "a1" in json.dumps(one)] == []

    def test_by_deliver(self, stack, alert):
        assert failed(stack.call("deliver", of("deliver", dump_alert(alert).decode()))) == []

    def test_by_act(self, stack, alert):
        event = sample("act")
        event["pathParameters"] = {"token": issue_link(Link("ana", alert.id), stack.key, now=0, until=4e9)}
        event |= {"routeKey": "POST /act/{token}", "body": "decision=executed", "isBase64Encoded": False}
        assert stack.call("act", event)["statusCode"] == 200

    def test_by_watch(self, stack, alert):
        stack.at(alert.decide_by + 1)
        assert stack.call("watch", sample("watch"))["timed_out"] == 1

    def test_by_ticker(self, stack):
        assert stack.call("ticker", sample("ticker")) == {"frames": 1}


def test_deliver_reads_what_was_told_and_what_alerts_scored(stack):
    """The first of an opportunity rings, the one that joins it is listed, with its score on record."""
    for at, agrees in ((CANDLE + 300, ()), (CANDLE + 600, ("a" * 64,))):
        one = an_alert(
            at, opportunity=Opportunity("f" * 64, agrees), attention=Attention(1.2, "range"), price=at / 1e4
        )
        kept = admitted(stack.books.admission, one)
        assert failed(stack.call("deliver", of("deliver", dump_alert(kept).decode()))) == []
    told = [(one["attention"], one["attention_why"], float(one["score"])) for one in stack.records("entrega")]
    assert told == [("rung", "no_calibration", 1.2)] * 2 + [("listed", "joins", 1.2)] * 2


class TestFallback:
    def test_who_is_not_mailed_now_is_tried_again(self, stack, alert, answering):
        answering("SendEmail", "TooManyRequestsException")
        stack.call("fallback", of("fallback", dump_timer(Timer(alert, ("ana",), 1, "no_screen"))))
        asked = {"QueueUrl": stack.resources["FallbackQueue"], "AttributeNames": ["All"]}
        waiting = stack.sqs.get_queue_attributes(**asked)["Attributes"]
        assert waiting["ApproximateNumberOfMessagesDelayed"] == "1"

    def test_an_sms_goes_to_a_phone(self, stack, alert, tmp_path):
        """A phone is no resource; see the role's own words."""
        config = tmp_path / "config"
        shutil.copytree(ROOT / "config", config)
        edited.write(config / "alertas.yaml", config / "alertas.yaml", ["delivery.sms.enabled=true"])
        people = (config / "operators.yaml").read_text(encoding="utf-8")
        people = people.replace("    role: trader\n", '    role: trader\n    phone: "+5511987654321"\n', 1)
        (config / "operators.yaml").write_text(people, encoding="utf-8")
        timer = of("fallback", dump_timer(Timer(alert, ("ana",), 1, "no_screen")))
        stack.call("fallback", timer, PREGAO_CONFIG_DIR=str(config))
        assert ("sms", "sent") in {(one["channel"], one["status"]) for one in stack.records("entrega")}


def test_an_e_mail_that_arrives_ends_a_mailbox_s_failure(stack, alert):
    report = json.loads(sample("feedback")["Records"][0]["body"])
    stack.call("feedback", of("feedback", json.dumps(report)))
    arrived = {key: value for key, value in report.items() if key != "bounce"}
    arrived |= {"eventType": "Delivery", "delivery": {"timestamp": "2030-01-01T00:00:00.000Z"}}
    assert [item for item in _state(stack) if item["pk"]["S"] == "UNREACHED"]
    stack.call("feedback", of("feedback", json.dumps(arrived)))
    assert [item for item in _state(stack) if item["pk"]["S"] == "UNREACHED"] == []


def test_a_receipt_after_the_e_mail_is_audited_by_connections(stack, alert):
    stack.call("fallback", of("fallback", dump_timer(Timer(alert, ("ana",), 1, "no_screen"))))
    stack.call("connections", sample("connections"))
    context = sample("connections")["requestContext"] | {"eventType": "MESSAGE", "messageId": "m"}
    body = json.dumps({"action": "receipt", "alert_id": alert.id})
    stack.call("connections", {"requestContext": context, "body": body, "isBase64Encoded": False})
    assert stack.records("entrega")[-1]["status"] == "received"


def test_watch_starts_timers_anew_and_ends_the_days_of_all_three_tables(stack, delivered):
    assert stack.at(NOW + DAY_S).call("watch", sample("watch"))["days_ended"] == 3
    assert stack.messages("FallbackQueue")
    for table in ("alertas", "entrega"):
        assert "close" in {one["kind"] for one in stack.records(table)}


def test_archive_reads_all_three_tables_and_a_digest_that_lies_there(stack, delivered):
    stack.at(delivered.decide_by + 1).call("watch", sample("watch"))
    assert stack.at(NOW + 3600).call("archive", {})["archived"] >= 4  # alert, intent, outcome, time-out
    (last,) = [one for one in _state(stack) if "start" in one]
    stack.at(NOW + 7200).call("archive", {})
    stack.dynamo.put_item(TableName=stack.resources["AdmissionTable"], Item=last)  # died before it was noted
    assert stack.call("archive", {})["digests"] == 1


def _state(stack):
    return stack.dynamo.scan(TableName=stack.resources["AdmissionTable"])["Items"]


def test_every_right_of_a_role_is_used(request):
    """A right that no test needs is one too many, or a way that no test goes: take it away, or go it."""
    ran = {Path(item.path) for item in request.session.items}
    everything = set(Path(__file__).parent.glob("test_*.py"))
    if not everything <= ran or request.config.option.keyword or request.session.testsfailed:
        pytest.skip("judged where all of tests/functions run, and pass")
    idle = [
        f"{name}: {action} on {place}"
        for name, function in functions().items()
        for action, place in sorted(grants(function))
        if not any(covers((action, place), asked) for asked in USED[name])
    ]
    assert idle == []
