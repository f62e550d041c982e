"""Past alerts and what was decided on them, read from the audit tables' indices by time."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.flow.ports.desk import DecisionTaken, UnknownPage
from pregao.wire.alert_v1 import load_recorded_alert
from pregao.wire.foreign_json import read_json

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert


PAGE = {"day": "S", "recorded_at": "S", "chain": "S", "seq": "N"}
"""Where a page begins: the index's key and the table's, by their types."""
LONGEST = 1024
"""Bytes of a sort key."""
WHOLE = re.compile("[0-9]{1,15}")


class HistoryBook:
    """flow.ports.desk.HistoryBook over DynamoDB."""

    def __init__(self, client: Any, alertas_table: str, acao_table: str) -> None:
        self._client = client
        self._alertas = alertas_table
        self._acao = acao_table

    def admitted(self, day: str, page: str | None, limit: int) -> tuple[list[Alert], str | None]:
        """Return alerts that rang on a UTC day; see flow.ports.desk. Raises UnknownPage."""
        start = {"ExclusiveStartKey": _start(page, day)} if page else {}
        found = self._client.query(
            TableName=self._alertas,
            IndexName="by_time",
            KeyConditionExpression="#day = :day",
            FilterExpression="verdict = :admitted",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues=to_item({":day": day, ":admitted": "admitted"}),
            ScanIndexForward=False,
            Limit=limit,
            **start,
        )
        alerts = [_alert(item) for item in found["Items"]]
        return alerts, _page(found.get("LastEvaluatedKey"))

    def decisions(self, day: str) -> dict[str, list[DecisionTaken]]:
        """Return the decisions of a UTC day by alert; see flow.ports.desk."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._acao,
            IndexName="by_time",
            KeyConditionExpression="#day = :day",
            ExpressionAttributeNames={"#day": "day"},
            ExpressionAttributeValues=to_item({":day": day}),
        )
        rows = [from_item(item) for page in pages for item in page["Items"]]
        found = dict[str, list[DecisionTaken]]()
        for row in rows:
            if "decision" in row or "handed_to" in row:
                found.setdefault(row["alert_id"], []).append(_decision(row))
        return found

    def decided(self, alert_id: str) -> list[DecisionTaken]:
        """Return the decisions on an alert; see flow.ports.desk."""
        found = self._client.query(
            TableName=self._acao,
            IndexName="by_alert",
            KeyConditionExpression="alert_id = :alert",
            ExpressionAttributeValues=to_item({":alert": alert_id}),
        )
        rows = [from_item(item) for item in found["Items"]]
        return sorted(
            (_decision(row) for row in rows if "decision" in row or "handed_to" in row),
            key=lambda one: one.at,
        )


def _alert(item: dict[str, Any]) -> Alert:
    # A record keeps no null; what an alert does not have is left out of it.
    return load_recorded_alert(from_item(item)["alert"])


def _decision(row: dict[str, Any]) -> DecisionTaken:
    return DecisionTaken(
        row["operator"],
        row.get("decision", ""),
        row.get("note"),
        row["recorded_at"],
        row.get("order_id"),
        row.get("own", False),
        row.get("handed_to"),
    )


def _page(key: dict[str, Any] | None) -> str | None:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode() if key else None


def _start(page: str, day: str) -> dict[str, Any]:
    """Read where a page begins; one that was not given out for this day is unknown."""
    try:
        key = read_json(base64.urlsafe_b64decode(page))
    except ValueError as error:  # NotJson, or no base64
        raise UnknownPage(page) from error
    if not isinstance(key, dict) or key.keys() != PAGE.keys():
        raise UnknownPage(page)
    if not all(_is_of(key[name], kind) for name, kind in PAGE.items()) or key["day"]["S"] != day:
        raise UnknownPage(page)
    return key


def _is_of(value: Any, kind: str) -> bool:
    """Tell whether a value is a text or a whole number as DynamoDB writes them."""
    if not isinstance(value, dict) or value.keys() != {kind}:
        return False
    text = value[kind]
    return isinstance(text, str) and (
        0 < len(text.encode()) < LONGEST if kind == "S" else bool(WHOLE.fullmatch(text))
    )
