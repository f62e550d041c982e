"""CandleBatch v1: a window of closed candles as the JSON body of POST /candles, and several in one post."""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MAX_BODY_BYTES = 256 * 1024
"""What the cloud accepts; a larger body is refused with 413."""
MAX_POST_BYTES = 5 * 1024 * 1024
"""Of several feeds in one post, unpacked."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of equal length, oldest first: time (candle open) in epoch seconds UTC."""

    time: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    tick_volume: list[int]
    real_volume: list[int]
    spread: list[int]

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, rows: slice) -> Columns:
        """Return the candles of a slice."""
        return Columns(*(getattr(self, field.name)[rows] for field in fields(self)))

    def rows(self) -> list[Row]:
        """Return one tuple per candle, in the order of the columns."""
        return list(zip(*(getattr(self, field.name) for field in fields(self)), strict=True))


Row = tuple[float, ...]
"""One candle: the values of `Columns` in its order, the time first."""


def columns_of(rows: Sequence[Row]) -> Columns:
    """Return the columns of rows, the reverse of `Columns.rows`."""
    named: Iterable[tuple[Any, ...]] = zip(*rows, strict=True) if rows else [()] * len(fields(Columns))
    return Columns(*map(list, named))


@dataclass(frozen=True, slots=True)
class Faulty:
    """A candle that is not posted: its open in epoch seconds UTC, why, and its values as they came."""

    time: int
    reason: str
    row: Row = ()


def once_each(rows: Sequence[Row]) -> tuple[list[Row], list[Faulty]]:
    """Return the rows in order of time, each time once, and those of a time with another, later row.

    Of two candles of one time the later row stands; an exact repetition is not told.
    """
    status: dict[float, Row] = {}
    doubled: list[Faulty] = []
    for row in rows:
        before = status.get(row[0])
        if before is not None and before != row:
            doubled.append(Faulty(int(row[0]), "two candles of one time; the later one stands", before))
        status[row[0]] = row
    return [status[time] for time in sorted(status)], doubled


@dataclass(frozen=True, slots=True)
class Gap:
    """Times strictly between two opens, epoch seconds UTC, whose candles may still come from the terminal."""

    after: int
    before: int


@dataclass(frozen=True, slots=True)
class Stream:
    """Who posts what: the bridge's id, the symbol as the terminal names it, the timeframe ("M5")."""

    bridge_id: str
    symbol: str
    timeframe: str


@dataclass(frozen=True, slots=True)
class Window:
    """History and, from index `new_from` on, new candles of one exchange date and one contract.

    `utc_offset_s` is the exchange's offset in seconds east of UTC on that date. Without a contract the cloud
    takes the front one of its calendar. `aside` are candles that the source left out; `gaps` are the times
    that it passed over although their candles may still come.
    """

    columns: Columns
    new_from: int
    contract: str | None
    utc_offset_s: int
    aside: tuple[Faulty, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def newest(self) -> int:
        """Return the newest candle's open, epoch seconds UTC."""
        return self.columns.time[-1]

    def keep_new(self, count: int) -> Window:
        """Return the same window with at most `count` new candles, the oldest of them."""
        return replace(self, columns=self.columns[slice(0, self.new_from + count)])

    def keep_history(self, count: int) -> Window:
        """Return the same window with the last `count` candles before the new ones."""
        return replace(self, columns=self.columns[slice(self.new_from - count, None)], new_from=count)

    def after(self, place: int | None) -> Window:
        """Return the window with its new candles up to `place` made history, of unchanged length."""
        passed = 0 if place is None else self.closed_before(place, 0)
        return replace(self, columns=self.columns[slice(passed, None)])

    def closed_before(self, moment: float, seconds: int) -> int:
        """Return how many new candles of `seconds` length had closed by a moment."""
        return bisect_right(self.columns.time, moment - seconds, self.new_from) - self.new_from

    @property
    def new(self) -> int:
        """How many candles are new."""
        return len(self.columns) - self.new_from


@dataclass(frozen=True, slots=True)
class Batch:
    """A window and its body, ready to post."""

    window: Window
    body: bytes

    @property
    def newest(self) -> int:
        """Open of the newest candle, epoch seconds UTC."""
        return self.window.newest

    @property
    def id(self) -> str:
        """What this log and the cloud's call its post."""
        return post_id(self.body)


def post_id(body: bytes) -> str:
    """Return a post's id, 16 hexadecimal digits of its SHA-256: tried again, the same bytes have the same."""
    return hashlib.sha256(body).hexdigest()[:16]


def post_of(bodies: Sequence[bytes]) -> bytes:
    """Return the batches of several feeds as one post: CandlePost v1."""
    return b'{"version":1,"feeds":[' + b",".join(bodies) + b"]}"


def build(stream: Stream, window: Window, *, historical: bool, keep_only: bool = False) -> Batch:
    """Return the batch with its compact JSON; whole numbers stay whole.

    A `keep_only` one is kept and not judged.

    A NaN is written as it is: the cloud refuses the batch and says which candle.
    """
    body = {
        "version": 1,
        "bridge_id": stream.bridge_id,
        "symbol": stream.symbol,
        "contract": window.contract,
        "timeframe": stream.timeframe,
        "utc_offset_s": window.utc_offset_s,
        "new_from": window.new_from,
        "historical": historical,
        "candles": {field.name: getattr(window.columns, field.name) for field in fields(window.columns)},
    }
    if keep_only:
        body["keep_only"] = True
    return Batch(window, json.dumps(body, separators=(",", ":")).encode())


def build_within(stream: Stream, window: Window, *, historical: bool, keep_only: bool = False) -> Batch:
    """Return the largest batch, halving the new candles, whose body the cloud accepts; at least one new."""
    batch = build(stream, window, historical=historical, keep_only=keep_only)
    while len(batch.body) > MAX_BODY_BYTES and window.new > 1:
        window = window.keep_new(window.new // 2)
        batch = build(stream, window, historical=historical, keep_only=keep_only)
    return batch
