"""GET /api/compliance/{question}: what the compliance page asks, for whoever carries an officer's token.

200 with JSON or a file; 400 a question that cannot be read or answered, 401 no token or not an officer's,
413 an answer too large, 503 the look could not be recorded, or the records not be read in time.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.common import time_left
from pregao.bootstrap.compliance import compliance, count_refused
from pregao.flow.compliance import BadQuestion, File, NoAnswer
from pregao.wire.token_v1 import TokenRefused

logger = Logger(service="compliance")

LARGEST = 5_800_000
"""Bytes of an answer: Lambda hands out six megabytes. JSON is written in ASCII, a file as base64."""


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one question."""
    path, query = event.get("pathParameters") or {}, event.get("queryStringParameters") or {}
    try:
        found = compliance()(_token(event), path.get("question", ""), query, time_left(context))
    except TokenRefused as refused:
        count_refused(refused.cause)
        logger.warning("refused", extra={"cause": refused.cause, "why": str(refused)})
        return _said(401, {"error": refused.cause})
    except BadQuestion as wrong:
        return _said(400, {"error": "bad_question", "reasons": [str(wrong)[:2000]]})
    except NoAnswer as none:
        logger.exception("no answer", extra={"error": none.error})
        return _said(503, {"error": none.error})
    answer = _file(found) if isinstance(found, File) else _said(200, found)
    return answer if len(answer["body"]) <= LARGEST else _said(413, {"error": "too_large"})


def _file(found: File) -> dict[str, Any]:
    named = {"content-type": found.kind, "content-disposition": f'attachment; filename="{found.name}"'}
    headers, body = named | {"cache-control": "no-store"}, base64.b64encode(found.content).decode()
    return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}


def _token(event: dict[str, Any]) -> str | None:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _said(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body, separators=(",", ":"))}
