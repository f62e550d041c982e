"""From a bulletin file's contracts to what the state table holds of each day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Protocol

from pregao.domain.market.bulletin import Bulletin, Fate, fate_of
from pregao.flow.persist import Pause, persist


class BulletinBook(Protocol):
    """One bulletin per contract and trade date."""

    def between(self, contract: str, first: date, last: date) -> list[Bulletin]:
        """Return the contract's bulletins of these trade dates, both included, oldest first."""
        ...

    def keep(self, bulletin: Bulletin, instead_of: Bulletin | None) -> None:
        """Store it where `instead_of` stands, or nothing; raises Contended where something else does."""
        ...


def keep_all(
    bulletins: Iterable[Bulletin], book: BulletinBook, now: float, pause: Pause
) -> list[tuple[Bulletin, Fate]]:
    """Store what is new or newer, received at `now`; the same file twice changes nothing."""
    received = [replace(one, received_at=now) for one in bulletins]
    return [(one, persist(partial(_keep, one, book), pause)) for one in received]


def _keep(bulletin: Bulletin, book: BulletinBook) -> Fate:
    stands = next(iter(book.between(bulletin.contract, bulletin.trade_date, bulletin.trade_date)), None)
    fate = fate_of(bulletin, stands)
    if fate in (Fate.STORED, Fate.REPLACED):
        book.keep(bulletin, stands)
    return fate
