"""Ports (Protocols) of what an operator carries: push and messengers, in aws/, faked in tests/fakes.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.text.note import Note


class Sender(Protocol):
    """One channel's service."""

    def send(self, operator: Operator, note: Note) -> str:
        """Hand over one note, asking the service once; returns its id, "" where it gives none.

        Raises NoAddress, ChannelBusy, ChannelRefused or ChannelSilent.
        """
        ...
