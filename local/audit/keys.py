"""The public half of the key that signs digests: read from a file, known by its fingerprint."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from pregao.domain.audit.archive_days import ArchiveError


@dataclass(frozen=True)
class PublicKeys:
    """One key or, after a rotation, several; a digest names the one that signed it by its fingerprint."""

    by_fingerprint: dict[str, EllipticCurvePublicKey]

    def __reduce__(self) -> tuple[Callable[..., PublicKeys], tuple[bytes, ...]]:
        """Go to another process in DER form."""
        form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return of_der, tuple(key.public_bytes(*form) for key in self.by_fingerprint.values())

    def __call__(self, text: str, signature: str, fingerprint: str) -> bool:
        """Tell whether a signature (hex, DER) over a text is that of the key with this fingerprint."""
        key = self.by_fingerprint.get(fingerprint)
        if key is None:
            return False
        try:
            key.verify(bytes.fromhex(signature), text.encode(), ECDSA(SHA256()))
        except (InvalidSignature, ValueError):
            return False
        return True


def of_der(*keys: bytes) -> PublicKeys:
    """Return keys given in DER form, as KMS gives them; raises ArchiveError."""
    try:
        loaded = {hashlib.sha256(der).hexdigest(): load_der_public_key(der) for der in keys}
    except ValueError as error:
        raise ArchiveError(f"não é uma chave pública · not a public key: {error}") from error
    return PublicKeys({name: key for name, key in loaded.items() if isinstance(key, EllipticCurvePublicKey)})


def of_files(*paths: Path) -> PublicKeys:
    """Return keys given as PEM files; raises ArchiveError naming the file."""
    ders = []
    for path in paths:
        try:
            ders.append(to_der(path.read_bytes()))
        except (OSError, ValueError) as error:
            raise ArchiveError(
                f"{path}: não há ali chave pública em PEM · no public key in PEM form can be read"
                f" there: {error}"
            ) from error
    return of_der(*ders)


def to_der(pem: bytes) -> bytes:
    """Return the DER form of a PEM; raises ValueError."""
    return load_pem_public_key(pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def to_pem(der: bytes) -> bytes:
    """Return the PEM form of a DER; raises ValueError."""
    return load_der_public_key(der).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
