"""The stream of the candles' table: each new candle to the screens that watch its instrument."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.ticker import ticking

logger = Logger(service="ticker")


@logger.inject_lambda_context
def handle(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Serve a stream's batch; what TTL removes has no new image and is nobody's news."""
    images = [one["dynamodb"]["NewImage"] for one in event["Records"] if "NewImage" in one["dynamodb"]]
    posted = ticking()(images)
    logger.info("told", extra={"candles": len(images), "frames": posted})
    return {"frames": posted}
