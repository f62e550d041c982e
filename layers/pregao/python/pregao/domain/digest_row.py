"""Does the row of digests hold? Each must be signed, in its place, one an hour, behind the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pregao.domain.archive import Listed
from pregao.domain.hour_digest import HOUR, Before, Sealed, digest_key, read_signed
from pregao.domain.verification import Finding

Holds = Callable[[str, str, str], bool]
"""Tells whether a signature (hex) over a text is that of the public key with this fingerprint."""


@dataclass(frozen=True, slots=True)
class Digests:
    """What the row of digests says: findings, the objects it lists by key, its first hour, the newest digest.

    `hashes` are those of all payloads in the row.
    """

    findings: Sequence[Finding]
    listed: Mapping[str, Listed]
    first: datetime | None
    newest: Sealed | None
    hashes: frozenset[str]

    @property
    def until(self) -> datetime | None:
        """The end of the newest digest's hour."""
        return self.newest.start + HOUR if self.newest else None


def check_digests(files: Iterable[tuple[str, bytes]], holds: Holds) -> Digests:
    """Check the digests' files, (key, content) in the order of their keys."""
    findings: list[Finding] = []
    listed: dict[str, Listed] = {}
    hashes: set[str] = set()
    first: datetime | None = None
    last: Sealed | None = None
    for key, content in files:
        try:
            signed = read_signed(content)
        except ValueError as error:
            findings.append(Finding(key, str(error)))
            continue
        digest, sealed = signed.read(), signed.sealed()
        if not holds(digest.to_sign(signed.payload), signed.signature, digest.public_key):
            findings.append(Finding(key, "its signature is not that of the key at hand"))
            continue
        findings += _in_place(key, digest.key) + _behind(key, digest.start, digest.before, last)
        for one in digest.objects:
            if one.key in listed:
                findings.append(Finding(key, f"lists {one.key}, which an earlier digest lists"))
            listed[one.key] = one
        first, last = first or digest.start, sealed
        hashes.add(sealed.before.sha256 if sealed.before else "")
    return Digests(findings, listed, first, last, frozenset(hashes))


def _in_place(key: str, said: str) -> list[Finding]:
    return [] if key == said else [Finding(key, f"was signed as {said}: it was moved or replayed")]


def _behind(key: str, start: datetime, before: Before | None, last: Sealed | None) -> list[Finding]:
    if last is None:
        return [Finding(key, f"follows {before.key}, which is not there")] if before else []
    missing = last.start + HOUR
    if start > missing:
        return [Finding(key, f"the digests from {digest_key(missing)} on are missing before it")]
    return [] if before == last.before else [Finding(key, "does not follow from the digest before it")]
