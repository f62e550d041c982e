"""Port (Protocol) of the operators' price levels, implemented in aws/ and faked in tests/fakes.py."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.alerts.price_level import ArmedLevel, PriceLevel
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.feeds.feed import FeedKey


@dataclass(frozen=True, slots=True)
class Owned:
    """All levels of an operator; `version` counts the changes."""

    version: int = 0
    levels: Sequence[PriceLevel] = ()


@dataclass(frozen=True, slots=True)
class FeedNow:
    """A feed that posts live: its contract, the newest close, and its armed levels by id."""

    contract: str
    close: float | None
    armed: Mapping[str, ArmedLevel]


class LevelBook(Protocol):
    """The operators' lists, each armed level's copy on its feed's mark, and the audit of their changes."""

    def owned(self, owner: str) -> Owned:
        """Return the levels of an operator, by audit id."""
        ...

    def feeds(self, keys: Iterable[FeedKey]) -> Mapping[FeedKey, FeedNow]:
        """Return how feeds stand; one that has not posted live within a week is left out."""
        ...

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the contract's chain of levels of the UTC day stands."""
        ...

    def change(
        self,
        owner: str,
        before: Owned,
        after: Sequence[PriceLevel],
        known: Iterable[FeedKey],
        record: Record,
        tail: Tail,
    ) -> None:
        """Write a list, the copies that differ, and the record of it, all or none; raises Contended.

        `known` are the feeds that have a mark; another gets its copies when it first posts.
        """
        ...
