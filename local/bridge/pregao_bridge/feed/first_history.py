"""What the terminal has from before a feed's first start: posted once, to be kept and not judged.

The cloud calibrates its sessions, so that outlooks and chances are known within the first hour. The running
feed comes first: one batch goes out where nothing else is due.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace

from pregao_bridge.feed.posting import Answer, HistoryParts
from pregao_bridge.files import CursorError, write_whole
from pregao_bridge.market import MarketFault
from pregao_bridge.pace import Backoff

BACK_S = 200 * 86_400
"""As far back as the cloud calibrates: about 130 sessions."""
WAIT_S = (5.0, 900.0)
"""Shortest and longest wait after a batch that did not go."""
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

    def __init__(self, parts: HistoryParts, *, first_start: bool) -> None:
        """`first_start`: the feed has never posted. Raises CursorError."""
        self._parts, self._notices = parts, parts.notices
        self._timer, self._clock = parts.shared.timer, parts.shared.clock
        self._waits = Backoff(parts.shared.draw)
        self._left = self._read()
        if self._left is None and first_start:
            self._write(_Left(int(self._clock.now() - BACK_S)))
        self.at = NEVER if self._left is None or self._left.done else 0.0

    def turn(self, now: float, accepted: int | None) -> None:
        """Post one batch, when it is time to; `accepted` is the newest candle that the feed has posted."""
        left = self._left
        if left is None or now < self.at or accepted is None:
            return
        if left.until is None:
            self._write(left := replace(left, until=accepted))
        try:
            self._post(left, now)
        except MarketFault:
            self._later(now)

    def _post(self, left: _Left, now: float) -> None:
        assert left.until is not None  # noqa: S101 `turn` knows it
        loop = self._parts.loop_between(left.after, left.until)
        with self._timer.call():
            batch = loop.next_batch()
        if batch is None:
            self._end(left)
            feed = f"{self._parts.stream.symbol} {self._parts.stream.timeframe}"
            self._notices.info("backfill_done", feed=feed, count=left.count)
            return
        settled = loop.send(batch)
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
