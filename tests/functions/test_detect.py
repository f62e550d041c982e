"""POST /candles end to end on moto: answers, audit, queue, and what a retry finds."""

from __future__ import annotations

import base64
import json

import pytest
from botocore.exceptions import ClientError

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.tables.market.bridge_book import BridgeBook
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.domain.audit.chain import broken_at
from pregao.domain.delivery.operators import Interest
from pregao.wire.alert_v1 import load_alert
from tests.functions.conftest import ROOT, sample


def post(stack, change=None, **env):
    event = sample("detect")
    body = json.loads(event["body"])
    if change:
        change(body)
    event["body"] = json.dumps(body)
    return answer(stack.call("detect", event, **env))


def answer(response):
    assert response["headers"] == {"content-type": "application/json", "pregao-takes": "candle-post-v1, gzip"}
    return response["statusCode"], json.loads(response["body"])


def test_a_replay_rings_where_the_stack_allows_it(stack):
    status, said = post(stack)
    assert status == 202
    assert said["accepted"] == 1
    assert said["newest"] == json.loads(sample("detect")["body"])["candles"]["time"][-1]
    (alert,) = [load_alert(body) for body in stack.messages("AlertQueue")]
    assert said["alerts"] == [{"id": alert.id, "verdict": "admitted"}]
    assert alert.confidence is None
    assert (alert.instrument, alert.contract, alert.symbol, alert.seq) == ("WIN", "WINZ25", "WIN$N", 1)
    assert alert.stop_loss < alert.entry_min <= alert.price <= alert.entry_max < alert.take_profit
    (record,) = stack.records("alertas")
    assert record["verdict"] == "admitted"
    assert record["alert"]["config_digest"] == alert.config_digest
    assert broken_at([record]) is None


def test_elsewhere_it_is_stale_and_audited(stack):
    _, said = post(stack, PREGAO_ALLOW_REPLAY="false")
    assert [one["verdict"] for one in said["alerts"]] == ["stale"]
    assert stack.messages("AlertQueue") == []
    assert [record["verdict"] for record in stack.records("alertas")] == ["stale"]


def test_a_retry_is_a_duplicate_and_the_undelivered_alert_goes_out_again(stack):
    post(stack)
    status, said = post(stack)
    assert (status, said["alerts"][0]["verdict"]) == (202, "duplicate")
    first, second = stack.messages("AlertQueue")
    assert first == second


@pytest.mark.parametrize("symbol", ["WIN$", "WINFUT", "WINZ25", "WIN"])
def test_two_feeds_of_one_contract_never_ring_twice(stack, symbol):
    post(stack)
    _, said = post(stack, lambda body: body.update(symbol=symbol, bridge_id="mesa-2"))
    assert said["alerts"][0]["verdict"] == "duplicate"


def test_without_a_contract_the_calendar_names_it(stack):
    _, said = post(stack, lambda body: body.pop("contract"))
    assert said["alerts"][0]["verdict"] == "admitted"
    assert stack.records("alertas")[0]["contract"] == "WINZ25"


@pytest.fixture
def calls(stack):
    """The names of the calls that the function's own clients make, in order."""
    made = []

    def note(model, **_):
        made.append(model.name)

    clients = [client(service) for service in ("dynamodb", "sqs")]
    for one in clients:
        one.meta.events.register("before-call", note)
    yield made
    for one in clients:
        one.meta.events.unregister("before-call", note)


NOTE, CALIBRATION = "UpdateItem", "Query"
MESA, OTHER = (f"arn:aws:iam::123456789012:user/pregao/{one}" for one in ("mesa-1", "mesa-2"))


def test_a_quiet_candle_is_one_note(stack, calls):
    def quiet(body):
        body["candles"]["close"][-1] = body["candles"]["open"][-1]

    # A process's first post asks whose the bridge's name is, and for the session's calibration.
    for expected in ([CALIBRATION, NOTE, NOTE], [NOTE]):
        del calls[:]
        status, said = post(stack, quiet)
        assert (status, said["alerts"], said["accepted"]) == (202, [], 1)
        assert sorted(calls) == expected


