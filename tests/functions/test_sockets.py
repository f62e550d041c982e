"""authorize and connections: from the token to the operator's decision."""

from __future__ import annotations

import time

import boto3
import pytest

from pregao.aws.secret import AGAIN_S
from pregao.wire.token_v1 import Identity, issue
from tests.cloud import REGION
from tests.fakes import NOW, admitted, an_alert
from tests.functions.conftest import ANA, sample

SOCKET = "TXzPWfYaDoECF-g="


class TestAuthorize:
    def knock(self, stack, query=None, header=None):
        event = sample("authorize")
        del event["headers"]["Sec-WebSocket-Protocol"]
        if query is not None:
            event["queryStringParameters"] = {"token": query}
        if header is not None:
            event["headers"]["sec-websocket-protocol"] = header
        return stack.call("authorize", event)

    def token(self, stack, operator="ana", life_s=60, key=None):
        return issue(Identity(operator, "trader"), key or stack.key, now=time.time(), life_s=life_s)

    def effect(self, policy):
        (statement,) = policy["policyDocument"]["Statement"]
        assert statement["Resource"] == sample("authorize")["methodArn"]
        return statement["Effect"]

    def test_by_query_string(self, stack):
        policy = self.knock(stack, query=self.token(stack))
        assert self.effect(policy) == "Allow"
        assert policy["context"] == {"operator": "ana", "role": "trader"}

    def test_by_subprotocol(self, stack):
        assert self.effect(self.knock(stack, header=f"pregao.v1, {self.token(stack)}")) == "Allow"
        assert self.effect(self.knock(stack, header=f"{self.token(stack)},pregao.v1")) == "Allow"

    def test_the_sample_is_refused(self, stack):
        assert self.effect(stack.call("authorize", sample("authorize"))) == "Deny"

    @pytest.mark.parametrize("bad", ["", "rubbish", "a.b.c"])
    def test_rubbish_is_refused(self, stack, bad):
        policy = self.knock(stack, query=bad)
        assert self.effect(policy) == "Deny"
        assert policy["context"]["operator"] == "nobody"

    def test_nothing_is_refused(self, stack):
        assert self.effect(self.knock(stack)) == "Deny"
        assert self.effect(self.knock(stack, header="pregao.v1")) == "Deny"

    def test_expired_forged_or_unknown_is_refused(self, stack):
        for token in (
            self.token(stack, life_s=-1),
            self.token(stack, key="x" * 64),
            self.token(stack, operator="zoe"),
        ):
            assert self.effect(self.knock(stack, query=token)) == "Deny"

    def test_a_rotation_logs_nobody_out_and_its_new_key_opens_too(self, stack):
        """Also in a process that read the key before; see docs/DEPLOY.md."""
        old, new = self.token(stack), self.token(stack, key="n" * 64)
        stack.at(NOW)
        assert self.effect(self.knock(stack, query=old)) == "Allow"
        secrets = boto3.client("secretsmanager", region_name=REGION)
        secrets.put_secret_value(SecretId=stack.resources["TokenSecret"], SecretString="n" * 64)
        stack.at(NOW + AGAIN_S)
        assert [self.effect(self.knock(stack, query=one)) for one in (new, old)] == ["Allow", "Allow"]


class TestConnections:
    def connect(self, stack, **changes):
        event = sample("connections")
        event["requestContext"].update(changes)
        return stack.call("connections", event)

    def say(self, stack, body):
        context = sample("connections")["requestContext"] | {"eventType": "MESSAGE", "messageId": "m"}
        event = {"requestContext": context, "body": body, "isBase64Encoded": False}
        return stack.call("connections", event)["statusCode"]

    def screens(self, stack):
        return [item["sk"]["S"] for item in stack.dynamo.scan(TableName="ConnectionsTable")["Items"]]

    def test_the_sample_opens_a_socket_and_answers_the_protocol(self, stack):
        answer = stack.call("connections", sample("connections"))
        assert answer == {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "pregao.v1"}}
        assert self.screens(stack) == [SOCKET]

    def test_a_client_that_offers_no_protocol_is_answered_none(self, stack):
        event = sample("connections")
        del event["headers"]["Sec-WebSocket-Protocol"]
        assert stack.call("connections", event)["headers"] == {}

    def test_without_an_authorizer_nobody_gets_in(self, stack):
        assert self.connect(stack, authorizer=None)["statusCode"] == 403
        assert self.screens(stack) == []

    def test_disconnect_forgets_the_socket(self, stack):
        self.connect(stack)
        self.connect(stack, eventType="DISCONNECT", disconnectStatusCode=1005)
        assert self.screens(stack) == []

    def test_a_session(self, stack):
        alert = admitted(stack.books.admission, an_alert())
        self.connect(stack)
        assert self.say(stack, '{"action":"subscribe"}') == 200
        assert self.say(stack, '{"action":"resume","cursor":{"WINZ26":0}}') == 200
        assert self.say(stack, f'{{"action":"receipt","alert_id":"{alert.id}"}}') == 200
        assert self.say(stack, f'{{"action":"act","alert_id":"{alert.id}","decision":"executed"}}') == 200
        assert self.say(stack, '{"action":"ping"}') == 200
        frames = stack.frames(SOCKET)
        assert [frame["action"] for frame in frames] == ["hello", "alert", "resumed", "action", "pong"]
        assert frames[0]["cursor"] == frames[2]["cursor"] == {"WINZ26": 1}
        assert stack.books.delivery.reached(alert.id)["ana"].received_at > NOW - 1e9
        (record,) = stack.records("acao")
        assert (record["operator"], record["decision"]) == (ANA, "executed")

    @pytest.mark.parametrize("body", [None, "", "rubbish", '{"action":"fly"}'])
    def test_rubbish_is_answered_on_the_socket(self, stack, body):
        assert self.say(stack, body) == 200
        (frame,) = stack.frames(SOCKET)
        assert (frame["action"], frame["code"]) == ("error", "bad_frame")
