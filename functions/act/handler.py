"""GET and POST /act/{token}: a link from an e-mail shows its alert; the form under it takes a decision.

The token is the only right to be here. Opening decides nothing, because mail scanners open every link.
POST /api/alerts/{id}/decision takes the same form from a console that is being closed, under its session's
token; the page that sent it is gone, so nobody reads the answer. /api/levels is an operator's own price
levels in JSON, under the session's token: GET, POST (201), PATCH, DELETE; refused in words. /api/push is
their devices for notifications and until when their phone is silent: GET, POST (201), DELETE.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.act import acting, count_refused, levels, phones
from pregao.bootstrap.common import time_left
from pregao.flow.act import Page
from pregao.wire.signed_request import answer, body_of, headers_of

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
    method, _, place = event["routeKey"].partition(" ")
    asked = {"/api/levels": levels, "/api/push": phones}.get("/".join(place.split("/")[:3]))
    if asked:
        told = asked().answer(method, headers_of(event), event.get("pathParameters"), body_of(event))
        return answer(told.status, told.fields)
    page = _page(event, context)
    if page.refused:
        count_refused(page.refused)
    for error in page.untold:
        logger.error("not every screen was told of the decision", exc_info=error)
    logger.info("answered", extra={"status": page.status, "route": event["routeKey"]})
    return {"statusCode": page.status, "headers": HEADERS, "body": page.html}


def _page(event: dict[str, Any], context: Any) -> Page:
    path, about = event.get("pathParameters") or {}, logger.set_correlation_id
    token, body = path.get("token", ""), body_of(event).decode(errors="replace")
    if not event["routeKey"].startswith("POST"):
        return acting().show(token, (event.get("queryStringParameters") or {}).get("d"), about)
    if event["routeKey"] != "POST /api/alerts/{id}/decision":
        return acting().take(token, body, about, time_left(context))
    headers = headers_of(event)
    session, origin = headers.get("authorization", "").removeprefix("Bearer "), headers.get("origin")
    return acting().take_from_console(session, origin, path["id"], body, about, time_left(context))