def test_history_to_be_kept_is_not_judged_and_needs_no_warm_up(stack):
    """What would ring in any other post; the table's stream hands it to the ticker, which keeps it."""

    def kept(body):
        body["candles"] = {name: column[-20:] for name, column in body["candles"].items()}
        body |= {"new_from": 0, "historical": True, "keep_only": True}

    status, said = post(stack, kept)
    assert (status, said["alerts"], said["accepted"]) == (202, [], 20)
    assert stack.records("alertas") == []
    image = stack.dynamo.get_item(
        TableName="AdmissionTable", Key={"pk": {"S": "FEEDS_HISTORY"}, "sk": {"S": "SEEN#WIN#M5#kept"}}
    )["Item"]
    stack.watch("a1", "ana", Interest(candles=True))
    event = sample("ticker")
    event["Records"][0]["dynamodb"] |= {"NewImage": image}
    assert stack.call("ticker", event) == {"frames": 0}
    found = CandleBook(stack.dynamo, "CandlesTable").kept("WIN", "M5", 0, 100)
    assert [one.judged for one in found] == [False] * 20
    assert {abs(one.came_at - clock.now()) < 3600 for one in found} == {True}
    assert stack.books.feeds.read().seen == {}
    assert stack.books.feeds.heard() == {("WIN", "M5")}


def a_week_later(body):
    body["candles"]["time"] = [one + 7 * 86_400 for one in body["candles"]["time"]]


def test_an_alert_costs_three_calls_in_a_row(stack, calls):
    """Four where it is the contract's first of the day; the bulletins are read beside the first.

    The note that a post came is made beside all of it. A session's first post in a process reads the
    calibration before.
    """
    post(stack)
    assert calls.index(CALIBRATION) <= 2  # the two notes are on their way beside it
    calls.remove(CALIBRATION)
    calls.remove(NOTE)
    calls.remove(NOTE)  # whose the bridge's name is, asked once in a process
    assert sorted(calls[:3]) == ["GetItem", "Query", "Query"]
    assert calls[3:] == ["TransactWriteItems", "SendMessageBatch"]
    del calls[:]
    post(stack, a_week_later)
    calls.remove(NOTE)
    assert calls == [CALIBRATION, "Query", "Query", "TransactWriteItems", "SendMessageBatch"]


def signed(event, arn, key="AKIAIOSFODNN7EXAMPLE"):
    """The event as API Gateway hands it over when that principal signed."""
    iam = event["requestContext"]["authorizer"]["iam"] | {"userArn": arn, "accessKey": key}
    return event | {"requestContext": event["requestContext"] | {"authorizer": {"iam": iam}}}


