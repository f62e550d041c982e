"""GET /health: 200 when every dependency answers, 503 when one does not; the body says which and why.

GET /metrics tells the same reading as Prometheus's gauges, and always with 200: a scraper that gets anything
else reads nothing, and `pregao_up` says which one is down.

GET /api/health, which pages ask, tells of more than fifty feeds what the minute's last round found of them
(`feeds_at`). Where that round (`watched_at`) is late, `status` is "degraded", and the feeds are read anew.

/health also says how each feed and each bridge is, how many dead letters lie where, and how many operators
e-mail does not reach, since when and why. `status` is "degraded" too where alerts or timers wait longer than
they should, a feed or its bridge is silent in its session, a dead letter lies or an operator is not reached;
the system itself works, hence 200. `problems` names each with since when and its entry in docs/RUNBOOK.md.
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.status import status
from pregao.flow.status import report

logger = Logger(service="status")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer one question about the system's health."""
    if event["routeKey"] == "GET /metrics":
        return _metrics()
    well, body = report(status(), page=event["routeKey"] == "GET /api/health")
    if not well:
        logger.error("degraded", extra={"checks": body["checks"]})
    return _answer(200 if well else 503, "application/json", json.dumps(body))


def _metrics() -> dict[str, Any]:
    """Answer with the same reading as gauges."""
    from pregao.wire.prometheus_text import CONTENT_TYPE, exposition  # a library that /health does not need

    return _answer(200, CONTENT_TYPE, exposition(report(status())[1]))


def _answer(code: int, content_type: str, body: str) -> dict[str, Any]:
    headers = {"content-type": content_type, "cache-control": "no-store"}
    return {"statusCode": code, "headers": headers, "body": body}
