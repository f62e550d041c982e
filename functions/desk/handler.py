"""GET /api/...: what the console asks besides the socket, for whoever carries a token of the desk.

200 with JSON; 400 a parameter cannot be read, 401 no token or not a good one, 404 there is no such thing or
it is not for who asks.
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.desk import answering, count_refused
from pregao.flow.desk import BadQuestion, NotFound
from pregao.wire.token_v1 import TokenRefused

logger = Logger(service="desk")

LONGEST_REASON = 200
"""Letters of a reason: what was asked may be a path of kilobytes, and does not come back whole."""


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer one question."""
    try:
        path, query = event.get("pathParameters") or {}, event.get("queryStringParameters") or {}
        return _answer(200, answering()(event["routeKey"], _token(event), path, query))
    except TokenRefused as refused:
        count_refused(refused.cause)
        logger.warning("refused", extra={"cause": refused.cause, "why": str(refused)})
        return _answer(401, {"error": refused.cause})
    except BadQuestion as wrong:
        count_refused("bad_question")
        return _answer(400, {"error": "bad_question", "reasons": [str(wrong)[:LONGEST_REASON]]})
    except NotFound as unknown:
        return _answer(404, {"error": "not_found", "reasons": [str(unknown)[:LONGEST_REASON]]})


def _token(event: dict[str, Any]) -> str | None:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", "cache-control": "no-store"},
        "body": json.dumps(body, separators=(",", ":"), ensure_ascii=False),
    }