class TestSigner:
    """A bridge's name belongs to whoever signed first; nobody else speaks in it."""

    def by(self, stack, arn, key="AKIA1"):
        return answer(stack.call("detect", signed(sample("detect"), arn, key)))

    def test_it_stands_in_the_audit(self, stack):
        status, _ = self.by(stack, MESA)
        assert status == 202
        assert [one["evidence"]["signer"] for one in stack.records("alertas")] == [MESA]

    def test_somebody_elses_post_is_refused_and_leaves_no_trace(self, stack):
        assert stack.call("heartbeat", signed(sample("heartbeat"), MESA))["statusCode"] == 202
        before = stack.state()
        status, said = self.by(stack, OTHER)
        assert (status, said["error"], said["fault"]) == (403, "not your bridge_id", "bridge_id")
        assert said["reasons"][0].startswith(f"bridge_id: 'mesa-1' belongs to another identity than {OTHER}")
        assert MESA not in json.dumps(said)
        assert (stack.state(), stack.records("alertas"), stack.messages("AlertQueue")) == (before, [], [])

    def test_two_keys_of_one_user_are_one(self, stack):
        assert [self.by(stack, MESA, key)[0] for key in ("AKIA1", "AKIA2")] == [202, 202]

    def test_the_sessions_of_a_role_are_one(self, stack):
        role = "arn:aws:sts::123456789012:assumed-role/bridge"
        assert [self.by(stack, f"{role}/{session}")[0] for session in ("i-1", "i-2")] == [202, 202]
        assert stack.records("alertas")[0]["evidence"]["signer"] == role

    def test_a_table_that_does_not_say_whose_it_is_asks_for_the_post_again(self, stack, monkeypatch):
        def broken(*_):
            raise ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")

        with monkeypatch.context() as patched:
            patched.setattr(BridgeBook, "owner", broken)
            status, _ = self.by(stack, MESA)
            assert (status, stack.records("alertas")) == (503, [])
        assert self.by(stack, MESA)[0] == 202

    def test_a_local_invocation_that_nobody_signed_is_taken(self, stack):
        event = sample("detect")
        event["requestContext"]["authorizer"] = None
        assert answer(stack.call("detect", event))[0] == 202
        assert "signer" not in stack.records("alertas")[0]["evidence"]


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (lambda body: body.update(symbol="PETR9"), "symbol: symbol 'PETR9' belongs to no instrument"),
            (lambda body: body.update(contract="WDOZ25"), "contract: 'WDOZ25' is no contract of WIN"),
            (lambda body: body.update(timeframe="H4"), "timeframe: Input should be"),
            (lambda body: body.update(new_from=248), "new_from: only 248 candles before"),
            (lambda body: body["candles"]["high"].__setitem__(7, 1), "candles[7]: high 1.0 is below low"),
            (lambda body: body["candles"]["close"].__setitem__(7, None), "candles.close.7: Input should"),
        ],
    )
    def test_with_400_and_nothing_is_judged(self, stack, change, reason):
        status, said = post(stack, change)
        assert status == 400
        assert said["error"] == "batch refused"
        assert said["reasons"][0].startswith(reason)
        assert stack.records("alertas") == []
        assert stack.messages("AlertQueue") == []

    def test_the_faulty_candles_are_named_each(self, stack):
        def spoil(body):
            body["candles"]["high"][7] = 1
            body["candles"]["spread"][3] = -1

        times = json.loads(sample("detect")["body"])["candles"]["time"]
        status, said = post(stack, spoil)
        assert (status, said["fault"]) == (400, "values")
        (one,) = said["candles"]
        assert (one["index"], one["time"]) == (3, times[3])
        assert one["reason"].startswith("candles.spread.3: ")
        _, said = post(stack, lambda body: body["candles"]["high"].__setitem__(7, 1))
        assert (said["fault"], [one["time"] for one in said["candles"]]) == ("prices", [times[7]])

    def test_what_lies_elsewhere_names_no_candles(self, stack):
        _, said = post(stack, lambda body: body.update(symbol="PETR9"))
        assert (said["fault"], "candles" in said) == ("symbol", False)

    def test_a_timeframe_that_the_desk_does_not_trade(self, stack, tmp_path):
        for file in (ROOT / "config").glob("*.yaml"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        alertas = tmp_path / "alertas.yaml"
        text = alertas.read_text().replace(
            "timeframes: [M1, M2, M3, M4, M5, M6, M10, M12, M15, M20, M30, H1]", "timeframes: [M1]"
        )
        alertas.write_text(text)
        status, said = post(stack, PREGAO_CONFIG_DIR=str(tmp_path))
        assert (status, said["reasons"]) == (400, ["timeframe: M5 is not one of M1"])

    @pytest.mark.parametrize("body", ["", "{", "NaN", "[]", "null"])
    def test_what_is_no_batch(self, stack, body):
        assert answer(stack.call("detect", sample("detect") | {"body": body}))[0] == 400

    def test_no_body_at_all(self, stack):
        event = sample("detect")
        del event["body"]
        assert answer(stack.call("detect", event))[0] == 400

    def test_bytes_that_are_no_text(self, stack):
        body = base64.b64encode(b"\xff\xfe\x00").decode()
        status, said = answer(
            stack.call("detect", sample("detect") | {"body": body, "isBase64Encoded": True})
        )
        assert (status, len(said["reasons"])) == (400, 1)


def test_base64_is_as_good_as_text(stack):
    event = sample("detect")
    body = base64.b64encode(event["body"].encode()).decode()
    assert answer(stack.call("detect", event | {"body": body, "isBase64Encoded": True}))[0] == 202


def test_a_fault_asks_for_the_same_post_again_and_nothing_is_lost(stack):
    """The queue is gone after the commit: 503; when it is back the retry hands the alert over."""
    stack.sqs.delete_queue(QueueUrl=stack.resources["AlertQueue"])
    status, said = post(stack)
    assert (status, said["error"]) == (503, "try again")
    stack.sqs.create_queue(QueueName="AlertQueue")
    assert post(stack)[1]["alerts"][0]["verdict"] == "duplicate"
    assert len(stack.messages("AlertQueue")) == 1
