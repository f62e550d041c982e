"""Ports (Protocols) of the store of calibrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.calibration.ledger import SessionLedger
    from pregao.domain.calibration.live import Calibration
    from pregao.domain.delivery.attention import SessionScores
    from pregao.domain.feeds.feed import FeedKey
    from pregao.wire.calibration_v1 import Grid


@dataclass(frozen=True, slots=True)
class KeptScores:
    """The scores of a feed's last sessions."""

    instrument: str
    timeframe: str
    sessions: Sequence[SessionScores]


class CalibrationReader(Protocol):
    """Calibrations by instrument, timeframe and session."""

    def newest(self, grid: Grid, first: date, last: date) -> Calibration | None:
        """Return the newest of the sessions from `first` to `last`, None where there is none.

        Raises ValueError where it cannot be read, or was made on another grid.
        """
        ...


class ScoresReader(Protocol):
    """What alerts of the last sessions scored."""

    def between(self, first: date, last: date) -> list[KeptScores]:
        """Return of every feed the scores as of the newest of the sessions from `first` to `last`.

        Raises ValueError where some cannot be read.
        """
        ...


class CalibrationBook(CalibrationReader, Protocol):
    """The same, to be written."""

    def keep(self, grid: Grid, known: Calibration, now: float) -> bool:
        """Keep the calibration of a session; False where one of it is kept already, which stands."""
        ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the newest record of an alert's outcome says, and its hash."""

    outcome: Mapping[str, Any]
    hash: str


class OutcomeBook(Protocol):
    """What became of the alerts of a session, and the audit of that."""

    def recorded(self, feed: FeedKey, session: date) -> dict[str, Recorded]:
        """Return what is on record of a session's alerts, by alert."""
        ...

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the contract's outcome chain of the UTC day of `now` stands."""
        ...

    def record(
        self,
        feed: FeedKey,
        session: date,
        records: Sequence[Record],
        before: Mapping[str, Recorded],
        tail: Tail,
        now: float,
    ) -> None:
        """Write linked records of at most AT_ONCE alerts, all or none.

        Raises Contended where the chain moved, or another outcome than `before` says is on record.
        """
        ...


class LedgerReader(Protocol):
    """The ledgers of sessions, kept as long as calibrations."""

    def between(self, first: date, last: date) -> list[SessionLedger]:
        """Return all feeds' ledgers of the sessions from `first` to `last`, by session; raises ValueError."""
        ...


class LedgerBook(LedgerReader, Protocol):
    """The same, to be written."""

    def keep(self, kept: SessionLedger, now: float) -> None:
        """Keep a session's ledger in place of an earlier one."""
        ...

    def there(self, feed: FeedKey, session: date) -> bool:
        """Tell whether a session has one."""
        ...
