"""POST /candles: CandleBatch v1 in, 202 with a verdict per alert out.

400 names every reason why a batch is refused, and nothing of it is judged. Where single candles are at fault
`candles` names each of them by its row and time: without them the batch may be posted again. 503 asks the
bridge to post the same batch again; whatever was committed before the fault is found then and not judged
twice.

A line about the post carries the id that the bridge gave it, one about an admitted alert the alert's: under
that one all other functions log.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.common import time_left
from pregao.bootstrap.detect import count_refused, detect, tally
from pregao.wire.candle_batch_v1 import BatchRefused

logger = Logger(service="detect")
POST_ID = 'headers."x-correlation-id" || requestContext.requestId'


@logger.inject_lambda_context(correlation_id_path=POST_ID)
@tally
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Judge one post."""
    try:
        batch, judged = detect()(_body(event), time_left(context))
    except BatchRefused as refused:
        count_refused(refused.fault)
        logger.warning("batch refused", extra={"reasons": refused.reasons})
        return _answer(400, _refusal(refused))
    except Exception:
        logger.exception("batch not judged")
        return _answer(503, {"error": "try again", "reasons": ["the batch was not judged to the end"]})
    verdicts = [{"id": one.alert.id, "verdict": one.verdict.value} for one in judged]
    accepted = len(batch.candles.time) - batch.new_from
    logger.info("batch judged", extra={"symbol": batch.symbol, "accepted": accepted, "alerts": verdicts})
    for one in judged:
        if one.queued:
            about = {"correlation_id": one.alert.id, "post": logger.get_correlation_id()}
            logger.info("alert queued", extra=about | {"verdict": one.verdict.value})
    newest = batch.candles.time[-1]
    return _answer(202, {"accepted": accepted, "alerts": verdicts, "newest": newest})


def _refusal(refused: BatchRefused) -> dict[str, Any]:
    said = {"error": "batch refused", "fault": refused.fault.value, "reasons": refused.reasons}
    return said | ({"candles": [asdict(one) for one in refused.candles]} if refused.candles else {})


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json"},
        "body": json.dumps(body, separators=(",", ":")),
    }
