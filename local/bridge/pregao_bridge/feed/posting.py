"""Windows posted in order, their answers settled: for the running feed, backfill, late candles, replay."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Protocol

from pregao_bridge.batch import Batch, Faulty, Stream, Window, build_within
from pregao_bridge.files import MemoryCursor
from pregao_bridge.market import BACKLOG, HISTORY
from pregao_bridge.outcome import Accepted, Outcome, Refused, Transient

if TYPE_CHECKING:
    from pathlib import Path

    from pregao_bridge.clocks import CallTimer, Clock, Skew
    from pregao_bridge.feed.set_aside import SiftedSource
    from pregao_bridge.files import Cursor
    from pregao_bridge.logs import Notices
    from pregao_bridge.market import Source
    from pregao_bridge.pace import Gate


@dataclass(frozen=True, slots=True)
class Shared:
    """What the feeds of one bridge share: the market's time, the cloud's gate, the clocks' difference.

    `timer` measures calls to the terminal; `draw` gives a number in [0, 1) for waits.
    """

    clock: Clock
    gate: Gate
    skew: Skew
    timer: CallTimer
    draw: Callable[[], float]


class Posts(Protocol):
    """Posts a body and says what became of it."""

    def post(self, body: bytes) -> Outcome:
        """Return the outcome; never raises for what the network or the cloud does."""
        ...


Begin = Callable[[bytes], "Future[Outcome]"]
"""Begins to post a body; the future has the outcome, an exception never."""


def at_once(poster: Posts) -> Begin:
    """Return what posts a body while it is begun."""

    def begin(body: bytes) -> Future[Outcome]:
        done: Future[Outcome] = Future()
        done.set_result(poster.post(body))
        return done

    return begin


class Answer(Enum):
    """What an answer means for the candles of a batch."""

    ACCEPTED = auto()
    """Judged; the place has moved behind them."""
    FAULTY = auto()
    """The cloud named faulty candles, and they are set aside: the rest is to be posted again at once."""
    AWAY = auto()
    """Not answered: retry the same batch."""
    SIGNATURE = auto()
    """Signature refused: retry after the key or clock is corrected."""
    REFUSED = auto()
    """Refused as a whole: waits for a person (`backfill --skip-refused`)."""


@dataclass(frozen=True, slots=True)
class PostResult:
    """A batch, what became of it, and what that means."""

    batch: Batch
    outcome: Outcome
    answer: Answer

    @property
    def reason(self) -> str:
        """Return why the batch was not accepted, in the words of the cloud or of the network."""
        if isinstance(self.outcome, Transient):
            return self.outcome.cause
        return self.outcome.reasons[0] if isinstance(self.outcome, Refused) else ""

    @property
    def status(self) -> int:
        """Return the HTTP status of a refusal, 0 for anything else."""
        return self.outcome.status if isinstance(self.outcome, Refused) else 0

    @property
    def post(self) -> str:
        """Return what this log and the cloud's call the post that it went in."""
        return self.outcome.post or self.batch.id

    @property
    def alone(self) -> bool:
        """Whether the cloud took other feeds of the same post."""
        return isinstance(self.outcome, Transient) and self.outcome.alone

    @property
    def retry_after(self) -> float:
        """Return the seconds that the cloud asks to wait; 0 where it names none."""
        return (self.outcome.retry_after or 0.0) if isinstance(self.outcome, Transient) else 0.0


class Until:
    """A source that ends: candles that open at `end` or later are not asked for."""

    def __init__(self, source: Source, end: int) -> None:
        self._source, self._end = source, end

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        """Return the source's window without the candles beyond the end."""
        window = self._source.window(after, history, at_most)
        before = 0 if window is None else window.closed_before(self._end - 1, 0)
        return window.keep_new(before) if window is not None and before else None


SetsAside = Callable[[Sequence[Faulty]], None]
"""Keeps faulty candles on disk, so that the source's next window has none of them."""


