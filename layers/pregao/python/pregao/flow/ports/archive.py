"""Ports of who asks the audit: records as tables, proofs, the chain of who looked, the last verification."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pregao.domain.audit.archive_days import Days
    from pregao.domain.audit.chain import Record, Tail

TimeLeft = Callable[[], float]
"""Gives the seconds that are left."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns of a result and its rows, read as they are asked for."""

    columns: Sequence[str]
    rows: Iterator[tuple[Any, ...]]


class Tables(Protocol):
    """The three audit tables of some days, asked in SQL; every method raises ArchiveError."""

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        """Answer one SELECT that reads nothing but these tables."""
        ...

    def run(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        """Run SQL of this project."""
        ...

    def narrow(self, operator: str) -> None:
        """Leave what concerns an operator, by pseudonym."""
        ...

    def only(self, name: str) -> None:
        """Leave what is of an instrument or a contract."""
        ...

    def instruments(self, name: str = "") -> Collection[str]:
        """Return the instruments in the records, those with that name or contract where one is given."""
        ...

    def operators(self) -> Collection[str]:
        """Return the pseudonyms in the records."""
        ...

    def alerts(self, start: str) -> Mapping[str, str]:
        """Return the alerts whose id begins so, each with what tells it from others."""
        ...

    def records(self, table: str) -> int:
        """Return how many records of a table there are, without the chains' bookkeeping."""
        ...


@dataclass(frozen=True, slots=True)
class Opened:
    """The tables of some days, and the days (as in the records) of which there is anything."""

    tables: Tables
    days: Collection[str]


class RecordSource(Protocol):
    """Where the records of some days come from."""

    def open(self, days: Days, today: str, time: TimeLeft) -> AbstractContextManager[Opened]:
        """Open the records of those days that are not after today (UTC, ``2026-11-25``).

        Raises OutOfTime where too little is left to read them.
        """
        ...


class Proofs(Protocol):
    """Proofs of what the archive holds."""

    def of(self, alert: str, days: Days, today: str, time: TimeLeft) -> Mapping[str, Any]:
        """Return the proof of the alert of those days whose id begins so.

        Raises ArchiveError where there is none, more than one, or nothing signed yet, and OutOfTime.
        """
        ...


class LookBook(Protocol):
    """The chain of who looked at the audit."""

    def tail(self, now: float) -> Tail:
        """Read where the chain stands at a time (epoch seconds)."""
        ...

    def keep(self, records: Sequence[Record], tail: Tail) -> None:
        """Write linked records behind `tail`; raises Contended when somebody appended first."""
        ...


@dataclass(frozen=True, slots=True)
class Verification:
    """The sentence of a verification, in both languages; `at` is ISO 8601 UTC, `by` who ran it."""

    pt: str
    en: str
    at: str
    by: str


class VerificationBook(Protocol):
    """What the last verification of the stack said."""

    def last(self) -> Verification | None:
        """Return it, None where none was noted."""
        ...
