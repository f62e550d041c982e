"""Writing down attempts to deliver, behind the chain of the alert's contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pregao.domain.audit.records import delivery_record
from pregao.flow.steps.audit.append import Pause, append

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.delivery.operators import Channel, Operator, Status
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

    def append(self, alert: Alert, records: Sequence[Record], *, closes: bool = False) -> None:
        """Write records that are stamped already, and close their alert where they are the last of it.

        Calls nothing where there are none.
        """

        def write(linked: Sequence[Record], tail: Tail) -> None:
            self.book.append(linked, tail, alert.id if closes else None)

        if records:
            append(partial(self.book.tail, alert.contract), lambda _: records, write, self)
