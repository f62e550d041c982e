"""The port (Protocol) of watched alerts that come back: implemented in aws/ and faked in tests/fakes.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.delivery.reminder import Reminder
    from pregao.flow.ports.delivery import Kept


@dataclass(frozen=True, slots=True)
class Due:
    """Whose time has come: alerts on which a decision is awaited, and watched ones that are wanted back."""

    alerts: list[Kept]
    reminders: list[Reminder]


class ReminderBook(Protocol):
    """Watched alerts that operators want back at a time."""

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the contract's action chain of the UTC day stands."""
        ...

    def remind(self, reminder: Reminder, record: Record, tail: Tail) -> None:
        """Keep a reminder in the place of one of the same alert, and its audit record; raises Contended."""
        ...

    def forget(self, reminder: Reminder, record: Record, tail: Tail) -> None:
        """Take a reminder back, and its audit record; one that is not there is fine. Raises Contended."""
        ...

    def of(self, operator: str) -> list[Reminder]:
        """Return an operator's reminders that were not told yet."""
        ...

    def done(self, reminder: Reminder) -> None:
        """End a reminder; one that was set anew meanwhile stays."""
        ...
