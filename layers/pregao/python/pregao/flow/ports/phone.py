"""Ports (Protocols) of what an operator carries: push and messengers, in aws/, faked in tests/fakes.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import Channel, Operator
    from pregao.domain.delivery.push import Device
    from pregao.domain.delivery.trouble import Trouble
    from pregao.domain.text.note import Note


class Sender(Protocol):
    """One channel's service."""

    def send(self, operator: Operator, note: Note) -> str:
        """Hand over one note, asking the service once; returns its id, "" where it gives none.

        Raises NoAddress, ChannelBusy, ChannelRefused or ChannelSilent.
        """
        ...

    def mark(self, operator: Operator) -> str:
        """Return a keyed hash of where an operator's notes go, for the audit; "" without address or key."""
        ...

    def amend(self, operator: Operator, provider_id: str, note: Note) -> None:
        """Let a note that was sent say how its alert stands now, where the service can; raises as `send`."""
        ...

    def withdraw(self, operator: Operator, provider_id: str) -> None:
        """Take a note back that another replaces, where the service can; raises as `send`."""
        ...


@dataclass(frozen=True, slots=True)
class KeptNote:
    """The message of an opportunity that an operator has: of which alert, and the service's id of it.

    `alert` is None before one was sent. `joined` are the lines of alerts of the opportunity that came later
    and did not ring, the oldest first.
    """

    alert: Alert | None = None
    provider_id: str = ""
    joined: tuple[str, ...] = ()


class OpportunityNotes(Protocol):
    """One message per opportunity, operator and channel that lets messages be changed."""

    def of(self, opportunity: str, operator: str, channel: Channel) -> KeptNote:
        """Return what is known of the message."""
        ...

    def keep(
        self, alert: Alert, operator: str, channel: Channel, provider_id: str, now: float
    ) -> KeptNote | None:
        """Keep the newest alert's message of an opportunity; returns the one to be taken back, if any.

        That is the message it replaces; the given one where a newer alert's is kept.
        """
        ...

    def join(self, alert: Alert, operator: str, channel: Channel, line: str, now: float) -> KeptNote:
        """Add the line of an alert of an opportunity, once; returns the message as it is now."""
        ...


class Pictures(Protocol):
    """Charts for messages."""

    def of(self, alert: Alert, language: str) -> bytes:
        """Return an alert's chart as a PNG of at most 50 KB, empty where there is none; raises nothing.

        It takes two seconds at most.
        """
        ...


class TroubleBook(Protocol):
    """Channels that do not reach an operator now."""

    def all(self) -> list[Trouble]:
        """Return every operator's, the oldest first."""
        ...

    def of(self, operator: str) -> list[Trouble]:
        """Return an operator's, the oldest first."""
        ...

    def failed(self, operator: str, channel: Channel, cause: str, now: float) -> bool:
        """Note a note that was not taken, or of which nobody knows; True where this cause begins with it."""
        ...

    def worked(self, operator: str, channel: Channel) -> None:
        """Forget all causes of a channel: it took a note, or has another address."""
        ...


class Devices(Protocol):
    """The browsers that take an operator's notifications."""

    def of(self, operator: str) -> list[Device]:
        """Return an operator's devices, the oldest first."""
        ...

    def add(self, operator: str, device: Device) -> None:
        """Keep a device in the place of the one with its address; beyond the bound the oldest goes."""
        ...

    def remove(self, operator: str, key: str) -> None:
        """Forget a device by its key; one that is not there is fine."""
        ...

    def silent_until(self, operator: str) -> float | None:
        """Return until when an operator wants their phone silent (epoch seconds), also in the past."""
        ...

    def silence(self, operator: str, until: float | None) -> None:
        """Keep their phone silent until then; None: no longer."""
        ...

    def public_key(self) -> str | None:
        """Return the key that a browser subscribes with; None before it was made."""
        ...
