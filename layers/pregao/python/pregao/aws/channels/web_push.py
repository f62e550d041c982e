"""Web Push (RFC 8030): one encrypted message to each device of an operator."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from pregao.aws.channels.encryption import LARGEST, authorization, decode, encrypt, private_key
from pregao.aws.channels.http import patience, post
from pregao.domain.delivery.push import AT_MOST, is_push_service
from pregao.flow.ports.refusals import ChannelBusy, ChannelRefused, ChannelSilent, NoAddress

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

    from pregao.aws.channels.addresses import Addresses
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.delivery.push import Device
    from pregao.domain.text.note import Note
    from pregao.flow.ports.phone import Devices

TAKEN, GONE, LATER = {200, 201, 202}, {404, 410}, {429, 503}
REFUSED = {400: "bad_request", 401: "wrong_key", 403: "wrong_key", 413: "too_large"}
TOPIC_LETTERS = 32
"""RFC 8030: a topic has at most so many letters of base64url."""


class Expired(Exception):
    """The service does not know the device any more."""


class WebPush:
    """flow.ports.phone.Sender to browsers; `contact` is whom a push service writes to, `clock` epoch seconds.

    Sent where one device's service took it. `loopback` lets a stand-in on this machine be one.
    """

    def __init__(
        self,
        addresses: Addresses,
        devices: Devices,
        contact: str,
        clock: Callable[[], float],
        *,
        loopback: bool = False,
    ) -> None:
        self._addresses = addresses
        self._devices = devices
        self._contact = contact
        self._clock = clock
        self._loopback = loopback
        self._pool = ThreadPoolExecutor(AT_MOST, thread_name_prefix="push")

    def send(self, operator: Operator, note: Note) -> str:
        """Send one note to every device; see flow.ports.phone. There is no id."""
        devices, secret = self._devices.of(operator.id), self._addresses.vapid
        if not devices or secret is None:
            raise NoAddress
        key = private_key(decode(secret))
        ends = list(self._pool.map(lambda device: self._to(device, note, key), devices))
        for device, end in zip(devices, ends, strict=True):
            if isinstance(end, Expired):
                self._devices.remove(operator.id, device.key)
        if None not in ends:
            raise _worst(ends)
        return ""

    def mark(self, operator: Operator) -> str:
        """Return the keyed hash of all devices together; see flow.ports.phone."""
        devices = sorted(one.endpoint for one in self._devices.of(operator.id))
        return self._addresses.sealed(*devices) if devices else ""

    def amend(self, operator: Operator, provider_id: str, note: Note) -> None:
        """Do nothing: a notification would ring again; see flow.ports.phone."""

    def withdraw(self, operator: Operator, provider_id: str) -> None:
        """Do nothing: one of the same topic replaces it; see flow.ports.phone."""

    def _to(self, device: Device, note: Note, key: EllipticCurvePrivateKey) -> Exception | None:
        try:
            self._post(device, note, key)
        except (ChannelBusy, ChannelRefused, ChannelSilent, Expired) as end:
            return end
        return None

    def _post(self, device: Device, note: Note, key: EllipticCurvePrivateKey) -> None:
        if not is_push_service(device.endpoint, loopback=self._loopback):
            raise ChannelRefused("no_push_service")
        now = self._clock()
        try:
            body = encrypt(payload(note), decode(device.p256dh), decode(device.auth))
        except ValueError:
            raise Expired from None  # its key is none: nothing can be sent there
        headers = {
            "Authorization": authorization(device.endpoint, key, self._contact, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, int(note.until - now))),
            "Urgency": "high",
            "Topic": note.topic[:TOPIC_LETTERS],
        }
        answer = post(device.endpoint, body, headers)
        if answer.status in GONE:
            raise Expired
        if answer.status in LATER:
            raise ChannelBusy(str(answer.status), patience(answer.headers))
        if answer.status in REFUSED:
            raise ChannelRefused(REFUSED[answer.status])
        if answer.status not in TAKEN:
            raise ChannelSilent(str(answer.status))


def payload(note: Note) -> bytes:
    """Return what the page's service worker reads, cut where it would not fit."""
    lines, title = note.text, note.title
    while True:
        told = {
            "title": title,
            "body": lines,
            "alert": note.alert_id,
            "topic": note.topic,
            "action": note.action,
            "language": note.language,
            "until": note.until,
        }
        body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) <= LARGEST:
            return body
        title, lines = title[:200], lines[: len(lines) // 2]


def _worst(ends: Sequence[Exception | None]) -> Exception:
    """Return how it ended where no device had it: a doubt forbids another try and goes first."""
    for kind in (ChannelSilent, ChannelBusy, ChannelRefused):
        for end in ends:
            if isinstance(end, kind):
                return end
    return ChannelRefused("expired")
