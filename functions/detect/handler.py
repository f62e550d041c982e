"""POST /candles: CandleBatch v1 in, 202 with a verdict per alert out; CandlePost v1: that for each feed.

400 names every reason why a batch is refused, and nothing of it is judged. Where single candles are at fault
`candles` names each of them by its row and time: without them the batch may be posted again. 403: the name of
the bridge belongs to somebody else. 503 asks for the same batch again; what was committed before the fault is
found then and not judged twice. A post's feeds are answered one by one, in `feeds`.

A line about the post carries the id that the bridge gave it, one about an admitted alert the alert's: under
that one all other functions log.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.common import time_left
from pregao.bootstrap.detect import count, count_refused, detecting, tally
from pregao.flow.detect import Judged, detect_feeds
from pregao.wire.candle_batch_v1 import BatchRefused, CandleBatchV1
from pregao.wire.candle_post_v1 import TAKES, answer_of, sent_by, symbol_of
from pregao.wire.signed_request import ForeignBridge, answer, signer_of

logger = Logger(service="detect")
POST_ID = 'headers."x-correlation-id" || requestContext.requestId'


@logger.inject_lambda_context(correlation_id_path=POST_ID)
@tally
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Judge the feeds of one post."""
    try:
        sent = sent_by(event)
        outcomes = detect_feeds(sent.feeds, signer_of(event), detecting(), time_left(context))
    except Exception as error:  # noqa: BLE001 told and logged as what it is
        return answer(*_failed(error), TAKES)
    told = zip(outcomes, map(symbol_of, sent.feeds), strict=True)
    answers = [_failed(one, of) if isinstance(one, Exception) else _judged(*one, event) for one, of in told]
    return answer(*(answer_of(answers) if sent.several else answers[0]), TAKES)


def _judged(batch: CandleBatchV1, judged: list[Judged], event: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    count(batch, judged, event["requestContext"].get("timeEpoch"))
    verdicts = [{"id": one.alert.id, "verdict": one.verdict.value} for one in judged]
    accepted = len(batch.candles.time) - batch.new_from
    logger.info("batch judged", extra={"symbol": batch.symbol, "accepted": accepted, "alerts": verdicts})
    for one in (one for one in judged if one.queued):
        about = {"correlation_id": one.alert.id, "post": logger.get_correlation_id()}
        logger.info("alert queued", extra={**about, "verdict": one.verdict.value})
    return 202, {"accepted": accepted, "alerts": verdicts, "newest": batch.candles.time[-1]}


def _failed(error: Exception, symbol: str | None = None) -> tuple[int, dict[str, Any]]:
    if isinstance(error, BatchRefused | ForeignBridge):
        count_refused(error.fault)
        logger.warning(error.event, extra={"symbol": symbol, **error.logged})
        return error.status, error.answer()
    logger.error("batch not judged", exc_info=error, extra={"symbol": symbol})
    return 503, {"error": "try again", "reasons": ["the batch was not judged to the end"]}
