"""POST /heartbeats: Heartbeat v1 in, 202 with the cloud's clock out.

400 names every reason why one is refused. 503 asks for the next one: a heartbeat that was not taken is not
sent again, the following minute says the same better.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.heartbeat import count_refused, listening
from pregao.wire.heartbeat_v1 import HeartbeatRefused

logger = Logger(service="heartbeat")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Take one heartbeat."""
    try:
        now = listening()(_body(event))
    except HeartbeatRefused as refused:
        count_refused("schema")
        logger.warning("heartbeat refused", extra={"reasons": refused.reasons})
        return _answer(400, {"error": "heartbeat refused", "reasons": refused.reasons})
    except Exception:
        logger.exception("heartbeat not taken")
        return _answer(503, {"error": "try again", "reasons": ["the heartbeat was not taken"]})
    return _answer(202, {"server_time": now})


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, separators=(",", ":")),
    }
