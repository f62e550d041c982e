"""The key that signs digests: asymmetric, in KMS, which never gives it away."""

from __future__ import annotations

import hashlib
from typing import Any

from pregao.domain.audit.hourly_digest import ALGORITHM


class Signer:
    """flow.ports.audit.Signer over KMS."""

    def __init__(self, client: Any, key_id: str) -> None:
        self._client = client
        self._key_id = key_id
        self._public: str | None = None

    def sign(self, text: str) -> bytes:
        """Sign a short text; see flow.ports.audit."""
        answer = self._client.sign(
            KeyId=self._key_id, Message=text.encode(), MessageType="RAW", SigningAlgorithm=ALGORITHM
        )
        signature: bytes = answer["Signature"]
        return signature

    def public_key(self) -> str:
        """Return the public key's fingerprint, asked once per process; see flow.ports.audit."""
        if self._public is None:
            der = self._client.get_public_key(KeyId=self._key_id)["PublicKey"]
            self._public = hashlib.sha256(der).hexdigest()
        return self._public
