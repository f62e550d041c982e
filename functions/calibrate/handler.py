"""Each hour: what is known after the sessions that have ended meanwhile, for those to come.

A feed whose newest session is calibrated costs two or three reads. A feed that fails is logged and fails the
invocation, for the alarm; the next hour tries it again, and no alert waits for it.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.calibrate import calibrating, feeds, tally
from pregao.bootstrap.common import time_left
from pregao.flow.calibrate import calibrate_all

logger = Logger(service="calibrate")


@logger.inject_lambda_context
@tally
def handle(_event: dict[str, Any], context: Any) -> dict[str, list[str]]:
    """Make one round; answers by feed the sessions that were calibrated."""
    config, deps = calibrating()
    try:
        made = calibrate_all(sorted(feeds()), config, deps, time_left(context))
    except Exception:
        logger.exception("the round was not finished")
        raise
    done = {"-".join(feed): [one.isoformat() for one in days] for feed, days in made.items()}
    tally.count("Calibrated", sum(len(days) for days in made.values()))
    logger.info("round made", extra={"calibrated": done})
    return done
