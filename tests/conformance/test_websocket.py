"""WebSocket API: the door, routes, events."""

from __future__ import annotations

import json
from contextlib import contextmanager
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from tests.conformance.web import opened, refused

CHOSEN = json.dumps({"action": "chosen"})


@pytest.fixture
def label():
    return uuid4().hex


@pytest.fixture
def socket(target, label):
    """Open a socket as ana for the length of a with block; gives it and its connection id."""

    @contextmanager
    def opening(**more):
        with opened(target, **{"who": "ana", "label": label, **more}) as ws:
            (event,) = target.eventually(lambda: target.stand.seen(label))
            yield ws, event["requestContext"]["connectionId"]

    return opening


@pytest.fixture
def events(target):
    """The events of a connection after its first, once there are so many."""

    def ask(connection, count):
        return target.eventually(
            lambda: (found := target.stand.seen(connection)) and len(found) >= count and found
        )

    return ask


def test_connect_carries_the_upgrades_headers(target, socket, label):
    """The $connect event has the headers of the upgrade request, and a connection id.

    Source: Amazon API Gateway Developer Guide, Set up a $connect route that requires a WebSocket
    subprotocol (websocket-connect-route-subprotocol).
    """
    with socket(subprotocols=["pregao.v1", "token"]) as (_, connection):
        (event,) = target.stand.seen(label)
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$connect", "CONNECT")
    headers = {name.lower(): value for name, value in event["headers"].items()}
    assert [one.strip() for one in headers["sec-websocket-protocol"].split(",")] == ["pregao.v1", "token"]
    assert connection


def test_a_refusal_of_connect_reaches_the_client(target, label):
    """Where $connect's function returns another status than 2xx, the socket is not opened and the client gets
    that status.

    Source: Amazon API Gateway Developer Guide, Set up a $connect route that requires a WebSocket subprotocol
    (websocket-connect-route-subprotocol).
    """
    assert refused(target, who="ana", label=label, answer={"statusCode": 400}) == 400


def test_a_connect_refused_opens_no_socket(target, label):
    """A $connect that fails makes no connection: the client hears of it as an HTTP error of the upgrade.

    Source: Amazon API Gateway Developer Guide, Manage connected users and client apps
    (apigateway-websocket-api-route-keys-connect-disconnect).
    """
    assert refused(target, who="ana", label=label, answer={"statusCode": 403}) == 403


def test_whom_the_authorizer_denies_gets_403(target):
    """A Deny of the authorizer refuses the upgrade with 403.

    Source: Amazon API Gateway Developer Guide, Manage connected users and client apps
    (apigateway-websocket-api-route-keys-connect-disconnect).
    """
    assert refused(target, who="nobody") == 403


def test_without_an_identity_source_there_is_401(target):
    """A connection that lacks a configured identity source gets 401.

    Source: Amazon API Gateway Developer Guide, Control access to WebSocket APIs with Lambda REQUEST
    authorizers
    (apigateway-websocket-api-lambda-auth).
    """
    assert refused(target) == 401


def test_unauthorized_of_the_authorizer_is_401(target):
    """An authorizer that fails with "Unauthorized" refuses the upgrade with 401.

    Source: Amazon API Gateway Developer Guide, Control access to WebSocket APIs with Lambda REQUEST
    authorizers
    (apigateway-websocket-api-lambda-auth).
    """
    assert refused(target, who="stranger") == 401


def test_the_authorizer_is_asked_about_connect(target, socket, label):
    """The authorizer's event is of type REQUEST, with headers and query, and a methodArn that ends with
    $connect.

    Source: Amazon API Gateway Developer Guide, Control access to WebSocket APIs with Lambda REQUEST
    authorizers
    (apigateway-websocket-api-lambda-auth).
    """
    with socket() as (_, connection):
        (event,) = target.stand.seen(f"{label}#authorizer")
    assert event["type"] == "REQUEST"
    assert event["methodArn"].endswith(f"{target.stand.outputs['SocketApi']}/live/$connect")
    assert event["queryStringParameters"]["who"] == "ana"
    assert event["requestContext"]["connectionId"] == connection


def identity(event):
    context = event["requestContext"]["authorizer"]
    return {name: context[name] for name in ("principalId", "operator", "role")}


ANA = {"principalId": "ana", "operator": "ana", "role": "trader"}


def test_what_the_authorizer_said_is_in_every_message(socket, events):
    """The authorizer's principal and context are in the request context of later messages.

    Source: Amazon API Gateway Developer Guide, WebSocket API mapping template reference
    (apigateway-websocket-api-mapping-template-reference).
    """
    with socket() as (ws, connection):
        ws.send(CHOSEN)
        message, *_ = events(connection, 1)
    assert identity(message) == ANA


