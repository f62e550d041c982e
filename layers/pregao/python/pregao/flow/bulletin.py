"""A file of B3's daily bulletin into what the state table holds of each contract and day."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

from pregao.domain.market.bulletin import Bulletin, Fate, fate_of, problem_of
from pregao.flow.ports.bulletin import BulletinBook, Dropped, TooLarge
from pregao.flow.steps.audit.append import Pause, retry_contended
from pregao.wire.bulletin.fields import BulletinRefused
from pregao.wire.bulletin.file import LARGEST_ZIP, read_bulletin

if TYPE_CHECKING:
    from pregao.config.loaded import Config
    from pregao.domain.market.instrument import Instrument

LARGEST_FILE = LARGEST_ZIP


@dataclass(frozen=True, slots=True)
class Bulletins:
    """Dependencies of `take_in`; `clock` gives epoch seconds."""

    config: Config
    dropped: Dropped
    book: BulletinBook
    pause: Pause
    clock: Callable[[], float]


def take_in(bucket: str, key: str, deps: Bulletins) -> list[tuple[Bulletin, Fate]]:
    """Store what a dropped file says, all of it, or nothing of one that is refused.

    Raises BulletinRefused, and whatever makes the caller try again.
    """
    now = deps.clock()
    with tempfile.TemporaryFile() as file:
        try:
            deps.dropped.fetch(bucket, key, file, LARGEST_FILE)
        except TooLarge as large:
            raise BulletinRefused(key, 1, str(large)) from large
        found = read_checked(file, key, deps.config, now)
    return keep_all(found, deps.book, now, deps.pause)


def read_checked(file: BinaryIO, name: str, loaded: Config, now: float) -> list[Bulletin]:
    """Return what a file says of the configured contracts, none of it impossible; raises BulletinRefused.

    `now` is in epoch seconds: no bulletin tells of a day to come.
    """
    traded = [loaded.instrument_for(one) for one in loaded.instruments]
    dated = [one for one in traded if one.contracts]
    found = read_bulletin(file, name, lambda code: _owner(code, dated) is not None)
    for bulletin in found:
        owner = _owner(bulletin.contract, dated)
        assert owner is not None  # noqa: S101 `read_bulletin` skipped codes that no instrument owns
        problem = problem_of(bulletin, owner.sessions.days, owner.local_date(int(now)))
        if problem:
            raise BulletinRefused(name, 1, f"{bulletin.contract}: {problem}")
    return found


def _owner(code: str, instruments: Sequence[Instrument]) -> Instrument | None:
    return next((one for one in instruments if one.owns_contract(code)), None)


def keep_all(
    bulletins: Iterable[Bulletin], book: BulletinBook, now: float, pause: Pause
) -> list[tuple[Bulletin, Fate]]:
    """Store what is new or newer, received at `now`; the same file twice changes nothing."""
    received = [replace(one, received_at=now) for one in bulletins]
    return [(one, retry_contended(partial(_keep, one, book), pause)) for one in received]


def _keep(bulletin: Bulletin, book: BulletinBook) -> Fate:
    stands = next(iter(book.between(bulletin.contract, bulletin.trade_date, bulletin.trade_date)), None)
    fate = fate_of(bulletin, stands)
    if fate in (Fate.STORED, Fate.REPLACED):
        book.keep(bulletin, stands)
    return fate
