"""The WebSocket's routes: $connect and $disconnect keep the list of screens, all others speak protocol v1.

Answers to frames go back over the socket itself; the return value only tells API Gateway that all is well.
A line about an alert (a receipt, a decision) carries the alert's id, all others the socket's.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.common import time_left
from pregao.bootstrap.connections import connections, count, count_refused, tally
from pregao.flow.connections import Caller, close_socket, hear, open_socket
from pregao.wire.token_v1 import SUBPROTOCOL

logger = Logger(service="connections")


@logger.inject_lambda_context(correlation_id_path="requestContext.connectionId")
@tally
def handle(event: dict[str, Any], lambda_context: Any) -> dict[str, Any]:
    """Serve one event of one socket."""
    context = event["requestContext"]
    identity = context.get("authorizer") or {}
    caller = Caller(context["connectionId"], identity.get("operator", ""), identity.get("role", ""))
    if context["eventType"] == "DISCONNECT":
        close_socket(caller.connection_id, connections())
        logger.info("closed", extra={"operator": caller.operator})
        return {"statusCode": 200}
    if not caller.operator:
        count_refused("no_operator")
        logger.error("no operator: the route stands without its authorizer")
        return {"statusCode": 403}
    if context["eventType"] == "CONNECT":
        open_socket(caller, connections())
        logger.info("opened", extra={"operator": caller.operator})
        return {"statusCode": 200, "headers": _subprotocol(event)}
    heard = hear(event.get("body"), caller, connections(), time_left(lambda_context))
    if heard.error:
        count_refused(heard.error)
    count(heard)
    logger.set_correlation_id(heard.alert_id or caller.connection_id)
    logger.info(
        "heard", extra={"operator": caller.operator, "socket": caller.connection_id, "frame": heard.what}
    )
    return {"statusCode": 200}


def _subprotocol(event: dict[str, Any]) -> dict[str, str]:
    # A browser closes a socket if the server accepts none of the subprotocols it offered.
    offered = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    names = [name.strip() for name in offered.get("sec-websocket-protocol", "").split(",")]
    return {"Sec-WebSocket-Protocol": SUBPROTOCOL} if SUBPROTOCOL in names else {}
