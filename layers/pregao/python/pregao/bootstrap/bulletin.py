"""Everything that takes in B3's daily bulletin."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.dropped import TooLarge, fetch
from pregao.aws.tables.bulletin_book import BulletinBook
from pregao.bootstrap.common import config, pause
from pregao.bootstrap.metrics import Tally
from pregao.config.reader import Config
from pregao.domain.market.bulletin import Bulletin, Fate, problem_of
from pregao.domain.market.instrument import Instrument
from pregao.flow.bulletin import keep_all
from pregao.settings import Settings
from pregao.wire.bulletin.fields import BulletinRefused
from pregao.wire.bulletin.file import LARGEST_ZIP, read_bulletin

tally = Tally("bulletin")

LARGEST_FILE = LARGEST_ZIP


@dataclass(frozen=True, slots=True)
class Bulletins:
    """Reads a file out of the bucket and stores what it says, all of it or nothing of one that is refused."""

    config: Config
    book: BulletinBook
    s3: Any

    def __call__(self, bucket: str, key: str) -> list[tuple[Bulletin, Fate]]:
        """Take one file in; raises BulletinRefused, and whatever makes the caller try again."""
        now = clock.now()
        with tempfile.TemporaryFile() as file:
            try:
                fetch(self.s3, bucket, key, file, LARGEST_FILE)
            except TooLarge as large:
                raise BulletinRefused(key, 1, str(large)) from large
            found = read_checked(file, key, self.config, now)
        return keep_all(found, self.book, now, pause)


def read_checked(file: BinaryIO, name: str, loaded: Config, now: float) -> list[Bulletin]:
    """Return what a file says of the configured contracts, none of it impossible; raises BulletinRefused.

    `now` is in epoch seconds: no bulletin tells of a day to come.
    """
    traded = [loaded.instrument_for(one) for one in loaded.instruments]
    dated = [one for one in traded if one.contracts]
    found = read_bulletin(file, name, lambda code: _owner(code, dated) is not None)
    for bulletin in found:
        owner = _owner(bulletin.contract, dated)
        assert owner is not None  # noqa: S101 what nobody owns was not wanted
        problem = problem_of(bulletin, owner.sessions.days, owner.local_date(int(now)))
        if problem:
            raise BulletinRefused(name, 1, f"{bulletin.contract}: {problem}")
    return found


def _owner(code: str, instruments: Sequence[Instrument]) -> Instrument | None:
    return next((one for one in instruments if one.owns_contract(code)), None)


@cache
def bulletins() -> Bulletins:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table")
    book = BulletinBook(client("dynamodb"), settings.admission_table)
    return Bulletins(config(settings), book, client("s3"))
