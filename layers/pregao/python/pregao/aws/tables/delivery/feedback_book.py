"""What was heard of e-mails: a mark per e-mail and kind of report, committed with its audit record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, put, to_item, transact
from pregao.flow.ports.refusals import Contended

if TYPE_CHECKING:
    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.delivery.mail_events import MailEvent

KEPT_S = 30 * 86_400
"""Longer than a message can lie in the queue: no report comes again after it."""


class FeedbackBook:
    """flow.ports.mail.FeedbackBook over DynamoDB."""

    def __init__(self, client: Any, table: str, ledger: Ledger) -> None:
        self._client = client
        self._table = table
        self._ledger = ledger

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the chain stands; see flow.ports.mail."""
        return self._ledger.tail(contract, now)

    def heard(self, event: MailEvent) -> bool:
        """Tell whether it was recorded; see flow.ports.mail."""
        found = self._client.get_item(TableName=self._table, Key=to_item(_key(event)), ConsistentRead=True)
        return "Item" in found

    def record(self, event: MailEvent, record: Record, tail: Tail) -> bool:
        """Write a report's record; see flow.ports.mail."""
        mark = {**_key(event), "ttl": int(event.happened_at) + KEPT_S}
        appended = self._ledger.append([record], tail)
        try:
            transact(self._client, [put(self._table, mark), *appended])
        except Cancelled as cancelled:
            if 0 in cancelled.held:
                return False
            raise Contended from cancelled
        return True


def _key(event: MailEvent) -> dict[str, str]:
    return {"pk": f"MAIL#{event.message_id}", "sk": event.status.value}
