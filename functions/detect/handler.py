"""POST /candles: CandleBatch v1 in, 202 with a verdict per alert out.

400 names every reason why a batch is refused, and nothing of it is judged. Where single candles are at fault
`candles` names each of them by its row and time: without them the batch may be posted again. 403: the name of
the bridge belongs to somebody else. 503 asks the bridge to post the same batch again; whatever was committed
before the fault is found then and not judged twice.

A line about the post carries the id that the bridge gave it, one about an admitted alert the alert's: under
that one all other functions log.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.common import time_left
from pregao.bootstrap.detect import count, count_refused, detecting, tally
from pregao.flow.detect import detect
from pregao.wire.candle_batch_v1 import BatchRefused
from pregao.wire.signed_request import ForeignBridge, answer, body_of, signer_of

logger = Logger(service="detect")
POST_ID = 'headers."x-correlation-id" || requestContext.requestId'


@logger.inject_lambda_context(correlation_id_path=POST_ID)
@tally
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Judge one post."""
    try:
        batch, judged = detect(body_of(event), signer_of(event), detecting(), time_left(context))
    except BatchRefused as refused:
        count_refused(refused.fault)
        logger.warning("batch refused", extra={"reasons": refused.reasons})
        return answer(400, refused.answer())
    except ForeignBridge as foreign:
        count_refused(foreign.fault)
        logger.warning("foreign bridge", extra={"signer": foreign.signer, "owner": foreign.owner})
        return answer(403, foreign.answer())
    except Exception:
        logger.exception("batch not judged")
        return answer(503, {"error": "try again", "reasons": ["the batch was not judged to the end"]})
    count(batch, judged)
    verdicts = [{"id": one.alert.id, "verdict": one.verdict.value} for one in judged]
    accepted = len(batch.candles.time) - batch.new_from
    logger.info("batch judged", extra={"symbol": batch.symbol, "accepted": accepted, "alerts": verdicts})
    for one in judged:
        if one.queued:
            about = {"correlation_id": one.alert.id, "post": logger.get_correlation_id()}
            logger.info("alert queued", extra=about | {"verdict": one.verdict.value})
    return answer(202, {"accepted": accepted, "alerts": verdicts, "newest": batch.candles.time[-1]})
