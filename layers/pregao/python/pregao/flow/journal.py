"""Writing down attempts to deliver, behind the chain of the alert's contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pregao.domain.alerts.alert import Alert
from pregao.domain.audit.chain import Record, link
from pregao.domain.audit.records import delivery_record
from pregao.domain.delivery.operators import Channel, Operator, Status
from pregao.flow.persist import Pause, persist
from pregao.flow.ports.delivery import DeliveryBook


@dataclass(frozen=True, slots=True)
class Journal:
    """Appends to entrega_audit; `clock` gives epoch seconds."""

    book: DeliveryBook
    pause: Pause
    clock: Callable[[], float]

    def note(
        self, alert: Alert, operator: Operator, channel: Channel, status: Status, detail: Mapping[str, Any]
    ) -> None:
        """Write one step of one attempt."""
        self.append(alert, [delivery_record(alert, operator.audit_id, channel, status, self.clock(), detail)])

    def append(self, alert: Alert, records: Sequence[Record]) -> None:
        """Write records, again as long as somebody else was faster; none is nothing."""

        def attempt() -> None:
            tail = self.book.tail(alert.contract, self.clock())
            self.book.append(link(records, tail)[0], tail)

        if records:
            persist(attempt, self.pause)
