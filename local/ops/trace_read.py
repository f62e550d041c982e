"""An alert's records, read from a stack's audit tables by their indices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from local.ops.trace import Trace, trace
from pregao.aws.tables.dynamo import from_item, to_item
from pregao.aws.tables.state import claim_key
from pregao.domain.audit.alert_ids import WHOLE, the_one, written
from pregao.domain.audit.archive_days import ArchiveError

if TYPE_CHECKING:
    from local.stack.deployed import Deployed


def read_trace(stack: Deployed, start: str, now: datetime, days: int) -> Trace:
    """Return the way of the alert whose id begins so; raises ArchiveError as `read_records` does."""
    return trace(*read_records(stack, start, now, days))


def read_records(stack: Deployed, start: str, now: datetime, days: int) -> Sequence[list[dict[str, Any]]]:
    """Return judgements, deliveries and actions of the alert whose id begins so.

    A beginning is looked for among the alerts judged within the last days; a whole id is found at any age,
    for its claim says when it was judged. Raises ArchiveError where there is none, or more than one.
    """
    start = written(start)
    dynamo, names = stack.client("dynamodb"), stack.outputs
    judged = names["AlertasAuditTable"]
    looked = [f"{now - timedelta(back):%Y-%m-%d}" for back in range(days)]
    whole = start if len(start) == WHOLE else _whole(dynamo, judged, start, looked)
    claim = dynamo.get_item(TableName=names["AdmissionTable"], Key=to_item(claim_key(whole)))
    if "Item" not in claim:
        raise ArchiveError(
            f"{whole}: nenhum alerta assim foi julgado aqui; é o --stack certo?"
            " · no such alert was ever judged here; is it the right --stack?"
        )
    day = f"{datetime.fromtimestamp(from_item(claim['Item'])['judged_at'], UTC):%Y-%m-%d}"
    return (
        _judgements(dynamo, judged, whole, day),
        _by_alert(dynamo, names["EntregaAuditTable"], whole),
        _by_alert(dynamo, names["AcaoOperadorAuditTable"], whole),
    )


def _whole(dynamo: Any, table: str, start: str, days: Sequence[str]) -> str:
    """Return the only id that begins so of all these days."""
    judged = [one for day in days for one in _judgements(dynamo, table, start, day)]
    if judged:
        return the_one(start, {one["alert_id"]: _told(one) for one in judged})
    raise ArchiveError(
        f"'{start}': nenhum alerta de --days {len(days)} começa assim; escreva o id inteiro, ou mais --days"
        f" · no alert judged within --days {len(days)} begins so; write the whole id, or more --days"
    )


def _told(judged: Mapping[str, Any]) -> str:
    """Return what tells an alert from others; the index has the alert whole, and not each of its fields."""
    alert = judged["alert"]
    return f"{judged['recorded_at'][:16]} {alert['contract']} {alert['pattern']}"


def _judgements(dynamo: Any, table: str, start: str, day: str) -> list[dict[str, Any]]:
    """Return the judgements of a UTC day of alerts whose id begins so."""
    pages = dynamo.get_paginator("query").paginate(
        TableName=table,
        IndexName="by_time",
        KeyConditionExpression="#day = :day",
        FilterExpression="begins_with(alert_id, :start) AND kind = :alert",
        ExpressionAttributeNames={"#day": "day"},
        ExpressionAttributeValues=to_item({":day": day, ":start": start, ":alert": "alert"}),
    )
    return [from_item(item) for page in pages for item in page["Items"]]


def _by_alert(dynamo: Any, table: str, alert_id: str) -> list[dict[str, Any]]:
    pages = dynamo.get_paginator("query").paginate(
        TableName=table,
        IndexName="by_alert",
        KeyConditionExpression="alert_id = :alert",
        ExpressionAttributeValues=to_item({":alert": alert_id}),
    )
    return [from_item(item) for page in pages for item in page["Items"]]
