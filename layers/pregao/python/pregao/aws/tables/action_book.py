"""Operators' decisions: the first one on an alert stands, and their audit chain."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, Item, from_item, put, to_item, transact, update
from pregao.aws.tables.state import DECISION, NOT_DUE, alert_key, claim_key
from pregao.domain.delivery.alert_state import Taken
from pregao.flow.ports.refusals import Contended, Decided

if TYPE_CHECKING:
    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record, Tail


class ActionBook:
    """flow.ports.delivery.ActionBook over DynamoDB."""

    def __init__(self, client: Any, table: str, ledger: Ledger) -> None:
        self._client = client
        self._table = table
        self._ledger = ledger

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the chain stands; see flow.ports."""
        return self._ledger.tail(contract, now)

    def decide(self, alert: Alert, operator: str, record: Record, tail: Tail) -> None:
        """Write the first decision; see flow.ports."""
        decision = {
            **_key(alert.id),
            "operator": operator,
            "decision": record["decision"],
            "recorded_at": record["recorded_at"],
        }
        closed = update(self._table, alert_key(alert.contract, alert.seq), NOT_DUE)
        appended = self._ledger.append([record], tail)
        try:
            transact(self._client, [put(self._table, decision), closed, *appended])
        except Cancelled as cancelled:
            first = cancelled.held.get(0)
            if first is None:
                raise Contended from cancelled
            raise Decided(taken_of(first)) from cancelled

    def taken(self, alert_id: str) -> Taken | None:
        """Return the decision that stands; see flow.ports."""
        found = self._client.get_item(TableName=self._table, Key=to_item(_key(alert_id)), ConsistentRead=True)
        return taken_of(from_item(found["Item"])) if "Item" in found else None


def taken_of(row: Item) -> Taken:
    """Read a decision's item; those of older versions hold no time."""
    at = row.get("recorded_at")
    when = None if at is None else datetime.fromisoformat(at).timestamp()
    return Taken(row["operator"], row["decision"], when)


def _key(alert_id: str) -> dict[str, str]:
    return {**claim_key(alert_id), "sk": DECISION}
