"""One feed of a running bridge: terminal to cloud, in order, over the disk while the cloud is away.

`LiveFeed` is the feed, `RetryingCursor` its cursor on disk, `LateCandles` the gaps that it passed over.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from pregao_bridge.batch import Gap, Window
from pregao_bridge.feed.posting import Answer, HistoryParts
from pregao_bridge.feed.set_aside import SetAside
from pregao_bridge.feed.spool import Spool
from pregao_bridge.files import CursorError, FileCursor, write_whole
from pregao_bridge.market import BACKLOG, HISTORY, WARMUP, MarketFault
from pregao_bridge.pace import Backoff
from pregao_bridge.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pregao_bridge.feed.first_history import FirstHistory
    from pregao_bridge.feed.poller import Poller
    from pregao_bridge.feed.publisher import Publisher
    from pregao_bridge.feed.set_aside import SiftedSource
    from pregao_bridge.feed.status import FeedStatus
    from pregao_bridge.logs import Notices
    from pregao_bridge.state import FeedDirectory

LATE_RETRY_S = (60.0, 3600.0)
"""Shortest and longest wait between two looks."""
GIVE_UP_S = 86_400.0
"""A gap still empty after a day (seconds) is dropped: there were no trades."""
MAX_GAPS = 50
"""Gaps of one feed, the newest."""


@dataclass(frozen=True, slots=True)
class _Owed:
    """A gap and when it was passed over, epoch seconds UTC."""

    after: int
    before: int
    since: float


class LateCandles:
    """The gaps of one feed, in a JSON file; `at` is when to look again, in the market's time."""

    def __init__(self, parts: HistoryParts) -> None:
        """Read the gaps. Raises CursorError."""
        self._parts, self._source, self._notices = parts, parts.source, parts.notices
        self._clock, self._timer = parts.shared.clock, parts.shared.timer
        self._waits = Backoff(parts.shared.draw)
        self._owed = self._read()
        self.at = 0.0 if self._owed else float("inf")

    def owe(self, gaps: Iterable[Gap], now: float) -> None:
        """Write down gaps before the cursor passes them."""
        known = {(one.after, one.before) for one in self._owed}
        new = [_Owed(one.after, one.before, now) for one in gaps if (one.after, one.before) not in known]
        if new:
            self._write([*self._owed, *new][-MAX_GAPS:])
            self._waits.reset()
            self._later(now)

    def turn(self, now: float) -> None:
        """Look for what has come since and post it as history, when it is time to."""
        if now < self.at:
            return
        for one in list(self._owed):
            if not self._fill(one, now):
                break
        self._later(now)

    def _fill(self, owed: _Owed, now: float) -> bool:
        """Post what has come of a gap; False when there is no use in going on to the next now."""
        loop = self._parts.loop_from(owed.after)
        while (window := self._come(owed)) is not None:
            settled = loop.post(window)
            if settled.answer is Answer.ACCEPTED:
                self._notices.info("late", count=settled.batch.window.new)
                owed = self._advance(owed, settled.batch.newest)
            elif settled.answer is not Answer.FAULTY:
                self._notices.trouble(("late", settled.answer), settled.reason, logging.WARNING)
                return False
        if now - owed.since > GIVE_UP_S:
            self._write([one for one in self._owed if one != owed])
        return True

    def _come(self, owed: _Owed) -> Window | None:
        """Return a window whose new candles lie in the gap, None while there are none."""
        try:
            with self._timer.call():
                window = self._source.window(owed.after, HISTORY, BACKLOG)
        except MarketFault:
            return None
        inside = 0 if window is None else window.closed_before(owed.before - 1, 0)
        return window.keep_new(inside) if window is not None and inside else None

    def _advance(self, owed: _Owed, newest: int) -> _Owed:
        further = replace(owed, after=newest)
        self._write([further if one == owed else one for one in self._owed])
        return further

    def _later(self, now: float) -> None:
        wait = self._waits.next(LATE_RETRY_S) * self._clock.speed
        self.at = now + wait if self._owed else float("inf")

    def _read(self) -> list[_Owed]:
        try:
            return [_Owed(**one) for one in json.loads(self._parts.path.read_bytes())["gaps"]]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError) as error:
            raise CursorError(f"{self._parts.path} holds no gaps; delete it") from error

    def _write(self, owed: list[_Owed]) -> None:
        write_whole(self._parts.path, json.dumps({"gaps": [asdict(one) for one in owed]}).encode())
        self._owed = owed


