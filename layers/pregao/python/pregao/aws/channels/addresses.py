"""Where operators are reached on push and messengers, and the keys of push: one secret of Secrets Manager.

Its text is JSON: {"operators": {"ana": {"telegram": {"token": ..., "chat": ...}}}, "vapid": "...",
"seal": "..."}. The seal is the key of the hashes by which records tell one address from another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from typing import Any

from pregao.aws.secret import read_secret

AGAIN_S = 60.0
"""A process reads the secret again after so many seconds: what was added or taken away holds within them."""
Address = Mapping[str, str]


class Addresses:
    """The secret, read when it is asked for; `clock` gives epoch seconds."""

    def __init__(self, client: Any, arn: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._read_at: float | None = None
        self._kept: dict[str, Any] = {}

    def of(self, operator: str, channel: str) -> Address | None:
        """Return an operator's address on a channel, None without one."""
        found: Address | None = self._now().get("operators", {}).get(operator, {}).get(channel)
        return found

    def all(self) -> Mapping[str, Mapping[str, Address]]:
        """Return every operator's addresses by channel."""
        found: Mapping[str, Mapping[str, Address]] = self._now().get("operators", {})
        return found

    @property
    def vapid(self) -> str | None:
        """The private key of Web Push (base64url, 32 bytes), None before it was made."""
        return self._now().get("vapid")

    def sealed(self, *address: str) -> str:
        """Return the keyed hash of an address (16 hex digits), "" before there is a key.

        It tells whether two notes went to one address, and nothing of it to whom has no key.
        """
        key = self._now().get("seal")
        said = "\0".join(address).encode()
        return hmac.new(key.encode(), said, hashlib.sha256).hexdigest()[:16] if key else ""

    def put(self, operator: str, channel: str, address: Address) -> None:
        """Keep an operator's address in the place of one there."""
        operators = {**self._anew().get("operators", {})}
        operators[operator] = {**operators.get(operator, {}), channel: dict(address)}
        self._write({**self._kept, "operators": operators})

    def remove(self, operator: str, channel: str) -> bool:
        """Forget an operator's address; False where there was none."""
        operators = {**self._anew().get("operators", {})}
        own = {**operators.get(operator, {})}
        if own.pop(channel, None) is None:
            return False
        operators[operator] = own
        self._write({**self._kept, "operators": {name: one for name, one in operators.items() if one}})
        return True

    def put_vapid(self, private_key: str) -> None:
        """Keep another key of Web Push."""
        self._write({**self._anew(), "vapid": private_key})

    def _now(self) -> dict[str, Any]:
        if self._read_at is None or self._clock() - self._read_at >= AGAIN_S:
            return self._anew()
        return self._kept

    def _anew(self) -> dict[str, Any]:
        self._kept = json.loads(read_secret(self._client, self._arn))
        self._read_at = self._clock()
        return self._kept

    def _write(self, kept: dict[str, Any]) -> None:
        kept = {"seal": secrets.token_hex(32), **kept}
        self._client.put_secret_value(SecretId=self._arn, SecretString=json.dumps(kept))
        self._kept, self._read_at = kept, self._clock()
