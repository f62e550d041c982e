"""What a page says of its device (POST /api/push): a subscription as browsers give it, or a silence."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from pregao.domain.delivery.push import AUTH_BYTES, KEY_BYTES, Device, is_push_service
from pregao.wire.foreign_json import NotJson, read_json

LARGEST = 4096
LABEL_MAX = 60
SILENT_AT_MOST_S = 24 * 3600


class PushRefused(ValueError):
    """A request that cannot be taken; the text says why, `why` is its word."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(text)
        self.why = why


@dataclass(frozen=True, slots=True)
class Silence:
    """Until when an operator's phone stays silent (epoch seconds), None for no longer."""

    until: float | None


def read_push(body: str, now: float, *, loopback: bool = False) -> Device | Silence:
    """Read a request; raises PushRefused."""
    if len(body.encode()) > LARGEST:
        raise PushRefused("too_large", f"at most {LARGEST} bytes")
    try:
        said = read_json(body)
    except NotJson:
        raise PushRefused("bad_request", "no JSON") from None
    if not isinstance(said, dict):
        raise PushRefused("bad_request", "no JSON object")
    return _silence(said, now) if "silent_until" in said else _device(said, now, loopback=loopback)


def _silence(said: dict[str, Any], now: float) -> Silence:
    until = said["silent_until"]
    if until is None:
        return Silence(None)
    if (
        isinstance(until, bool)
        or not isinstance(until, int | float)
        or not now < until <= now + SILENT_AT_MOST_S
    ):
        raise PushRefused("bad_time", "silent_until: epoch seconds within the next 24 hours, or null")
    return Silence(float(until))


def _device(said: dict[str, Any], now: float, *, loopback: bool) -> Device:
    endpoint, keys, label = said.get("endpoint"), said.get("keys"), said.get("label", "")
    if not isinstance(endpoint, str) or not is_push_service(endpoint, loopback=loopback):
        raise PushRefused("no_push_service", "endpoint: the address of no push service that is known here")
    if not isinstance(keys, dict) or not isinstance(label, str):
        raise PushRefused("bad_request", "keys and label: as the browser gives them")
    p256dh, auth = (
        _bytes(keys.get(name), size) for name, size in (("p256dh", KEY_BYTES), ("auth", AUTH_BYTES))
    )
    shown = "".join(one for one in label if one.isprintable())[:LABEL_MAX].strip()
    return Device(endpoint, p256dh, auth, shown, now)


def _bytes(text: object, size: int) -> str:
    try:
        bare = text.rstrip("=") if isinstance(text, str) else ""
        raw = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raw = b""
    if len(raw) != size or (size == KEY_BYTES and raw[0] != 4):
        raise PushRefused("bad_key", f"keys: base64url of {size} bytes")
    return bare
