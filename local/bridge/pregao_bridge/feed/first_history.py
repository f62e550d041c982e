"""What the terminal has from before a feed's first start: posted once, to be kept and not judged.

The cloud calibrates its sessions, so that outlooks and chances are known within the first hour. The running
feeds come first: one batch goes out where nothing else of its feed is due and no other feed's history is on
its way.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from pregao_bridge.feed.posting import Answer, HistoryParts, PostingLoop, PostResult, at_once
from pregao_bridge.files import CursorError, write_whole
from pregao_bridge.market import MarketFault
from pregao_bridge.pace import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from pregao_bridge.batch import Batch
    from pregao_bridge.feed.posting import Begin
    from pregao_bridge.outcome import Outcome

BACK_S = 200 * 86_400
"""As far back as the cloud calibrates: about 130 sessions."""
WAIT_S = (5.0, 900.0)
"""Shortest and longest wait after a batch that did not go."""
BUSY_S = 0.5
"""Until a look whether the other feed's history has arrived."""
NEVER = float("inf")


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left: candles that open after `after`, to `until` (None: not known yet); epoch seconds UTC.

    `count` have been posted.
    """

    after: int
    until: int | None = None
    done: bool = False
    count: int = 0


class FirstHistory:
    """One feed's first history, its place in a JSON file; `at` is when to come again (the market's time)."""

    def __init__(
        self,
        parts: HistoryParts,
        *,
        first_start: bool,
        begin: Begin | None = None,
        free: Callable[[], bool] = lambda: True,
    ) -> None:
        """`first_start`: the feed has never posted. `begin` posts, when it is `free`. Raises CursorError."""
        self._begin, self._free = begin or at_once(parts.poster), free
        self._on_its_way: tuple[PostingLoop, Batch, Future[Outcome]] | None = None
        self._parts, self._notices = parts, parts.notices
        self._timer, self._clock = parts.shared.timer, parts.shared.clock
        self._waits = Backoff(parts.shared.draw)
        self._left = self._read()
        if self._left is None and first_start:
            self._write(_Left(int(self._clock.now() - BACK_S)))
        self.at = NEVER if self._left is None or self._left.done else 0.0

    @property
    def under_way(self) -> bool:
        """Whether a batch is posted and not settled."""
        return self._on_its_way is not None

    @property
    def answered(self) -> bool:
        """Whether the batch under way can be settled."""
        return self._on_its_way is not None and self._on_its_way[2].done()

    def ends_at(self, accepted: int | None) -> None:
        """End before the first candle that the feed has posted, where it is not known yet."""
        if self._left is not None and self._left.until is None and accepted is not None:
            self._write(replace(self._left, until=accepted))

    def turn(self, now: float) -> None:
        """Post one batch, when it is time to."""
        left = self._left
        if left is None or now < self.at or left.until is None:
            return
        if not self._free():
            self.at = now + BUSY_S * self._clock.speed
            return
        try:
            self._post(left)
        except MarketFault:
            self._later(now)
        if self.answered:
            self.settle(now)

    def _post(self, left: _Left) -> None:
        assert left.until is not None  # noqa: S101 `turn` knows it
        loop = self._parts.loop_between(left.after, left.until)
        with self._timer.call():
            batch = loop.next_batch()
        if batch is None:
            self._end(left)
            feed = f"{self._parts.stream.symbol} {self._parts.stream.timeframe}"
            self._notices.info("backfill_done", feed=feed, count=left.count)
            return
        self._on_its_way = loop, batch, self._begin(batch.body)

    def settle(self, now: float) -> None:
        """Settle the answer, waiting for it."""
        assert self._on_its_way is not None  # noqa: S101 the caller has asked
        assert self._left is not None  # noqa: S101 it is of what was left
        (loop, batch, outcome), self._on_its_way = self._on_its_way, None
        self._settle(loop.settle(batch, outcome.result()), self._left, now)

    def _settle(self, settled: PostResult, left: _Left, now: float) -> None:
        if settled.answer is Answer.ACCEPTED:
            self._waits.reset()
            new = settled.batch.window.new
            self._write(replace(left, after=settled.batch.newest, count=left.count + new))
            self.at = now
        elif settled.answer is Answer.REFUSED:
            self._notices.warn("history_refused", reason=settled.reason)
            self._end(left)
        elif settled.answer is not Answer.FAULTY:
            self._later(now)

    def _end(self, left: _Left) -> None:
        """Come no more: all is posted, or the cloud takes no such batch."""
        self._write(replace(left, done=True))
        self.at = NEVER

    def _later(self, now: float) -> None:
        self.at = now + self._waits.next(WAIT_S) * self._clock.speed

    def _read(self) -> _Left | None:
        try:
            return _Left(**json.loads(self._parts.path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise CursorError(f"{self._parts.path} holds no place; delete it") from error

    def _write(self, left: _Left) -> None:
        write_whole(self._parts.path, json.dumps(asdict(left)).encode())
        self._left = left
