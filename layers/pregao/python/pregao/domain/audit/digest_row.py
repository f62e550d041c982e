"""Does the row of digests hold? Each must be signed, in its place, one an hour, behind the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pregao.domain.audit.archive_objects import Listed, read_key
from pregao.domain.audit.closed_days import read_closed
from pregao.domain.audit.hourly_digest import HOUR, Before, HourDigest, Sealed, digest_key, read_signed
from pregao.domain.audit.verification import Finding

Holds = Callable[[str, str, str], bool]
"""Tells whether a signature (hex) over a text is that of the public key with this fingerprint."""


ANOTHER_KEY = "its signature is not that of the key at hand"
File = tuple[str, bytes]  # key, content


@dataclass(frozen=True, slots=True)
class Digests:
    """What a row of digests says: findings, its first hour, the newest digest, the hashes of all payloads.

    `listed` holds the Merkle root of each listed object by its key; what is in an object is held to that root
    and to its name, and its name is held here to what the digest says. `ends` holds when the hour ended whose
    digest lists the object.
    """

    findings: Sequence[Finding]
    listed: Mapping[str, str]
    first: datetime | None
    newest: Sealed | None
    hashes: frozenset[str]
    ends: Mapping[str, datetime]

    @property
    def until(self) -> datetime | None:
        """The end of the newest digest's hour."""
        return self.newest.start + HOUR if self.newest else None


def check_digests(files: Iterable[File], holds: Holds, behind: File | None = None) -> Digests:
    """Check digests' files in the order of their keys; `behind` is the one before them, which is not checked.

    What of it does not hold, is found where it is checked; here the next one then follows nothing.
    """
    findings: list[Finding] = []
    listed: dict[str, str] = {}
    ends: dict[str, datetime] = {}
    hashes: set[str] = set()
    first: datetime | None = None
    before = last = _read(behind, holds)[1] if behind else None
    for key, content in files:
        digest, sealed, wrong = _read((key, content), holds)
        findings += wrong
        if digest is None or sealed is None:
            continue
        findings += _in_place(key, digest.key) + _behind(key, digest.start, digest.before, last)
        for one in digest.objects:
            findings += _named(one) + _again(one.key, listed)
            listed[one.key], ends[one.key] = one.root, digest.start + HOUR
        first, last = first or digest.start, sealed
        hashes.add(sealed.before.sha256 if sealed.before else "")
    return Digests(findings, listed, first, None if last is before else last, frozenset(hashes), ends)


def joined(parts: Iterable[Digests]) -> Digests:
    """Put together a row that was checked in parts, each behind the last file of the one before."""
    findings: list[Finding] = []
    listed: dict[str, str] = {}
    ends: dict[str, datetime] = {}
    hashes: set[str] = set()
    first: datetime | None = None
    newest: Sealed | None = None
    for part in parts:
        twice = sorted(part.listed.keys() & listed.keys())
        findings += [*part.findings, *(one for key in twice for one in _again(key, listed))]
        listed |= part.listed
        ends |= part.ends
        hashes |= part.hashes
        first, newest = first or part.first, part.newest or newest
    return Digests(findings, listed, first, newest, frozenset(hashes), ends)


def _read(file: File, holds: Holds) -> tuple[HourDigest | None, Sealed | None, list[Finding]]:
    key, content = file
    try:
        signed = read_signed(content)
    except ValueError as error:
        return None, None, [Finding(key, str(error))]
    digest = signed.read()
    if not holds(digest.to_sign(signed.payload), signed.signature, digest.public_key):
        return None, None, [Finding(key, ANOTHER_KEY)]
    return digest, signed.sealed(), []


def _again(key: str, before: Mapping[str, str]) -> list[Finding]:
    return [Finding(key, "is listed by two digests")] if key in before else []


def _named(one: Listed) -> list[Finding]:
    parts = read_key(one.key) or read_closed(one.key)
    if parts and parts.said == (one.table, one.chain, one.first, one.last, one.sha256):
        return []
    return [Finding(one.key, "its name is not what the digest says")]


def _in_place(key: str, said: str) -> list[Finding]:
    return [] if key == said else [Finding(key, f"was signed as {said}: it was moved or replayed")]


def _behind(key: str, start: datetime, before: Before | None, last: Sealed | None) -> list[Finding]:
    if last is None:
        return [Finding(key, f"follows {before.key}, which is not there")] if before else []
    missing = last.start + HOUR
    if start > missing:
        return [Finding(key, f"the digests from {digest_key(missing)} on are missing before it")]
    return [] if before == last.before else [Finding(key, "does not follow from the digest before it")]
