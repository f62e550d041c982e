"""What the audit tables say of a run: counts, and who was not reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeDeserializer

Record = Mapping[str, Any]

OUTCOMES = frozenset({"sent", "gone", "failed", "withheld"})
"""How an attempt ends."""

_DESERIALIZER = TypeDeserializer()


@dataclass
class AuditView:
    """The records of one run, read from the three tables."""

    alerts: list[Record]
    deliveries: list[Record]
    actions: list[Record]
    frames: int = field(init=False)

    def __post_init__(self) -> None:
        self.frames = sum(int(one.get("sent", 0)) for one in self.deliveries if one["channel"] == "websocket")

    def verdicts(self) -> dict[str, int]:
        """Count judgements by verdict."""
        return dict(Counter(one["verdict"] for one in self.alerts))

    def patterns(self) -> dict[str, int]:
        """Count judgements by pattern."""
        return dict(Counter(one["pattern"] for one in self.alerts))

    def admitted(self) -> dict[str, Record]:
        """Return the admitted alerts by id."""
        return {one["alert_id"]: one["alert"] for one in self.alerts if one["verdict"] == "admitted"}

    def reached(self, channel: str, status: str) -> set[tuple[str, str]]:
        """Return the pairs of alert and operator (by audit_id) with such a record."""
        return {
            (one["alert_id"], one["operator"])
            for one in self.deliveries
            if one["channel"] == channel and one["status"] == status
        }

    def listed(self) -> set[tuple[str, str]]:
        """Return the pairs where an alert did not ring: it is on the list, and nobody owes a receipt."""
        return self.reached("websocket", "listed")

    def quiet(self) -> set[tuple[str, str]]:
        """Return the pairs whose e-mail was withheld as was wished: off duty, quiet, decided, handed over."""
        causes = "off_duty", "quiet_hours", "decided", "handed_over"
        wished = (one for one in self.deliveries if one.get("cause") in causes)
        return {(one["alert_id"], one["operator"]) for one in wished}

    def attempts(self) -> int:
        """Count the attempts that ended: neither intents, nor what was heard of them later."""
        return sum(one["status"] in OUTCOMES for one in self.deliveries)


def read_audit(dynamo: Any, outputs: Mapping[str, str], since: str) -> AuditView:
    """Read the records written at or after `since` (ISO 8601 UTC) from the tables the stack names."""
    kinds = {
        "AlertasAuditTable": "alert",
        "EntregaAuditTable": "delivery",
        "AcaoOperadorAuditTable": "action",
    }
    return AuditView(*(list(_rows(dynamo, outputs[name], kind, since)) for name, kind in kinds.items()))


def _rows(dynamo: Any, table: str, kind: str, since: str) -> Iterable[Record]:
    pages = dynamo.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="recorded_at >= :since AND kind = :kind",
        ExpressionAttributeValues={":since": {"S": since}, ":kind": {"S": kind}},
    )
    for page in pages:
        for item in page["Items"]:
            yield {name: _DESERIALIZER.deserialize(value) for name, value in item.items()}
