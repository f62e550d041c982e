"""Operators' decisions: the first one on an alert stands, and their audit chain."""

from __future__ import annotations

from typing import Any

from pregao.aws.tables.dynamo import Cancelled, put, transact, update
from pregao.aws.tables.ledger import Ledger
from pregao.aws.tables.state import NOT_DUE, claim_key, feed_key
from pregao.domain.alerts.alert import Alert
from pregao.domain.audit.chain import Record, Tail
from pregao.flow.refusals import Contended, Decided


class ActionBook:
    """flow.ports.ActionBook over DynamoDB."""

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
            **claim_key(alert.id),
            "sk": "DECISION",
            "operator": operator,
            "decision": record["decision"],
        }
        closed = update(self._table, feed_key(alert.contract, alert.seq), NOT_DUE)
        appended = self._ledger.append([record], tail)
        try:
            transact(self._client, [put(self._table, decision), closed, *appended])
        except Cancelled as cancelled:
            first = cancelled.held.get(0)
            if first is None:
                raise Contended from cancelled
            raise Decided(first["operator"], first["decision"]) from cancelled
