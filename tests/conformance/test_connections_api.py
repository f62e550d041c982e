"""@connections: posting to a socket, asking of it, ending it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from websockets.exceptions import ConnectionClosed

from tests.conformance.refusals import refusal
from tests.conformance.web import ask, connection_url, opened, sockets_url

MANAGEMENT = "apigatewaymanagementapi"
MOST = 128 * 1024


@pytest.fixture(scope="module")
def gateway(target):
    return target.client_as(target.session, MANAGEMENT, sockets_url(target))


@pytest.fixture
def socket(target):
    """An open socket and its connection id."""
    label = uuid4().hex
    with opened(target, who="ana", label=label) as ws:
        (event,) = target.eventually(lambda: target.stand.seen(label))
        yield ws, event["requestContext"]["connectionId"]


@pytest.fixture
def gone(socket, target):
    """The id of a connection that its client has closed."""
    ws, connection = socket
    ws.close()
    target.eventually(lambda: target.stand.seen(connection))
    return connection


def error(ask_for, **asked):
    refused = refusal(ask_for, **asked)
    return refused["ResponseMetadata"]["HTTPStatusCode"], refused["Error"]["Code"]


def test_what_is_posted_arrives(gateway, socket):
    """A post to a connection is answered with 200 and sent to its client.

    Source: Amazon API Gateway Developer Guide, Use @connections commands in your backend service
    (apigateway-how-to-call-websocket-api-connections).
    """
    ws, connection = socket
    answer = gateway.post_to_connection(ConnectionId=connection, Data=b'{"action": "alert"}')
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert ws.recv(timeout=10) == '{"action": "alert"}'


def test_who_is_gone_is_410(gateway, gone):
    """A post to a connection that has ended is answered with 410, GoneException.

    Source: Amazon API Gateway Management API Reference, PostToConnection.
    """
    assert error(gateway.post_to_connection, ConnectionId=gone, Data=b"x") == (410, "GoneException")


def test_who_never_was_is_410(gateway):
    """A post to a connection that does not exist is answered with 410, GoneException.

    Source: AWS re:Post Knowledge Center, Troubleshoot "410 GoneException" errors (410-gone-api-gateway).
    """
    asked = {"ConnectionId": "L0SM9cOFvHcCIhw=", "Data": b"x"}
    assert error(gateway.post_to_connection, **asked) == (410, "GoneException")


def test_a_frame_of_128_kb_is_taken(gateway, socket):
    """A post of 128 KB is taken and arrives whole.

    Source: Amazon API Gateway Developer Guide, Quotas for WebSocket APIs
    (apigateway-execution-service-websocket-limits-table).
    """
    ws, connection = socket
    gateway.post_to_connection(ConnectionId=connection, Data=b"x" * MOST)
    assert len(ws.recv(timeout=10)) == MOST


def test_a_frame_of_more_than_128_kb_is_413(gateway, socket):
    """A post of more than 128 KB is answered with 413, PayloadTooLargeException.

    Source: Amazon API Gateway Management API Reference, PostToConnection.
    """
    _, connection = socket
    asked = {"ConnectionId": connection, "Data": b"x" * (MOST + 1)}
    assert error(gateway.post_to_connection, **asked) == (413, "PayloadTooLargeException")


def test_a_post_without_a_signature_is_403(target, socket):
    """@connections wants a signature: an unsigned post is answered with 403, and nothing arrives.

    Source: Amazon API Gateway Developer Guide, Use @connections commands in your backend service
    (apigateway-how-to-call-websocket-api-connections).
    """
    ws, connection = socket
    assert ask("POST", connection_url(target, connection), b"forged").status == 403
    with pytest.raises(TimeoutError):
        ws.recv(timeout=target.silence)


def test_who_may_not_manage_connections_is_403(target, make, socket):
    """A caller whose policies do not allow execute-api:ManageConnections gets 403, ForbiddenException.

    Source: Amazon API Gateway Management API Reference, PostToConnection.
    """
    ws, connection = socket
    allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    client = target.client_as(make.user(allowed), MANAGEMENT, sockets_url(target))
    status, _ = error(client.post_to_connection, ConnectionId=connection, Data=b"x")
    assert status == 403
    with pytest.raises(TimeoutError):
        ws.recv(timeout=target.silence)


def test_a_connection_can_be_asked_about(gateway, socket):
    """GetConnection tells since when a connection is open, when it was last active, and its client's address.

    Source: Amazon API Gateway Management API Reference, GetConnection.
    """
    _, connection = socket
    found = gateway.get_connection(ConnectionId=connection)
    assert abs(datetime.now(UTC) - found["ConnectedAt"]) < timedelta(minutes=5)
    assert found["LastActiveAt"] >= found["ConnectedAt"]
    assert found["Identity"]["SourceIp"]


def test_a_connection_can_be_ended(gateway, socket, target):
    """DeleteConnection closes the client's socket; the connection is gone then.

    Source: Amazon API Gateway Management API Reference, DeleteConnection.
    """
    ws, connection = socket
    answer = gateway.delete_connection(ConnectionId=connection)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(ConnectionClosed):
        ws.recv(timeout=10)
    target.eventually(lambda: target.stand.seen(connection))
    assert error(gateway.post_to_connection, ConnectionId=connection, Data=b"x")[0] == 410
