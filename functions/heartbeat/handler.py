"""POST /heartbeats: Heartbeat v1 in, 202 with the cloud's clock out, and which symbols' quotes are wanted.

400 names every reason why one is refused. 403: the bridge's name belongs to somebody else. 503 asks for the
next one: a heartbeat that was not taken is not sent again, the following minute says the same better.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.heartbeat import count_refused, listening
from pregao.flow.heartbeat import hear
from pregao.wire.heartbeat_v1 import HeartbeatRefused
from pregao.wire.signed_request import ForeignBridge, answer, body_of, signer_of

logger = Logger(service="heartbeat")


@logger.inject_lambda_context(correlation_id_path="requestContext.requestId")
def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Take one heartbeat."""
    try:
        return answer(202, hear(body_of(event), signer_of(event), listening()).answer())
    except HeartbeatRefused as refused:
        count_refused("schema")
        logger.warning("heartbeat refused", extra={"reasons": refused.reasons})
        return answer(400, {"error": "heartbeat refused", "reasons": refused.reasons})
    except ForeignBridge as foreign:
        count_refused(foreign.fault)
        logger.warning("foreign bridge", extra={"signer": foreign.signer, "owner": foreign.owner})
        return answer(403, foreign.answer())
    except Exception:
        logger.exception("heartbeat not taken")
        return answer(503, {"error": "try again", "reasons": ["the heartbeat was not taken"]})
