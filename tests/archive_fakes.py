"""In-memory stand-ins for the ports of the archive, and a key that signs for real."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from local.audit.keys import PublicKeys, of_der
from pregao.domain.audit.archive_objects import Listed
from pregao.domain.audit.hourly_digest import Sealed, Signed
from pregao.flow.archive import Archive
from pregao.flow.ports.audit import Closed, Place
from pregao.flow.ports.refusals import Contended
from tests.fakes import FakeDayBook, Faults, Store


@dataclass
class FakeArchiveBook:
    """flow.ports.audit.ArchiveBook."""

    places: dict[tuple[str, str], Place] = field(default_factory=dict)
    waiting: dict[str, tuple[Listed, float]] = field(default_factory=dict)
    days: dict[str, str] = field(default_factory=dict)
    closings: dict[str, Closed] = field(default_factory=dict)
    last: Sealed | None = None
    faults: Faults = field(default_factory=Faults)

    def place(self, table: str, chain: str) -> Place:
        return self.places.get((table, chain), Place())

    def plan(self, table: str, chain: str, after: int, upto: int) -> None:
        self.faults.enter("plan")
        place = self.place(table, chain)
        if place.upto != after or place.planned not in (None, upto):
            raise Contended
        self.places[table, chain] = Place(after, upto)
        self.faults.leave("plan")

    def archived(self, listed: Listed, now: float) -> None:
        self.faults.enter("archived")
        place = self.place(listed.table, listed.chain)
        if place == Place(listed.first - 1, listed.last):
            self.places[listed.table, listed.chain] = Place(listed.last)
            self.waiting[listed.key] = (listed, now)
        elif place.upto < listed.last:
            raise Contended
        self.faults.leave("archived")

    def whole(self, table: str) -> str | None:
        return self.days.get(table)

    def made_whole(self, table: str, day: str) -> None:
        self.days[table] = day

    def closed(self, table: str) -> Closed | None:
        return self.closings.get(table)

    def compacted(self, listed: Listed, closed: Closed, now: float) -> None:
        self.faults.enter("compacted")
        before = self.closings.get(listed.table)
        if listed.first == 1:
            free = before is None or (before.upto == before.of and before.day < closed.day)
        else:
            free = before == Closed(closed.day, listed.first - 1, closed.of)
        if free:
            self.closings[listed.table] = closed
            self.waiting[listed.key] = (listed, now)
        elif before != closed:
            raise Contended
        self.faults.leave("compacted")

    def pending(self, before: float) -> Sequence[Listed]:
        return [listed for listed, at in self.waiting.values() if at < before]

    def sealed(self, first: datetime) -> Sealed:
        self.last = self.last or Sealed(first, None)
        return self.last

    def seal(self, signed: Signed, last: Sealed) -> None:
        self.faults.enter("seal")
        for one in signed.read().objects:
            self.waiting.pop(one.key, None)
        newest = signed.sealed()
        if self.last not in (last, newest):
            raise Contended
        self.faults.enter("seal_move")
        self.last = newest
        self.faults.leave("seal")


@dataclass
class FakeVault:
    """flow.ports.audit.Vault."""

    objects: dict[str, bytes] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)

    def put(self, key: str, body: bytes) -> bool:
        self.faults.enter("put")
        free = key not in self.objects
        self.objects.setdefault(key, body)
        self.faults.leave("put")
        return free

    def get(self, key: str) -> bytes:
        return self.objects[key]

    def get_all(self, keys: Sequence[str]) -> Iterator[bytes]:
        return map(self.get, keys)


@cache
def private_key() -> ec.EllipticCurvePrivateKey:
    """A key made for this run of the tests."""
    return ec.generate_private_key(ec.SECP256R1())


def der(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Its public half."""
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


class FakeSigner:
    """flow.ports.audit.Signer with a key of its own."""

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self.key = key or private_key()

    def sign(self, text: str) -> bytes:
        return self.key.sign(text.encode(), ec.ECDSA(SHA256()))

    def public_key(self) -> str:
        return self._fingerprint

    def known(self) -> PublicKeys:
        """What a verifier has of it."""
        return of_der(der(self.key))

    @cached_property
    def _fingerprint(self) -> str:
        return hashlib.sha256(der(self.key)).hexdigest()


def an_archive(store: Store, clock: object) -> Archive:
    """The story's dependencies over a store, fakes all of them."""
    return Archive(FakeDayBook(store), FakeArchiveBook(), FakeVault(), FakeSigner(), clock)
