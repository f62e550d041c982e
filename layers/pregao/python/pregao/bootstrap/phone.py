"""What reaches what an operator carries: a sender for each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pregao import clock
from pregao.aws.channels.apprise_service import PLUGINS, AppriseService
from pregao.aws.channels.telegram import Telegram
from pregao.aws.tables.delivery.devices import Devices
from pregao.domain.delivery.operators import Channel

if TYPE_CHECKING:
    from typing import Any

    from pregao.aws.channels.addresses import Addresses
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.text.note import Note
    from pregao.flow.ports.phone import Sender


class _LatePush:
    """Web Push, imported with the first note: its encryption is a seventh of a second."""

    def __init__(self, addresses: Addresses, devices: Devices, contact: str, *, loopback: bool) -> None:
        self._made: Sender | None = None
        self._parts = addresses, devices, contact
        self._loopback = loopback

    def _sender(self) -> Sender:
        if self._made is None:
            from pregao.aws.channels.web_push import WebPush

            self._made = WebPush(*self._parts, clock.now, loopback=self._loopback)
        return self._made

    def send(self, operator: Operator, note: Note) -> str:
        """Send one note; see flow.ports.phone."""
        return self._sender().send(operator, note)

    def mark(self, operator: Operator) -> str:
        """Return the keyed hash of all devices; see flow.ports.phone."""
        return self._sender().mark(operator)

    def amend(self, operator: Operator, provider_id: str, note: Note) -> None:
        """Do nothing; see flow.ports.phone."""

    def withdraw(self, operator: Operator, provider_id: str) -> None:
        """Do nothing: one of the same topic replaces it; see flow.ports.phone."""


def senders(
    addresses: Addresses, dynamo: Any, table: str, mail_from: str, *, loopback: bool
) -> dict[Channel, Sender]:
    """Return the sender of each channel between screen and e-mail."""
    messengers: dict[Channel, Sender] = {one: AppriseService(addresses, one) for one in PLUGINS}
    push = _LatePush(addresses, Devices(dynamo, table), f"mailto:{mail_from}", loopback=loopback)
    return {**messengers, Channel.TELEGRAM: Telegram(addresses), Channel.PUSH: push}
