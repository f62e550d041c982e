"""Ports (Protocols) of the use cases that end the audit's days: closing days, archiving, sealing hours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.audit.archive_objects import Listed
    from pregao.domain.audit.chain import Record
    from pregao.domain.audit.hourly_digest import Sealed, Signed


@dataclass(frozen=True, slots=True)
class EndedDay:
    """The last day of a table that has its day record, and that record's hash."""

    day: str
    hash: str


class DayBook(Protocol):
    """The chains of the audit tables, day by day.

    Tables go by logical name (alertas_audit, ...), not by the deployed table's name.
    """

    def ended(self) -> Mapping[str, EndedDay]:
        """Return the last ended day per table; a table that has none is left out."""
        ...

    def close_for_writes(self, table: str, day: str) -> None:
        """Let no new chain begin on that day any more; doing it twice changes nothing."""
        ...

    def chains(self, table: str, day: str) -> list[str]:
        """Return the names of the chains that have begun on a day."""
        ...

    def newest(self, table: str, chain: str) -> int:
        """Return the number of a chain's newest record, 0 where there is none."""
        ...

    def records(self, table: str, chain: str, first: int = 1, last: int | None = None) -> list[Record]:
        """Return a chain's records in order, those numbered `first` to `last` where given."""
        ...

    def close_chain(self, table: str, record: Record) -> None:
        """Put the record that ends a chain; raises Contended when somebody appended first."""
        ...

    def end_day(self, table: str, record: Record) -> None:
        """Put a day's record and remember the day as ended; raises Contended when somebody did before."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """How far a chain is in the archive, and where the stretch ends that is being put (None: none is)."""

    upto: int = 0
    planned: int | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """The newest closed day of a table that is being compacted: `upto` of its `of` records are."""

    day: str
    upto: int
    of: int


class ArchiveBook(Protocol):
    """How far the archive has come."""

    def place(self, table: str, chain: str) -> Place:
        """Return how far a chain is."""
        ...

    def plan(self, table: str, chain: str, after: int, upto: int) -> None:
        """Write down that the records behind `after` up to `upto` are one stretch.

        Raises Contended where somebody else planned another.
        """
        ...

    def archived(self, listed: Listed, now: float) -> None:
        """Note that a planned stretch lies in the vault and waits for a digest; noted twice is once."""
        ...

    def whole(self, table: str) -> str | None:
        """Return the last day of a table that, like all before it, is in the archive whole."""
        ...

    def made_whole(self, table: str, day: str) -> None:
        """Note that a day is in the archive whole, as are all before it."""
        ...

    def closed(self, table: str) -> Closed | None:
        """Return how far a table's closed days are compacted, None before the first of them is."""
        ...

    def compacted(self, listed: Listed, closed: Closed, now: float) -> None:
        """Note that an object of a closed day lies in the vault, waits for a digest, and how far the day is.

        Noted twice is once. Raises Contended where another day or place is next.
        """
        ...

    def pending(self, before: float) -> Sequence[Listed]:
        """Return the objects archived before that time (epoch seconds) that no digest lists."""
        ...

    def sealed(self, first: datetime) -> Sealed:
        """Return the newest digest.

        If there is none, store `first` as the hour after which digests begin; it is never changed.
        """
        ...

    def seal(self, signed: Signed, last: Sealed) -> None:
        """Note a digest behind `last` and that its objects are listed; noted twice is once."""
        ...


class ArchiveGauges(Protocol):
    """Where a run leaves how far the archive is."""

    def archived(self, records: int) -> None:
        """Hear how many records went into the archive."""
        ...

    def behind(self, seconds: float) -> None:
        """Hear how old the oldest record is that is not in the archive, 0 where all are."""
        ...


class NullArchiveGauges:
    """Gauges that nobody reads."""

    def archived(self, records: int) -> None:
        """Do nothing."""

    def behind(self, seconds: float) -> None:
        """Do nothing."""


class Vault(Protocol):
    """A bucket whose objects are written once."""

    def put(self, key: str, body: bytes) -> bool:
        """Write an object; False where there is one of that name, which stays as it is."""
        ...

    def get(self, key: str) -> bytes:
        """Read an object; raises KeyError."""
        ...

    def get_all(self, keys: Sequence[str]) -> Iterator[bytes]:
        """Read objects, in the order of their keys; raises KeyError."""
        ...


class Signer(Protocol):
    """An asymmetric key that signs and never leaves its place."""

    def sign(self, text: str) -> bytes:
        """Return the ECDSA signature (DER) over the SHA-256 of a text of at most 4,096 bytes."""
        ...

    def public_key(self) -> str:
        """Return the SHA-256 (hex) of the public key's DER form."""
        ...
