"""The audit tables into the archive: by their streams within minutes, and each hour whatever is left.

Whoever comes first after an hour signs its digest.

A stream's records only say which chains grew; what they hold is read from the table. MODIFY and REMOVE never
come from this system: they are counted as `AuditTampered`, for the alarm, and named in the log.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aws_lambda_powertools import Logger

from pregao.bootstrap.archive import archiving, table_names, tally
from pregao.bootstrap.common import time_left
from pregao.flow.archive import archive_grown, archive_hour

logger = Logger(service="archive")


@logger.inject_lambda_context
@tally
def handle(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Serve a stream's batch or the hour's call; answers what was done."""
    time = time_left(context)
    records = [one for one in event.get("Records", []) if one.get("eventSource") == "aws:dynamodb"]
    if "Records" not in event:
        done = asdict(archive_hour(archiving(), time))
    else:
        grown = [(table_names()[table], chain) for table, chain in map(_chain, records)]
        done = asdict(archive_grown(grown, archiving(), time)) | {"tampered": _tampered(records)}
    logger.info("done", extra=done)
    return done


def _chain(record: dict[str, Any]) -> tuple[str, str]:
    """Return the table and the chain that a stream's record speaks of."""
    table = record["eventSourceARN"].split(":table/")[1].split("/")[0]
    return table, record["dynamodb"]["Keys"]["chain"]["S"]


def _tampered(records: list[dict[str, Any]]) -> int:
    changed = [one for one in records if one["eventName"] != "INSERT"]
    for one in changed:
        seq = one["dynamodb"]["Keys"]["seq"]["N"]
        logger.error(
            "an audit record was changed", extra={"what": one["eventName"], "at": (*_chain(one), seq)}
        )
    tally.count("AuditTampered", len(changed))
    return len(changed)