NEVER = float("inf")
MIN_HISTORY = WARMUP - 1
"""Fewest history candles the cloud accepts (its warm-up includes the new candle).

A spooled window that still has this many after sifting is posted, not fetched again.
"""


class RetryingCursor:
    """A feed's place on disk; while another program has the file open it is kept in memory and tried again.

    A process that ends meanwhile posts those candles again, which the cloud knows. See `files.Cursor`.
    """

    def __init__(self, cursor: FileCursor, notices: Notices) -> None:
        """Read the place. Raises CursorError."""
        self._cursor, self._notices = cursor, notices
        self._newest = cursor.read()
        self._saved = True

    def read(self) -> int | None:
        """Return the place."""
        return self._newest

    def write(self, newest: int) -> None:
        """Keep the place."""
        self._newest, self._saved = newest, False
        self.save()

    def save(self) -> None:
        """Write what could not be written before."""
        if self._saved or self._newest is None:
            return
        try:
            self._cursor.write(self._newest)
        except PermissionError as error:
            said = say("held_open", self._notices.language, path=error.filename)
            self._notices.trouble("held_open", said)
        else:
            self._saved = True


class LiveFeed:
    """Every closed candle once, in order: the place moves when the cloud has accepted, and only then.

    A candle is in the terminal, in flight, or in the spool, and the place stands before it until it is
    accepted or set aside: a process that ends at any point finds it again. What the terminal did not have
    when its time came is written down by `LateCandles` before the place passes it.
    """

    def __init__(
        self,
        status: FeedStatus,
        poller: Poller,
        publisher: Publisher,
        place: RetryingCursor,
        directory: FeedDirectory,
        sifted: SiftedSource,
        late: LateCandles,
        changed: Callable[[], None],
        notices: Notices,
        history: FirstHistory | None = None,
    ) -> None:
        """`notices` speaks of the disk; `changed` hears of changed set-aside candles.

        `history` posts what was before the first start.
        """
        self.status, self._poller, self._publisher, self._place = status, poller, publisher, place
        self._directory, self._sifted, self._late = directory, sifted, late
        self._changed, self._notices, self._history = changed, notices, history
        self._spool, self._aside = Spool(directory.spool_file), SetAside(directory.set_aside_file)
        self._in_flight: Window | None = None
        self._beyond = 0
        self._forget_up_to(place.read())
        status.newest, status.waiting = self._known(), len(self._spool)

    @property
    def answered(self) -> bool:
        """Whether a post of this feed has its answer: it is to be turned."""
        return self._publisher.answered or (self._history is not None and self._history.answered)

    def turn(self, now: float) -> float:
        """Settle, poll and post what is due; returns the market time of the next call.

        NEVER while a post is on its way; see `answered`.
        """
        self._place.save()
        self._hear(now)
        if not self._under_way:
            self._look_and_post(now)
        if self._under_way:
            self._count_waiting()
            return NEVER
        if self._in_flight is not None and (len(self._spool) or now < self._publisher.at):
            self._put_by(now)
        self._count_waiting()
        self._sum_up_set_aside()
        if self._waits():
            return min(self._poller.at, self._publisher.at)
        if self._poller.terminal_fault is not None:
            return self._poller.at  # late candles are due as soon as the terminal is back, which rouses all
        self._late.turn(now)
        if self._history is None:
            return min(self._poller.at, self._late.at)
        self._history.ends_at(self.status.accepted)  # where the bridge ended before it was written
        self._history.turn(now)
        return NEVER if self._history.under_way else min(self._poller.at, self._late.at, self._history.at)

    @property
    def _under_way(self) -> bool:
        return self._publisher.under_way or (self._history is not None and self._history.under_way)

    def _hear(self, now: float) -> None:
        if self._publisher.answered:
            self._settle()
        if self._history is not None and self._history.answered:
            self._history.settle(now)

    def _look_and_post(self, now: float) -> None:
        self._apply_decision()
        if self._in_flight is None and now >= self._poller.at and not self._may_publish(now):
            self._poll(now)
        if self._in_flight is not None and self.status.accepted is None:
            self._put_by(
                now
            )  # before the first cursor is written, only the spool keeps the feed's first candle
        if self._waits() and now >= self._publisher.at:
            self._post_next(now)

    def end(self, now: float) -> None:
        """Settle the post on its way, waiting for its answer, and put by what was not taken."""
        if self._publisher.under_way:
            self._settle()
            if self._in_flight is not None:
                self._put_by(now)
        if self._history is not None and self._history.under_way:
            self._history.settle(now)

    def _count_waiting(self) -> None:
        held = self._in_flight.new if self._in_flight else self._beyond
        self.status.waiting = len(self._spool) + held

    def _sum_up_set_aside(self) -> None:
        self._aside.all()
        summary = self._aside.summary(self.status.newest)
        if summary != self.status.set_aside:
            self.status.set_aside = summary
            self._changed()

    def set_terminal_fault(self, fault: MarketFault | None) -> None:
        """Ask the terminal nothing while it has this fault; None: ask again."""
        self._poller.terminal_fault = fault

    def wake(self) -> None:
        """Look and try at once."""
        self._poller.wake()
        self._publisher.wake()

    def broke(self, now: float, error: Exception) -> float:
        """Take note of what nobody foresaw; returns when to come again."""
        self._poller.broke(now, error)
        return self._poller.at

    def _poll(self, now: float) -> None:
        self._in_flight = self._poller.look(now, self._known())
        if self._in_flight is not None and self._in_flight.gaps:
            self._late.owe(self._in_flight.gaps, now)

    def _post_next(self, now: float) -> None:
        kept = self._spool.head(self.status.accepted)
        window = kept or self._in_flight
        if window is None:
            return
        clean = self._sifted.clean(window)
        if not clean.new:
            self._write_cursor(window.newest)
        elif clean.new_from < (HISTORY if kept is None else MIN_HISTORY):
            self._ask_again()
        else:
            self._publisher.begin(clean, now)
            if self._publisher.answered:
                self._settle()

    def _settle(self) -> None:
        if (newest := self._publisher.settle()) is not None:
            self._forget_up_to(newest)
            if self._history is not None:
                self._history.ends_at(newest)

    def _ask_again(self) -> None:
        """Ask the terminal for what waits: without its faulty candles too little history is left of it."""
        self._in_flight = None
        self._spool.forget(self._spool.newest)
        self._poller.wake()

    def _write_cursor(self, newest: int) -> None:
        """Go on after candles that were set aside, or passed over by somebody's decision."""
        self._place.write(newest)
        self._forget_up_to(newest)

    def _forget_up_to(self, newest: int | None) -> None:
        self.status.accepted = newest
        self._spool.forget(newest)
        if self._in_flight is not None and newest is not None:
            done = self._in_flight.newest <= newest
            self._in_flight = None if done else self._in_flight.after(newest)
        if self._beyond and not len(self._spool):
            self._beyond = 0
            self._poller.wake()
            self._notices.well()

    def _put_by(self, now: float) -> None:
        """Keep on disk what may not be posted now; at the spool's bound leave it with the terminal."""
        assert self._in_flight is not None  # noqa: S101
        if not self._spool.append(self._in_flight):
            self._beyond = self._in_flight.new
            self._poller.wait(now)
            self._notices.trouble("full", say("full", self._notices.language), logging.ERROR)
        self._in_flight = None

    def _apply_decision(self) -> None:
        newest = self._directory.decided() if self._waits() else None
        if newest is not None and (self.status.accepted is None or newest > self.status.accepted):
            self._write_cursor(newest)
            self.status.posting = None
            self._publisher.wake()
            self._notices.info("passed_over", newest=self.status.local(newest))

    def _known(self) -> int | None:
        """Return the newest candle that need not be asked for again."""
        return self._spool.newest if len(self._spool) else self.status.accepted

    def _may_publish(self, now: float) -> bool:
        """Whether what waits on disk may go out now, before more is asked for."""
        return len(self._spool) > 0 and now >= self._publisher.at

    def _waits(self) -> bool:
        return self._in_flight is not None or len(self._spool) > 0