def test_what_the_authorizer_said_is_there_at_the_end(socket, events):
    """The authorizer's principal and context are in the request context of $disconnect too.

    Source: Amazon API Gateway Developer Guide, WebSocket API mapping template reference
    (apigateway-websocket-api-mapping-template-reference).
    """
    with socket() as (_, connection):
        pass
    *_, last = events(connection, 1)
    assert (last["requestContext"]["eventType"], identity(last)) == ("DISCONNECT", ANA)


def test_the_end_of_a_socket_is_told(socket, events):
    """After the connection is closed the $disconnect route is run, of event type DISCONNECT.

    Source: Amazon API Gateway Developer Guide, Manage connected users and client apps
    (apigateway-websocket-api-route-keys-connect-disconnect).
    """
    with socket() as (_, connection):
        pass
    (last,) = events(connection, 1)
    context = last["requestContext"]
    assert (context["routeKey"], context["eventType"]) == ("$disconnect", "DISCONNECT")
    assert context["connectionId"] == connection


def test_the_route_is_what_the_message_names(socket, events):
    """The route selection expression is evaluated over the message, and the route whose key it gives is run.

    Source: Amazon API Gateway Developer Guide, Create routes for WebSocket APIs
    (websocket-api-develop-routes).
    """
    with socket() as (ws, connection):
        ws.send(CHOSEN)
        (event,) = events(connection, 1)
    context = event["requestContext"]
    assert (context["routeKey"], context["eventType"], event["body"]) == ("chosen", "MESSAGE", CHOSEN)
    assert event["isBase64Encoded"] is False


@pytest.mark.parametrize("frame", ["no JSON", '{"action": "unknown"}', '{"other": 1}'])
def test_what_no_route_takes_goes_to_default(socket, events, frame):
    """A message that is no JSON, or that gives no route's key, goes to $default.

    Source: Amazon API Gateway Developer Guide, Create routes for WebSocket APIs
    (websocket-api-develop-routes).
    """
    with socket() as (ws, connection):
        ws.send(frame)
        (event,) = events(connection, 1)
    assert (event["requestContext"]["routeKey"], event["body"]) == ("$default", frame)


def test_a_message_has_an_id(socket, events):
    """A message's request context has a messageId, a requestId, and the same once more as extendedRequestId.

    Source: Amazon API Gateway Developer Guide, WebSocket API mapping template reference
    (apigateway-websocket-api-mapping-template-reference).
    """
    with socket() as (ws, connection):
        ws.send(CHOSEN)
        (event,) = events(connection, 1)
    context = event["requestContext"]
    assert context["messageId"]
    assert context["requestId"] == context["extendedRequestId"]


def test_a_route_without_a_response_sends_nothing_back(socket, target):
    """Without a route response a function's return value is not sent to the client: the route is one-way.

    Source: Amazon API Gateway Developer Guide, Set up route responses for WebSocket APIs
    (apigateway-websocket-api-route-response).
    """
    with socket() as (ws, _):
        ws.send(CHOSEN)
        with pytest.raises(TimeoutError):
            ws.recv(timeout=max(1, target.silence))


def test_a_subprotocol_is_what_connect_chose(socket):
    """The client gets the subprotocol that the $connect function returns in Sec-WebSocket-Protocol.

    Source: Amazon API Gateway Developer Guide, Set up a $connect route that requires a WebSocket subprotocol
    (websocket-connect-route-subprotocol).
    """
    chosen = {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": "pregao.v1"}}
    with socket(subprotocols=["pregao.v1", "token"], answer=chosen) as (ws, _):
        assert ws.subprotocol == "pregao.v1"


def ended(ws, target):
    """The code with which the other side closed; fails where it did not."""
    try:
        while True:
            ws.recv(timeout=target.silence * 4)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None


def test_a_binary_frame_ends_the_socket(socket, target):
    """A binary frame closes the connection with 1003.

    Source: Amazon API Gateway Developer Guide, Binary media types for WebSocket APIs
    (websocket-api-develop-binary-media-types).
    """
    with socket() as (ws, _):
        ws.send(b"\x00\x01")
        assert ended(ws, target) == 1003


def test_a_message_of_more_than_128_kb_ends_the_socket(socket, target):
    """A message of more than 128 KB, sent in frames of at most 32 KB, closes the connection with 1009.

    Source: Amazon API Gateway Developer Guide, Quotas for WebSocket APIs
    (apigateway-execution-service-websocket-limits-table).
    """
    with socket() as (ws, _):
        ws.send("x" * 32_000 for _ in range(5))
        assert ended(ws, target) == 1009


def test_a_frame_of_more_than_32_kb_ends_the_socket(socket, target):
    """A frame of more than 32 KB closes the connection with 1009.

    Source: Amazon API Gateway Developer Guide, Quotas for WebSocket APIs
    (apigateway-execution-service-websocket-limits-table).
    """
    with socket() as (ws, _):
        ws.send("x" * 33 * 1024)
        assert ended(ws, target) == 1009
