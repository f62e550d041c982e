"""GET and POST /act/{token}: a link from an e-mail shows its alert; the form under it takes a decision.

The token is the only right to be here. Opening decides nothing, because mail scanners open every link.
POST /api/alerts/{id}/decision takes the same form from a console that is being closed, under its session's
token; the page that sent it is gone, so nobody reads the answer.
"""

from __future__ import annotations

import base64
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.act import acting, count_refused
from pregao.bootstrap.common import time_left
from pregao.flow.act import Page

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
    page = _page(event, context)
    if page.refused:
        count_refused(page.refused)
    for error in page.untold:
        logger.error("not every screen was told of the decision", exc_info=error)
    logger.info("answered", extra={"status": page.status, "route": event["routeKey"]})
    return {"statusCode": page.status, "headers": HEADERS, "body": page.html}


def _page(event: dict[str, Any], context: Any) -> Page:
    path, about = event.get("pathParameters") or {}, logger.set_correlation_id
    token = path.get("token", "")
    if not event["routeKey"].startswith("POST"):
        return acting().show(token, (event.get("queryStringParameters") or {}).get("d"), about)
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode(errors="replace")
    if event["routeKey"] != "POST /api/alerts/{id}/decision":
        return acting().take(token, body, about, time_left(context))
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    session = headers.get("authorization", "").removeprefix("Bearer ")
    return acting().take_from_console(
        session, headers.get("origin"), path["id"], body, about, time_left(context)
    )
