"""`pregao-bridge backfill`: a stretch of the terminal's history posted as such, beside the running bridge."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao_bridge.batch import Batch, Stream, Window
from pregao_bridge.cursor import FileCursor
from pregao_bridge.feed import Feed, Posts, Source, keep_aside
from pregao_bridge.files import remove
from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.outcome import Accepted, Outcome, Refused, Transient
from pregao_bridge.pace import LOADING_S, TRY_S, Backoff
from pregao_bridge.setaside import Sifted, refused_candles
from pregao_bridge.standing import Standing
from pregao_bridge.words import of_condition, say, signature_words

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from pregao_bridge.batch import Faulty
    from pregao_bridge.config import FeedName
    from pregao_bridge.skew import Skew
    from pregao_bridge.state import FeedRoom


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


class Until:
    """A source that ends: candles that open at `end` or later are not asked for."""

    def __init__(self, source: Source, end: int) -> None:
        self._source, self._end = source, end

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        """Return the source's window without the candles beyond the end."""
        window = self._source.window(after, history, at_most)
        before = 0 if window is None else window.closed_before(self._end - 1, 0)
        return window.keep_new(before) if window is not None and before else None


class Backfill:
    """Posts one feed's stretch; its own cursor makes it resumable and leaves the running bridge's alone."""

    def __init__(
        self,
        name: FeedName,
        bridge_id: str,
        source: Source,
        poster: Posts,
        room: FeedRoom,
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
        self._place = room.path / f"{span.label}.json"
        self._cursor = FileCursor(self._place)
        self._cursor.write(self._cursor.read() or begin - 1)
        stream = Stream(bridge_id, name.symbol, name.timeframe)
        self._sifted = Sifted(source, name.seconds, room.set_aside(), now=now, tell=self._tell_set_aside)
        self._feed = Feed(
            Until(self._sifted, end), stream, poster, self._cursor, on_refused=self._keep, historical=True
        )
        self._room, self._language, self._skew, self._stop, self._tell = room, language, skew, stop, tell
        self._waits, self.posted, self._standing = (
            Backoff(draw),
            0,
            Standing(name, utc_offset_s=_offset_s(begin, zone)),
        )
        self._kept = room.path

    def run(self) -> bool:
        """Post until all is posted; False when it ended before, with the reason told."""
        while not self._stop.is_set():
            try:
                batch = self._feed.next_batch()
            except MarketFault as fault:
                if not self._fault(fault):
                    return False
                continue
            if batch is None:
                remove(self._place)
                self._say("backfill_done", count=self.posted)
                return True
            if not self._settle(batch, self._feed.send(batch)):
                return False
        self._tell(say("backfill_cut", self._language))
        return False

    def _settle(self, batch: Batch, outcome: Outcome) -> bool:
        if isinstance(outcome, Accepted):
            self._waits.reset()
            self.posted += batch.window.new
            self._standing.utc_offset_s = batch.window.utc_offset_s
            self._say("backfilled", count=self.posted, newest=self._standing.local(batch.newest))
            return True
        if isinstance(outcome, Transient):
            self._tell(say("away", self._language, cause=outcome.cause, post=batch.id))
            self._stop.wait(max(self._waits.next(TRY_S), outcome.retry_after or 0.0))
            return True
        if faulty := refused_candles(batch.window, outcome):
            self._sifted.set_aside(faulty)
            return True
        if outcome.by_signature:
            self._tell(signature_words(self._language, outcome.status, self._skew))
        else:
            self._say("backfill_refused", reason=outcome.reasons[0], path=self._kept)
        return False

    def _keep(self, batch: Batch, refused: Refused) -> None:
        if not refused.by_signature and not refused_candles(batch.window, refused):
            aside = self._room.path / "backfill"  # apart from what the running feed holds
            aside.mkdir(exist_ok=True)
            self._kept = keep_aside(aside, batch, refused)

    def _tell_set_aside(self, faulty: Sequence[Faulty]) -> None:
        for one in faulty:
            self._say("one_set_aside", time=self._standing.local(one.time), reason=one.reason)

    def _fault(self, fault: MarketFault) -> bool:
        self._tell(of_condition(fault.condition, fault.detail, fault.code, self._language))
        if fault.condition is Condition.LOADING:
            self._stop.wait(self._waits.next(LOADING_S))
            return True
        return False

    def _say(self, key: str, **values: object) -> None:
        self._tell(say(key, self._language, feed=self._standing.name, **values))


def _offset_s(epoch_s: int, zone: str) -> int:
    shift = datetime.fromtimestamp(epoch_s, ZoneInfo(zone)).utcoffset()
    return 0 if shift is None else int(shift.total_seconds())


def _midnight(day: date, zone: str) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())
