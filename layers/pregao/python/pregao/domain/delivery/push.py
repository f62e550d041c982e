"""Devices that take an operator's notifications (Web Push), and where a push service may be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import urlsplit

AT_MOST = 5
"""Devices of one operator; of one more the oldest goes."""
SERVICES = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    "web.push.apple.com",
    "push.apple.com",
    "notify.windows.com",
)
"""Whose machines, and those below them, take notifications: Chrome, Firefox, Safari, Edge.

A browser names the address, and whoever holds a token could name any: what is not one of these is refused, so
nobody makes our functions ask addresses of their choice.
"""
LOOPBACK = ("127.0.0.1", "localhost")
LONGEST_ENDPOINT = 1024
KEY_BYTES, AUTH_BYTES = 65, 16


@dataclass(frozen=True, slots=True)
class Device:
    """A browser's subscription: address, its public key (65 bytes, base64url) and secret (16 bytes).

    `label` is what its owner knows it by, `since` when it was added (epoch seconds).
    """

    endpoint: str
    p256dh: str
    auth: str
    label: str
    since: float

    @property
    def key(self) -> str:
        """What tells it apart without naming its address, which lets anybody send to it."""
        return device_key(self.endpoint)


def device_key(endpoint: str) -> str:
    """Return the key of the device with this address."""
    return hashlib.sha256(endpoint.encode()).hexdigest()[:32]


def is_push_service(endpoint: str, *, loopback: bool = False) -> bool:
    """Tell whether an address is of a known push service; `loopback` lets this machine's stand-in in."""
    if len(endpoint) > LONGEST_ENDPOINT or not endpoint.isascii() or any(one <= " " for one in endpoint):
        return False
    try:
        parts = urlsplit(endpoint)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None or "\\" in endpoint:
        return False
    if loopback and parts.scheme == "http" and host in LOOPBACK:
        return True
    known = any(host == one or host.endswith(f".{one}") for one in SERVICES)
    return parts.scheme == "https" and port in {None, 443} and known
