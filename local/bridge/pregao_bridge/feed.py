"""Candles of a source posted in order, each new exactly once, none skipped in silence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from pregao_bridge.batch import Batch, Stream, Window, build_within
from pregao_bridge.outcome import Accepted, Outcome, Refused

if TYPE_CHECKING:
    from pathlib import Path

    from pregao_bridge.cursor import Cursor

HISTORY = 250
"""Candles before the new ones in every batch: the detectors' warm-up."""
BACKLOG = 100
"""New candles in one batch at most; a live market gives one at a time."""


class Posts(Protocol):
    """Posts a body and says what became of it."""

    def post(self, body: bytes) -> Outcome:
        """Return the outcome; never raises for what the network or the cloud does."""
        ...


class Source(Protocol):
    """Closed candles of one symbol."""

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        """Return up to `at_most` candles that opened after `after` and `history` before them.

        `after` in epoch seconds UTC; None lets the source decide where to begin. The new candles are of one
        exchange date. None when nothing new has closed, or fewer than `history` candles came before.
        """
        ...


OnRefused = Callable[[Batch, Refused], None]


class Feed:
    """Posts what is new in its source and moves its cursor only when the cloud has accepted."""

    def __init__(
        self,
        source: Source,
        stream: Stream,
        poster: Posts,
        cursor: Cursor,
        *,
        on_refused: OnRefused,
        historical: bool = False,
        at_most: int = BACKLOG,
        history: int = HISTORY,
    ) -> None:
        """`historical` marks every batch as a replay; `at_most` new candles go in one batch."""
        self._source, self._stream, self._poster, self._cursor = source, stream, poster, cursor
        self._on_refused, self._historical = on_refused, historical
        self._at_most, self._history = at_most, history

    def next_batch(self) -> Batch | None:
        """Return what is to be posted now, None when nothing is."""
        window = self._source.window(self._cursor.read(), self._history, self._at_most)
        return None if window is None else build_within(self._stream, window, historical=self._historical)

    def send(self, batch: Batch) -> Outcome:
        """Post a batch; advance when accepted, hand it to `on_refused` when refused."""
        outcome = self._poster.post(batch.body)
        if isinstance(outcome, Accepted):
            self._cursor.write(batch.newest)
        elif isinstance(outcome, Refused):
            self._on_refused(batch, outcome)
        return outcome

    def step(self) -> Outcome | None:
        """Post one batch; None when nothing is new."""
        batch = self.next_batch()
        return None if batch is None else self.send(batch)

    def pass_over(self, batch: Batch) -> None:
        """Go on after a refused batch: somebody's decision, never the feed's own."""
        self._cursor.write(batch.newest)


def keep_aside(directory: Path, batch: Batch, refused: Refused) -> Path:
    """Write a refused batch with its reasons to a file and return its path; the same batch has one file."""
    first = batch.window.columns.time[batch.window.new_from]
    path = directory / f"refused-{first}-{batch.newest}.json"
    kept = {"status": refused.status, "reasons": refused.reasons, "body": batch.body.decode()}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    return path
