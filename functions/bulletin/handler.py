"""The bulletin bucket's files: B3's daily bulletin in, one item per contract and day in the state table.

A file that cannot be trusted is logged with its place, counted as `BulletinRefused` for the alarm, and let
go: nothing of it is stored, and coming again would not mend it. Any other fault is raised, and Lambda calls
again; the same file twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger

from pregao.bootstrap.bulletin import bulletins, tally
from pregao.flow.bulletin import Bulletins, Fate, take_in
from pregao.wire.bulletin.fields import BulletinRefused

logger = Logger(service="bulletin")


@logger.inject_lambda_context
@tally
def handle(event: dict[str, Any], _context: Any) -> dict[str, int]:
    """Take in every file an event tells of; answers how many contracts met which fate, and refused files."""
    deps, done = bulletins(), Counter[str]()
    for record in event["Records"]:
        if record["eventSource"] == "aws:s3":
            file = record["s3"]
            done += _taken(deps, file["bucket"]["name"], unquote_plus(file["object"]["key"]))
    return dict(done)


def _taken(deps: Bulletins, bucket: str, key: str) -> Counter[str]:
    try:
        found = take_in(bucket, key, deps)
    except BulletinRefused as refused:
        logger.warning("bulletin refused", extra={"file": key, "why": str(refused)})
        tally.count("BulletinRefused")
        return Counter(refused=1)
    except Exception:
        logger.exception("bulletin not taken in", extra={"file": key})
        raise
    for one, fate in found:
        if fate is Fate.REPLACED:
            about = {"contract": one.contract, "trade_date": one.trade_date.isoformat()}
            logger.warning("bulletin replaced", extra={"file": key, **about})
    fates = Counter(fate.value for _, fate in found)
    logger.info("bulletin taken in", extra={"file": key, "fates": dict(fates)})
    return fates
