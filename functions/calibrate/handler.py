"""Each hour, of the sessions that have ended meanwhile: calibration, outcomes, parity and ledger.

A feed whose newest session is closed costs a few reads. A feed that fails is logged and fails the invocation,
for the alarm; the next hour tries it again, and no alert waits for it.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.calibrate import calibrating, count, feeds, tally
from pregao.bootstrap.common import time_left
from pregao.flow.calibrate import calibrate_all

logger = Logger(service="calibrate")


@logger.inject_lambda_context
@tally
def handle(_event: dict[str, Any], context: Any) -> dict[str, list[str]]:
    """Make one round; answers by feed the sessions that were closed."""
    try:
        closed = calibrate_all(feeds(), *calibrating(), time_left(context))
    except Exception:
        logger.exception("the round was not finished")
        raise
    count(closed)
    done: dict[str, list[str]] = {}
    for one in closed:
        done.setdefault(f"{one.instrument}-{one.timeframe}", []).append(one.session.isoformat())
        for other in one.differences:
            where = {"feed": f"{one.instrument}-{one.timeframe}", "session": one.session.isoformat()}
            logger.warning("what rang differs from a scan", extra={**where, "difference": asdict(other)})
    logger.info("round made", extra={"closed": done})
    return done
