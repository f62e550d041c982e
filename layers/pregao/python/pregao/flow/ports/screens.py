"""Port (Protocol) of the open screens: implemented in aws/ and faked in tests/fakes.py."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.delivery.mute import Mute
    from pregao.domain.delivery.operators import Interest, Screen, Status


@dataclass(frozen=True, slots=True)
class Present:
    """Screens of some operators, and what these have muted, also what is over."""

    screens: list[Screen]
    mutes: list[Mute]


class Screens(Protocol):
    """Open WebSockets, and what their operators have muted."""

    def everyone(self) -> list[Screen]:
        """Return every screen that has subscribed: for what is told to many, candles say."""
        ...

    def present(self, operators: Collection[str]) -> Present:
        """Return subscribed screens and mutes of these operators alone, without whose prices they follow."""
        ...

    def mute(self, mute: Mute) -> None:
        """Keep a mute in the place of one of the same name."""
        ...

    def unmute(self, mute: Mute) -> None:
        """Forget a mute; one that is not there is fine."""
        ...

    def post(self, connection_id: str, frame: bytes) -> Status:
        """Send one frame; SENT, GONE (the socket is closed, forgotten) or FAILED."""
        ...

    def interest(self, connection_id: str) -> Interest | None:
        """Return what a socket wants to see; None when it has not subscribed."""
        ...

    def opened(self, connection_id: str, operator: str, now: float) -> None:
        """Remember a socket; it sees nothing before it subscribes."""
        ...

    def subscribe(self, connection_id: str, interest: Interest) -> list[Mute] | None:
        """Record what a socket wants to see; None when nobody knows the socket, else its operator's mutes."""
        ...

    def follow(
        self, connection_id: str, instruments: Sequence[str], now: float, until: float
    ) -> frozenset[str] | None:
        """Record whose prices a socket is told, until when; None when nobody knows the socket.

        Returns those that it was following at `now`.
        """
        ...

    def closed(self, connection_id: str) -> None:
        """Forget a socket; unknown ones are fine."""
        ...
