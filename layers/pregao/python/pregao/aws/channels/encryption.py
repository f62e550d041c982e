"""A message that only one browser can read (RFC 8291 over RFC 8188), and who sends it (VAPID, RFC 8292)."""

from __future__ import annotations

import base64
import os
import struct
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

RECORD = 4096
"""Bytes of the one record of a message; push services take no larger body."""
OVERHEAD = 16 + 4 + 1 + 65 + 1 + 16
"""Salt, record size, key length, key, the delimiter behind the text, the cipher's tag."""
LARGEST = RECORD - OVERHEAD
"""Bytes of text that fit."""
SIGNED_FOR_S = 12 * 3600
"""RFC 8292 takes 24 hours at most."""
_CURVE = ec.SECP256R1()


def encode(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Read base64url, with padding or without; raises ValueError."""
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)


def private_key(raw: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key of 32 bytes."""
    return ec.derive_private_key(int.from_bytes(raw, "big"), _CURVE)


def public_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a key's public point, uncompressed (65 bytes)."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def new_private_key() -> bytes:
    """Return 32 bytes of a new P-256 key."""
    return ec.generate_private_key(_CURVE).private_numbers().private_value.to_bytes(32, "big")


def encrypt(
    text: bytes,
    receiver: bytes,
    auth: bytes,
    *,
    salt: bytes | None = None,
    sender: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """Return the body of a push message; `receiver` is the browser's public key, `auth` its secret.

    A salt and a key of its own are made for each message. Raises ValueError for a text over LARGEST bytes, or
    a receiver that is no point of the curve.
    """
    if len(text) > LARGEST:
        raise ValueError(f"{len(text)} bytes of text, at most {LARGEST} fit")
    salt, sender = salt or os.urandom(16), sender or ec.generate_private_key(_CURVE)
    peer, own = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, receiver), public_of(sender)
    key, nonce = keys_of(sender.exchange(ec.ECDH(), peer), receiver, own, auth, salt)
    header = salt + struct.pack("!IB", RECORD, len(own)) + own
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def keys_of(shared: bytes, receiver: bytes, sender: bytes, auth: bytes, salt: bytes) -> tuple[bytes, bytes]:
    """Return the key and the nonce of a message (RFC 8291 section 3.4, RFC 8188 section 2.2)."""
    material = _hkdf(shared, auth, b"WebPush: info\x00" + receiver + sender, 32)
    return (
        _hkdf(material, salt, b"Content-Encoding: aes128gcm\x00", 16),
        _hkdf(material, salt, b"Content-Encoding: nonce\x00", 12),
    )


def authorization(endpoint: str, key: ec.EllipticCurvePrivateKey, contact: str, now: float) -> str:
    """Return the header that says who sends to an endpoint; `contact` is a mailto: or https: address."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(now + SIGNED_FOR_S), "sub": contact}
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={encode(public_of(key))}"


def _hkdf(material: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(material)
