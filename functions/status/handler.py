"""GET /health: 200 when every dependency answers, 503 when one does not; the body says which and why.

It also says how each feed and each bridge is. `status` is "degraded" too where a feed is silent in
its session; that is no fault of this system, hence 200.
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.status import status

logger = Logger(service="status")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(_event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Answer one question about the system's health."""
    well, body = status()()
    if not well:
        logger.error("degraded", extra={"checks": body["checks"]})
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return {"statusCode": 200 if well else 503, "headers": headers, "body": json.dumps(body)}
