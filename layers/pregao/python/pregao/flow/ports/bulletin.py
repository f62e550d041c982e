"""Ports of B3's daily bulletins: implemented in aws/ and faked in tests/fakes.py."""

from __future__ import annotations

from datetime import date
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.market.bulletin import Bulletin


class TooLarge(Exception):
    """A file beyond what is taken; the message says how large."""


class Dropped(Protocol):
    """Files that people drop into a bucket."""

    def fetch(self, bucket: str, key: str, target: IO[bytes], most: int) -> None:
        """Copy one into a file and wind it back; raises TooLarge where it has more than `most` bytes."""
        ...


class BulletinBook(Protocol):
    """One bulletin per contract and trade date."""

    def between(self, contract: str, first: date, last: date) -> list[Bulletin]:
        """Return the contract's bulletins of these trade dates, both included, oldest first."""
        ...

    def keep(self, bulletin: Bulletin, instead_of: Bulletin | None) -> None:
        """Store it where `instead_of` stands, or nothing; raises Contended where something else does."""
        ...
