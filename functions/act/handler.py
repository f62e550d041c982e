"""GET and POST /act/{token}: a link from an e-mail shows its alert; the form under it takes a decision.

The token is the only right to be here. Opening decides nothing, because mail scanners open every link.
POST /api/alerts/{id}/decision takes the same form from a console that is being closed, under its session's
token; the page that sent it is gone, so nobody reads the answer.

/api/levels is an operator's own price levels, under the session's token: GET lists, POST sets (201), PATCH
and DELETE of /api/levels/{id} change and remove. JSON; 400, 404 and 409 say in words what is wrong, 503 asks
again.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.act import acting, count_refused, levels
from pregao.bootstrap.common import time_left
from pregao.flow.act import Page
from pregao.flow.ports.refusals import Contended
from pregao.wire.level_request_v1 import LevelRefused
from pregao.wire.token_v1 import TokenRefused

logger = Logger(service="act")

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
}


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one browser."""
    if "/api/levels" in event["routeKey"]:
        return _levels(event)
    page = _page(event, context)
    if page.refused:
        count_refused(page.refused)
    for error in page.untold:
        logger.error("not every screen was told of the decision", exc_info=error)
    logger.info("answered", extra={"status": page.status, "route": event["routeKey"]})
    return {"statusCode": page.status, "headers": HEADERS, "body": page.html}


def _levels(event: dict[str, Any]) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    scheme, _, token = headers.get("authorization", "").partition(" ")
    method, level = event["routeKey"].split()[0], (event.get("pathParameters") or {}).get("id")
    try:
        named = token.strip() if scheme.lower() == "bearer" else None
        status, told = levels()(method, named, headers.get("origin"), level, _body(event))
    except TokenRefused as refused:
        count_refused(refused.cause)
        status, told = 401, {"error": refused.cause}
    except LevelRefused as refused:
        count_refused(refused.why)
        status, told = refused.status, {"error": refused.why, "reasons": [str(refused)]}
    except Contended:
        status, told = 503, {"error": "busy", "reasons": ["tente outra vez · try again"]}
    logger.info("levels", extra={"status": status, "route": event["routeKey"]})
    kept = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": status, "headers": kept, "body": json.dumps(told, ensure_ascii=False)}


def _body(event: dict[str, Any]) -> str:
    body = event.get("body") or ""
    return base64.b64decode(body).decode(errors="replace") if event.get("isBase64Encoded") else body


def _page(event: dict[str, Any], context: Any) -> Page:
    path, about = event.get("pathParameters") or {}, logger.set_correlation_id
    token = path.get("token", "")
    if not event["routeKey"].startswith("POST"):
        return acting().show(token, (event.get("queryStringParameters") or {}).get("d"), about)
    body = _body(event)
    if event["routeKey"] != "POST /api/alerts/{id}/decision":
        return acting().take(token, body, about, time_left(context))
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    session = headers.get("authorization", "").removeprefix("Bearer ")
    return acting().take_from_console(
        session, headers.get("origin"), path["id"], body, about, time_left(context)
    )
