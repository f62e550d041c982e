"""Messengers by Apprise (https://github.com/caronc/apprise): it says yes or no, and so do we."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pregao.aws.channels.http import CONNECT_S, READ_S, in_time
from pregao.domain.delivery.operators import Channel
from pregao.flow.ports.refusals import ChannelRefused, ChannelSilent, NoAddress

if TYPE_CHECKING:
    from pregao.aws.channels.addresses import Addresses
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.text.note import Note

PLUGINS = {
    Channel.DISCORD: ("discord", "NotifyDiscord", ("discord",)),
    Channel.SLACK: ("slack", "NotifySlack", ("slack",)),
    Channel.TEAMS: ("workflows", "NotifyWorkflows", ("workflow", "workflows")),
    Channel.NTFY: ("ntfy", "NotifyNtfy", ("ntfy", "ntfys")),
    Channel.PUSHOVER: ("pushover", "NotifyPushover", ("pover",)),
    Channel.WHATSAPP: ("whatsapp", "NotifyWhatsApp", ("whatsapp",)),
}
"""Apprise's module and class of each, and how its addresses begin. By name, or it imports all of its 130."""

logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
"""Its warnings name topics, tokens and telephone numbers; how a note ended the audit has."""


class AppriseService:
    """flow.ports.phone.Sender for one channel.

    Apprise tells neither a refusal from a lost answer nor what a service said: a no is unknown, and the note
    is not sent again here.
    """

    def __init__(self, addresses: Addresses, channel: Channel) -> None:
        self._addresses = addresses
        self._channel = channel

    def send(self, operator: Operator, note: Note) -> str:
        """Send one message; see flow.ports.phone. There is no id."""
        address = self._addresses.of(operator.id, self._channel)
        if address is None:
            raise NoAddress
        service = service_of(self._channel, address["url"])
        if service is None:
            raise ChannelRefused("bad_address")
        body = _body(note, service.body_maxlen)
        if not in_time(lambda: service.notify(body=body, title=note.title)):
            raise ChannelSilent("apprise: no")
        return ""

    def mark(self, operator: Operator) -> str:
        """Return the keyed hash of the address; see flow.ports.phone."""
        address = self._addresses.of(operator.id, self._channel)
        return self._addresses.sealed(address["url"]) if address else ""

    def amend(self, operator: Operator, provider_id: str, note: Note) -> None:
        """Do nothing: Apprise edits no message; see flow.ports.phone."""

    def withdraw(self, operator: Operator, provider_id: str) -> None:
        """Do nothing: Apprise deletes no message; see flow.ports.phone."""


def _body(note: Note, longest: int) -> str:
    """Return text and address, then as many of the further links as fit whole."""
    body = f"{note.text}\n{note.url}"
    for label, url in note.links:
        line = f"\n{label}: {url}"
        if len(note.title) + len(body) + len(line) < longest:
            body += line
    return body


def service_of(channel: Channel, url: str) -> Any:
    """Return Apprise's service at an address, with our time-outs; None for no address of the channel."""
    module, name, schemes = PLUGINS[channel]
    if url.partition("://")[0] not in schemes:
        return None
    plugin = getattr(import_module(f"apprise.plugins.{module}"), name)
    limited = f"{url}{'&' if '?' in url else '?'}cto={CONNECT_S}&rto={READ_S}"
    parts = plugin.parse_url(limited)
    try:
        service = plugin(**parts) if parts else None
    except TypeError:  # its word for an address that lacks something
        return None
    if service is not None:
        # It waits as long as a service asks, then sends: nobody waits for that note, and it may be decided.
        service.throttle = lambda *_, **__: None
    return service
