"""Each minute: what is undelivered goes out again, what is undecided times out, what was held back is told.

So is a feed that fell silent, came back or rolled. A part that fails is logged and fails the invocation, for
the alarm; the next minute tries it again.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.common import time_left
from pregao.bootstrap.watch import count, tally, watching
from pregao.flow.watch import watch

logger = Logger(service="watch")


def _note(what: str, alert_id: str) -> None:
    logger.info(what, extra={"correlation_id": alert_id})


@logger.inject_lambda_context
@tally
def handle(_event: dict[str, Any], context: Any) -> dict[str, int]:
    """Make one round; answers what was done."""
    try:
        done = watch(watching(_note), time_left(context))
    except Exception:
        logger.exception("the round was not finished")
        raise
    count(done)
    logger.info("round made", extra=asdict(done))
    return asdict(done)
