"""The values that the reader's steps hand to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import HistoryError

if TYPE_CHECKING:
    from pregao.domain.market.candles import Candles, Ints
    from pregao.domain.market.sessions import Sessions


class DateOrder(StrEnum):
    """The order of year, month and day in a date."""

    YMD = "ymd"
    DMY = "dmy"
    MDY = "mdy"


class Stamps(StrEnum):
    """Which end of a candle its time names."""

    OPEN = "open"
    CLOSE = "close"


class Decimal(StrEnum):
    """The mark between whole and fraction; the other one groups thousands."""

    POINT = "point"
    COMMA = "comma"


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person said about a file; None leaves the question to the evidence.

    `clock` is "utc", "server" (the instrument's own zone), an IANA name, or one with hours added
    ("America/New_York+7", as many brokers' servers run).
    """

    dates: DateOrder | None = None
    clock: str | None = None
    stamps: Stamps | None = None
    decimal: Decimal | None = None
    sheet: str | None = None


BY_EVIDENCE = Choices()
"""Nobody said anything."""


@dataclass(frozen=True, slots=True)
class Market:
    """What is known of the instrument: its zone; where known its sessions and tick (price points)."""

    timezone: str
    sessions: Sessions | None = None
    tick: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A program's way to write candles.

    `clock`: "server" (wall clock), "utc", or None where the format does not tell. `sure`: nothing but that
    program writes so. `stamps` and `dates`: None where the format does not tell.
    """

    name: str
    clock: str | None = "server"
    sure: bool = False
    stamps: Stamps | None = Stamps.OPEN
    dates: DateOrder | None = None
    whole_volumes: bool = False


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a text, or the rows of a sheet joined by `separator`; none of them blank.

    `numbers`: where each stands in the file, from 1. `ended`: the last line has its line end.
    `typed`: cells are a workbook's own numbers and dates, written with a decimal point and year first.
    """

    path: Path
    texts: Sequence[str]
    numbers: Sequence[int]
    encoding: str
    ended: bool = True
    separator: str | None = None
    sheet: str = ""
    notes: tuple[str, ...] = ()

    def refuse(self, row: int, message: str) -> HistoryError:
        """Return the error that names a line of the file."""
        return HistoryError(self.path, self.numbers[row] if self.numbers else 1, message)


@dataclass(frozen=True, slots=True)
class Layout:
    """How lines become columns: `roles` maps a role to the columns that have it, in the file's order.

    `first`: the first line with a candle; `names`: the header's own words, () without a header;
    `utc_offset_s`: what the header says of the clock, None where it says nothing.
    """

    separator: str
    width: int
    first: int
    names: tuple[str, ...]
    roles: Mapping[str, tuple[int, ...]]
    kind: Kind
    portuguese: bool = False
    utc_offset_s: int | None = None

    def name_of(self, column: int) -> str:
        """Return the header's word for a column, or its number from 1."""
        return self.names[column] if column < len(self.names) else f"column {column + 1}"


@dataclass(frozen=True, slots=True)
class Stamped:
    """The stamps of one date order, in the file's order, in seconds since 1970 as they are written.

    `offset_s`: seconds east of UTC, where each stamp says so itself. `epoch`: the file counts seconds.
    """

    order: DateOrder
    seconds: Ints
    offset_s: Ints | None = None
    epoch: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as understood: its candles (UTC, oldest first) and how it was read, in words."""

    path: Path
    candles: Candles
    timeframe_s: int
    market: Market
    format: str
    encoding: str
    separator: str
    decimal: str
    dates: str
    clock: str
    stamps: str
    volumes: str
    duplicates: int = 0
    sheet: str = ""
    newest_first: bool = False
    doubts: tuple[str, ...] = field(default=())
