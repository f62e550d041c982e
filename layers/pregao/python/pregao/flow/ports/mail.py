"""Ports (Protocols) of e-mail and SMS, implemented in aws/ and faked in tests/fakes.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.delivery.mail_events import MailEvent
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.delivery.suppression import Suppression
    from pregao.domain.delivery.unreached import Cause, Unreached
    from pregao.domain.text.email import Mail
    from pregao.domain.text.sms import Sms


class Mailbox(Protocol):
    """Outgoing e-mail."""

    def send(self, mail: Mail) -> str:
        """Hand over one e-mail; returns the provider's id. Raises MailRefused or MailBusy."""
        ...


class SmsGateway(Protocol):
    """Outgoing SMS."""

    def send(self, sms: Sms) -> str:
        """Hand over one SMS, asking the provider once; returns its id. Raises SmsFailed."""
        ...


class Suppressions(Protocol):
    """Addresses that get no e-mail, by the hash domain.delivery.suppression.address_key makes of them."""

    def find(self, key: str) -> Suppression | None:
        """Return why an address gets no e-mail; None when it does."""
        ...

    def add(self, suppression: Suppression) -> None:
        """Suppress an address; one that is suppressed keeps its first cause."""
        ...

    def all(self) -> list[Suppression]:
        """Return every suppression, the oldest first."""
        ...

    def lift(self, key: str) -> bool:
        """Let an address get e-mails again; False when it was not suppressed."""
        ...


class UnreachedBook(Protocol):
    """Mailboxes that e-mail does not reach now, by the hash of domain.delivery.suppression.address_key."""

    def all(self) -> dict[str, Unreached]:
        """Return every one of them by its key."""
        ...

    def add(self, operator: Operator, cause: Cause, now: float) -> None:
        """Note that an e-mail to an operator's address did not arrive, for this cause."""
        ...

    def remove(self, key: str) -> bool:
        """Note that an address is reached again; False when it always was."""
        ...


class FeedbackBook(Protocol):
    """What was heard of e-mails, each report once, and its audit chain."""

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the contract's feedback chain of the UTC day stands."""
        ...

    def heard(self, event: MailEvent) -> bool:
        """Tell whether a report of this kind on this e-mail has been recorded."""
        ...

    def record(self, event: MailEvent, record: Record, tail: Tail) -> bool:
        """Write a report's record; False when somebody else did. Raises Contended when the chain moved."""
        ...
