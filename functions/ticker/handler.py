"""What detect notes of each post, by the state table's stream: candles for the charts and for the screens."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.common import time_left
from pregao.bootstrap.ticker import read_post, ticking
from pregao.flow.ticker import tick

logger = Logger(service="ticker")


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Serve a stream's batch; expired items have no new image and are skipped."""
    changes = [one.get("dynamodb", {}) for one in event["Records"]]
    images = [one["NewImage"] for one in changes if "NewImage" in one]
    posts = [read_post(image) for image in images if "candles" in image]
    posted = tick(posts, ticking(), time_left(context))
    logger.info("told", extra={"posts": len(images), "frames": posted})
    return {"frames": posted}
