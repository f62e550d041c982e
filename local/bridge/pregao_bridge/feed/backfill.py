"""`pregao-bridge backfill`: a stretch of the terminal's history posted as such, beside the running bridge."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao_bridge.batch import Stream
from pregao_bridge.feed.posting import Answer, PostingLoop, PostResult, Posts, Until, keep_refused
from pregao_bridge.feed.set_aside import SetAside, SiftedSource
from pregao_bridge.feed.status import FeedStatus
from pregao_bridge.files import FileCursor, remove
from pregao_bridge.market import Condition, MarketFault, Source
from pregao_bridge.outcome import Refused
from pregao_bridge.pace import LOADING_S, TRY_S, Backoff
from pregao_bridge.texts import of_condition, of_signature, say

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pregao_bridge.batch import Faulty
    from pregao_bridge.clocks import Skew
    from pregao_bridge.config import FeedName
    from pregao_bridge.state import FeedDirectory


@dataclass(frozen=True, slots=True)
class Span:
    """Dates of the exchange, both included."""

    first: date
    last: date

    def bounds(self, zone: str) -> tuple[int, int]:
        """Return [begin, end) in epoch seconds UTC."""
        return _midnight(self.first, zone), _midnight(self.last + timedelta(days=1), zone)

    @property
    def label(self) -> str:
        """Return what names its place on disk."""
        return f"backfill-{self.first}-{self.last}"


@dataclass(frozen=True, slots=True)
class OneCandle:
    """The stretch of one candle; `time` is its open, epoch seconds UTC."""

    time: int

    def bounds(self, _zone: str) -> tuple[int, int]:
        """Return [begin, end) in epoch seconds UTC."""
        return self.time, self.time + 1

    @property
    def label(self) -> str:
        """Return what names its place on disk."""
        return f"retry-{self.time}"


class Backfill:
    """Posts one feed's stretch; its own cursor makes it resumable and leaves the running bridge's alone."""

    def __init__(
        self,
        name: FeedName,
        bridge_id: str,
        source: Source,
        poster: Posts,
        directory: FeedDirectory,
        *,
        span: Span | OneCandle,
        zone: str,
        language: str,
        skew: Skew,
        stop: threading.Event,
        draw: Callable[[], float],
        tell: Callable[[str], None],
        now: Callable[[], float] = time.time,
    ) -> None:
        """`tell` shows a progress line; `stop` ends it between two posts. Raises CursorError.

        `now` in epoch seconds UTC.
        """
        begin, end = span.bounds(zone)
        self._place = directory.path / f"{span.label}.json"
        self._cursor = FileCursor(self._place)
        self._cursor.write(self._cursor.read() or begin - 1)
        stream = Stream(bridge_id, name.symbol, name.timeframe)
        self._sifted = SiftedSource(
            source, name.seconds, SetAside(directory.set_aside_file), now=now, tell=self._tell_set_aside
        )
        self._loop = PostingLoop(
            Until(self._sifted, end),
            stream,
            poster,
            self._cursor,
            set_aside=self._sifted.set_aside,
            historical=True,
        )
        self._directory, self._language, self._skew, self._stop, self._tell = (
            directory,
            language,
            skew,
            stop,
            tell,
        )
        self._waits, self.posted = Backoff(draw), 0
        self._status = FeedStatus(name, utc_offset_s=_offset_s(begin, zone))

    def run(self) -> bool:
        """Post until all is posted; False when it ended before, with the reason told."""
        while not self._stop.is_set():
            try:
                settled = self._loop.step()
            except MarketFault as fault:
                if not self._fault(fault):
                    return False
                continue
            if settled is None:
                remove(self._place)
                self._say("backfill_done", count=self.posted)
                return True
            if not self._goes_on(settled):
                return False
        self._tell(say("backfill_cut", self._language))
        return False

    def _goes_on(self, settled: PostResult) -> bool:
        """Say what became of a batch; False where there is no use in going on."""
        if settled.answer is Answer.ACCEPTED:
            self._waits.reset()
            self.posted += settled.batch.window.new
            self._status.utc_offset_s = settled.batch.window.utc_offset_s
            newest = self._status.local(settled.batch.newest)
            self._say("backfilled", count=self.posted, newest=newest)
        elif settled.answer is Answer.AWAY:
            self._tell(say("away", self._language, cause=settled.reason, post=settled.batch.id))
            self._stop.wait(max(self._waits.next(TRY_S), settled.retry_after))
        elif settled.answer is Answer.SIGNATURE:
            self._tell(of_signature(self._language, settled.status, self._skew).line)
        elif settled.answer is Answer.REFUSED:
            self._say("backfill_refused", reason=settled.reason, path=self._keep(settled))
        return settled.answer not in {Answer.SIGNATURE, Answer.REFUSED}

    def _keep(self, settled: PostResult) -> Path:
        aside = self._directory.path / "backfill"  # apart from what the running feed holds
        aside.mkdir(exist_ok=True)
        assert isinstance(settled.outcome, Refused)  # noqa: S101
        return keep_refused(aside, settled.batch, settled.outcome)

    def _tell_set_aside(self, faulty: Sequence[Faulty]) -> None:
        for one in faulty:
            self._say("one_set_aside", time=self._status.local(one.time), reason=one.reason)

    def _fault(self, fault: MarketFault) -> bool:
        self._tell(of_condition(fault.condition, fault.detail, fault.code, self._language).line)
        if fault.condition is Condition.LOADING:
            self._stop.wait(self._waits.next(LOADING_S))
            return True
        return False

    def _say(self, key: str, **values: object) -> None:
        self._tell(say(key, self._language, feed=self._status.name, **values))


def _offset_s(epoch_s: int, zone: str) -> int:
    shift = datetime.fromtimestamp(epoch_s, ZoneInfo(zone)).utcoffset()
    return 0 if shift is None else int(shift.total_seconds())


def _midnight(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())