class PostingLoop:
    """Posts what is new in a source and moves its place only when the cloud has accepted."""

    def __init__(
        self,
        source: Source,
        stream: Stream,
        poster: Posts,
        cursor: Cursor,
        *,
        set_aside: SetsAside | None = None,
        historical: bool = False,
        keep_only: bool = False,
        at_most: int = BACKLOG,
        history: int = HISTORY,
    ) -> None:
        """`historical` marks every batch as a replay; `at_most` new candles go in one batch.

        `keep_only` batches are kept by the cloud and not judged.

        Without `set_aside` candles that the cloud names are refused like anything else.
        """
        self._source, self._stream, self._poster, self._cursor = source, stream, poster, cursor
        self._set_aside, self._historical, self._keep_only = set_aside, historical, keep_only
        self._at_most, self._history = at_most, history

    def next_batch(self) -> Batch | None:
        """Return what is to be posted now, None when nothing is. Raises MarketFault as the source does."""
        window = self._source.window(self._cursor.read(), self._history, self._at_most)
        return None if window is None else self.batch_of(window)

    def post(self, window: Window, *, historical: bool = False) -> PostResult:
        """Post the largest batch of a window that the cloud takes; see `send`."""
        return self.send(self.batch_of(window, historical=historical))

    def send(self, batch: Batch) -> PostResult:
        """Post a batch and settle the answer."""
        return self.settle(batch, self._poster.post(batch.body))

    def settle(self, batch: Batch, outcome: Outcome) -> PostResult:
        """Settle what became of a batch; the place moves when it was accepted."""
        settled = PostResult(batch, outcome, self._answer(batch.window, outcome))
        if settled.answer is Answer.ACCEPTED:
            self._cursor.write(batch.newest)
        return settled

    def step(self) -> PostResult | None:
        """Post one batch; None when nothing is new."""
        batch = self.next_batch()
        return None if batch is None else self.send(batch)

    def pass_over(self, newest: int) -> None:
        """Go on after candles up to `newest` without their acceptance: set aside, or somebody's decision."""
        self._cursor.write(newest)

    def batch_of(self, window: Window, *, historical: bool = False) -> Batch:
        """Return the largest batch of a window that the cloud takes."""
        historical = self._historical or historical
        return build_within(self._stream, window, historical=historical, keep_only=self._keep_only)

    def _answer(self, window: Window, outcome: Outcome) -> Answer:
        if isinstance(outcome, Accepted):
            return Answer.ACCEPTED
        if isinstance(outcome, Transient):
            return Answer.AWAY
        if outcome.by_signature:
            return Answer.SIGNATURE
        faulty = refused_candles(window, outcome)
        if not faulty or self._set_aside is None:
            return Answer.REFUSED
        self._set_aside(faulty)
        return Answer.FAULTY


@dataclass(frozen=True, slots=True)
class HistoryParts:
    """What posts a feed's history beside its new candles; `path` is the JSON file of what is left to do.

    `source` must be a separate one: reading old candles would throw away the running feed's cache.
    """

    path: Path
    source: SiftedSource
    stream: Stream
    poster: Posts
    shared: Shared
    notices: Notices

    def loop_from(self, after: int) -> PostingLoop:
        """Return a loop over `source` that posts late candles after `after` (epoch seconds) as a replay."""
        return self._loop(self.source, after)

    def loop_between(self, after: int, until: int) -> PostingLoop:
        """Return a loop over the candles after `after` and before `until`, to be kept and not judged."""
        return self._loop(Until(self.source, until), after, keep_only=True, history=0)

    def _loop(
        self, source: Source, after: int, *, keep_only: bool = False, history: int = HISTORY
    ) -> PostingLoop:
        return PostingLoop(
            source,
            self.stream,
            self.poster,
            MemoryCursor(after),
            set_aside=self.source.set_aside,
            historical=True,
            keep_only=keep_only,
            history=history,
        )


def refused_candles(window: Window, refused: Refused) -> list[Faulty]:
    """Return the window's candles that the cloud's refusal names, by their times.

    Empty when it names none of them, or most: then the fault is not a candle's.
    """
    rows = window.columns.rows()
    at = {row[0]: row for row in rows}
    found: dict[int, Faulty] = {}
    for one in refused.candles:
        row = at.get(one.time) if one.time is not None else None
        if row is None and one.time is None and 0 <= one.index < len(rows):
            row = rows[one.index]
        if row is not None:
            found[int(row[0])] = Faulty(int(row[0]), one.reason, row)
    return list(found.values()) if len(found) <= len(rows) / 2 else []


def keep_refused(directory: Path, batch: Batch, refused: Refused) -> Path:
    """Write a refused batch with its reasons to a file and return its path; the same batch has one file."""
    first = batch.window.columns.time[batch.window.new_from]
    path = directory / f"refused-{first}-{batch.newest}.json"
    kept = {"status": refused.status, "reasons": refused.reasons, "body": batch.body.decode()}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    return path
