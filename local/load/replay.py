"""A candle file through the bridge's own code, at any speed."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from local.lab.history import timeframe_of
from local.load.file_source import FileSource
from pregao_bridge.batch import Batch, Stream
from pregao_bridge.feed.posting import Answer, PostingLoop, PostResult, Posts
from pregao_bridge.files import MemoryCursor
from pregao_bridge.market import WARMUP
from pregao_bridge.outcome import Accepted, Outcome, Transient

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument
    from pregao_bridge.cloud.quotes import Ticks
    from pregao_bridge.market import Tick


INTERRUPTED = "interrupted"
"""Why a replay stopped that somebody ended with Ctrl-C, or its caller."""
AT_MOST = 12
"""New candles in one batch: an hour of M5."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did.

    `candles` is history and new together, `judged` the new ones accepted, `verdicts` counts the alerts by
    verdict, `refused` the batches refused, `stopped` why it ended before the file did (None: it did not).
    """

    candles: int = 0
    judged: int = 0
    batches: int = 0
    refused: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    reasons: tuple[str, ...] = ()
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class Hooks:
    """What the caller does on the way: `pace` before each post (it may block), `on_answer` after it."""

    pace: Callable[[Batch], None] = lambda _batch: None
    on_answer: Callable[[Batch, Outcome], None] = lambda _batch, _outcome: None
    beside: Callable[[Ticks], AbstractContextManager[None]] = lambda _ticks: nullcontext()
    """Entered around a replay at a speed, with the made-up prices of the candle that closes next."""


def timeframe_name(seconds: int) -> str:
    """Return MetaTrader's name of a timeframe: M5, H1, D1."""
    for unit, size in (("D", 86_400), ("H", 3600)):
        if seconds % size == 0:
            return f"{unit}{seconds // size}"
    return f"M{seconds // 60}"


def replay(
    candles: Candles,
    symbol: str,
    instrument: Instrument,
    poster: Posts,
    *,
    speed: float | None = None,
    warmup: int = WARMUP,
    at_most: int = AT_MOST,
    bridge_id: str = "replay",
    hooks: Hooks = Hooks(),
    stop: threading.Event | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Replayed:
    """Post the candles after the first `warmup` as `historical` batches and return what became of them.

    `speed` S closes one candle every timeframe / S seconds of real time, nights and gaps left out; None goes
    as fast as answers come. Setting `stop`, or Ctrl-C, ends it between two posts. A batch refused for its
    candles is counted and passed over; refused credentials, or no answer after all tries, end the replay.
    Raises ValueError when the candles follow no timeframe.
    """
    timeframe = timeframe_of(candles)
    source = FileSource(candles, instrument, warmup)
    stream = Stream(bridge_id, symbol, timeframe_name(timeframe))
    loop = PostingLoop(
        source, stream, poster, MemoryCursor(), historical=True, at_most=at_most, history=warmup
    )
    run = _Run(loop, hooks, Replayed(candles=min(warmup, len(source))))
    release = _Release(source, warmup, timeframe, None if speed is None else timeframe / speed, clock)
    with nullcontext() if speed is None else hooks.beside(release):
        return run.through(release, stop or threading.Event())


class _Release:
    """Closes the source's candles as time passes."""

    def __init__(
        self,
        source: FileSource,
        warmup: int,
        timeframe: int,
        seconds: float | None,
        clock: Callable[[], float],
    ) -> None:
        self._source, self._warmup, self._seconds, self._clock = source, warmup, seconds, clock
        self._timeframe = timeframe
        self._began = clock()
        if seconds is not None:
            source.released = min(warmup, len(source))

    def tick(self, _symbol: str) -> Tick | None:
        """Return where the price is on the candle that closes next."""
        if self._seconds is None:
            return None
        passed = (self._clock() - self._began) / self._seconds
        closed = int(passed)
        return self._source.price(self._warmup + closed, (passed - closed) * self._timeframe, self._timeframe)

    def wait(self, stop: threading.Event) -> bool:
        """Wait for the next candle to close; False when all have."""
        if self._seconds is None or self._source.released >= len(self._source):
            return False
        due = self._began + (self._source.released - self._warmup + 1) * self._seconds
        stop.wait(max(0.0, due - self._clock()))
        closed = self._warmup + int((self._clock() - self._began) / self._seconds)
        self._source.released = min(len(self._source), max(closed, self._source.released))
        return True


class _Run:
    """The loop and its running account."""

    def __init__(self, loop: PostingLoop, hooks: Hooks, account: Replayed) -> None:
        self._loop, self._hooks, self._account = loop, hooks, account

    def through(self, release: _Release, stop: threading.Event) -> Replayed:
        try:
            while not stop.is_set() and self._account.stopped is None:
                batch = self._loop.next_batch()
                if batch is not None:
                    self._post(batch)
                elif not release.wait(stop):
                    return self._account
        except KeyboardInterrupt:
            stop.set()
        return replace(self._account, stopped=self._account.stopped or INTERRUPTED)

    def _post(self, batch: Batch) -> None:
        self._hooks.pace(batch)
        settled = self._loop.send(batch)
        self._account = _counted(self._account, settled)
        if settled.answer is Answer.REFUSED:
            self._loop.pass_over(batch.newest)
        self._hooks.on_answer(batch, settled.outcome)


def _counted(so_far: Replayed, settled: PostResult) -> Replayed:
    outcome, new = settled.outcome, settled.batch.window.new
    if isinstance(outcome, Transient):
        return replace(so_far, stopped=f"no answer after {outcome.tries} tries: {outcome.cause}")
    sent = replace(so_far, candles=so_far.candles + new, batches=so_far.batches + 1)
    if isinstance(outcome, Accepted):
        verdicts = Counter(str(alert["verdict"]) for alert in outcome.alerts)
        return replace(sent, judged=sent.judged + new, verdicts=sent.verdicts + verdicts)
    by_signature = settled.answer is Answer.SIGNATURE
    stopped = f"credentials refused: HTTP {outcome.status}" if by_signature else None
    return replace(sent, refused=sent.refused + 1, reasons=(*sent.reasons, *outcome.reasons), stopped=stopped)
