"""The authorizer of $connect: a valid token opens the socket as its operator, anything else gets 403.

The token comes in the query string (`?token=`) or, from a browser, as the second name of the subprotocol
header (`pregao.v1, <token>`); a browser also says where its page came from. A refusal is a Deny policy:
raising would be a 401 in AWS and a 500 in the emulator, and a screen treats both codes alike.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.authorize import authorizing, count_refused
from pregao.wire.token_v1 import SUBPROTOCOL, Identity, TokenRefused

logger = Logger(service="authorize")


@logger.inject_lambda_context(correlation_id_path="requestContext.connectionId")
def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Let one socket in, or not."""
    try:
        headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
        identity = authorizing()(_token(event, headers), headers.get("origin"))
    except TokenRefused as refused:
        count_refused(refused.cause)
        logger.warning("refused", extra={"cause": refused.cause, "why": str(refused)})
        return _policy("Deny", event, Identity("nobody", "none"))
    logger.info("let in", extra={"operator": identity.operator, "role": identity.role})
    return _policy("Allow", event, identity)


def _token(event: dict[str, Any], headers: dict[str, str]) -> str | None:
    query = event.get("queryStringParameters") or {}
    if query.get("token"):
        return str(query["token"])
    names = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    return next((name for name in names if name and name != SUBPROTOCOL), None)


def _policy(effect: str, event: dict[str, Any], identity: Identity) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": identity.operator,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"operator": identity.operator, "role": identity.role},
    }
