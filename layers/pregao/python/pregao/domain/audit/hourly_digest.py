"""Hourly digests: what the archive gained in an hour, tied to the hour before and signed.

The model is AWS CloudTrail's log file validation: each digest lists the objects with their hashes and carries
the name, hash and signature of the digest before it; an hour in which nothing came has a digest too. What is
signed names its own place, so a digest that was moved or replayed shows.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

from pregao.domain.audit.archive_objects import Listed

PREFIX = "digest/"
ALGORITHM = "ECDSA_SHA_256"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Before:
    """The digest of the hour before; `sha256` is of its payload."""

    key: str
    sha256: str
    signature: str


@dataclass(frozen=True, slots=True)
class HourDigest:
    """A digest: the hour's start, what came, what was before (None for the first of all), who signs.

    `public_key` is the SHA-256 (hex) of the public key's DER form.
    """

    start: datetime
    objects: Sequence[Listed]
    before: Before | None
    public_key: str

    @property
    def key(self) -> str:
        """Where it lies."""
        return digest_key(self.start)

    def payload(self) -> str:
        """Return what it says, as JSON."""
        return _json(
            version=1,
            key=self.key,
            start=_iso(self.start),
            end=_iso(self.start + HOUR),
            before=_plain(self.before) if self.before else None,
            objects=[_plain(one) for one in sorted(self.objects, key=lambda one: one.key)],
            algorithm=ALGORITHM,
            public_key=self.public_key,
        )

    def to_sign(self, payload: str = "") -> str:
        """Return what is signed, a line each: end, place, payload's hash, the signature before.

        Who has the payload at hand may spare its being written again.
        """
        before = self.before.signature if self.before else "null"
        hashed = sha256_of(payload or self.payload())
        return "\n".join([_iso(self.start + HOUR), self.key, hashed, before])


@dataclass(frozen=True, slots=True)
class Sealed:
    """The newest digest: its hour's start and what the next one carries of it, None before the first."""

    start: datetime
    before: Before | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A digest's file: the payload, and the signature (hex of its DER form) over `to_sign`."""

    payload: str
    signature: str

    def to_bytes(self) -> bytes:
        """Return the file."""
        return _json(payload=self.payload, signature=self.signature).encode()

    def sealed(self) -> Sealed:
        """Return what the next hour's digest starts from."""
        digest = self.read()
        return Sealed(digest.start, Before(digest.key, sha256_of(self.payload), self.signature))

    def read(self) -> HourDigest:
        """Read the payload; raises ValueError."""
        return _digest(self.payload)


def read_signed(content: bytes) -> Signed:
    """Read a digest's file and its payload; raises ValueError naming what is wrong."""
    try:
        outer = json.loads(content)
        signed = Signed(str(outer["payload"]), str(outer["signature"]))
        bytes.fromhex(signed.signature)
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a signed digest: {error}") from error
    signed.read()
    return signed


def digest_key(start: datetime) -> str:
    """Return where the digest of the hour that starts then lies."""
    hour = start.isoformat()[:13]  # four times as fast as strftime: years of hours are verified
    return f"{PREFIX}year={hour[:4]}/month={hour[5:7]}/day={hour[8:10]}/{hour}Z.json"


def is_digest_key(key: str) -> bool:
    """Tell whether a key is one that a digest can lie under."""
    try:
        return key == digest_key(datetime.strptime(key[-19:], "%Y-%m-%dT%HZ.json").replace(tzinfo=UTC))
    except ValueError:
        return False


def hour_of(now: float) -> datetime:
    """Return the start of the UTC hour of `now` (epoch seconds)."""
    return datetime.fromtimestamp(now, UTC).replace(minute=0, second=0, microsecond=0)


def sha256_of(payload: str) -> str:
    """Return the SHA-256 (hex) of a payload, which is signed and which the next digest carries."""
    return hashlib.sha256(payload.encode()).hexdigest()


@lru_cache(maxsize=1)  # a digest's file is read, then asked what it says, then what follows it
def _digest(payload: str) -> HourDigest:
    try:
        plain = json.loads(payload)
        start = datetime.fromisoformat(plain["start"])
        before = Before(**plain["before"]) if plain["before"] else None
        digest = HourDigest(start, [Listed(**one) for one in plain["objects"]], before, plain["public_key"])
        again = digest.payload()
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"not a digest: {error}") from error
    if again != payload:
        raise ValueError("not a digest: it says what no digest says")
    return digest


def _plain(one: Listed | Before) -> dict[str, Any]:
    return {name: getattr(one, name) for name in type(one).__slots__}


def _iso(moment: datetime) -> str:
    return f"{moment.isoformat()[:19]}Z"


def _json(**fields: Any) -> str:
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
