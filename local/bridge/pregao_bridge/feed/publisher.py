"""The cloud's side of a feed: posts a window's candles, late ones as history, and waits when told to."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pregao_bridge.feed.posting import Answer, Begin, PostingLoop, PostResult, Shared, keep_refused
from pregao_bridge.feed.status import POSTING_FAILED, REFUSED
from pregao_bridge.outcome import Accepted, Refused
from pregao_bridge.pace import APART_S, LONGEST_S, REFUSED_S, SIGNATURE_S, TRY_S, Backoff
from pregao_bridge.texts import of_signature, say

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    from pregao_bridge.batch import Batch, Window
    from pregao_bridge.feed.status import FeedStatus
    from pregao_bridge.logs import Notices
    from pregao_bridge.outcome import Outcome

LATE_TIMEFRAMES = 2
"""A candle that closed more than so many timeframes ago is posted as history, apart from fresh ones."""


class Publisher:
    """Posts, and keeps account of what the cloud says; `status` is told its troubles."""

    def __init__(
        self,
        loop: PostingLoop,
        begin: Begin,
        status: FeedStatus,
        directory: Path,
        shared: Shared,
        notices: Notices,
    ) -> None:
        """Keep refused batches in `directory`; `begin` posts, `notices` speaks of the cloud."""
        self._begin = begin
        self._on_its_way: tuple[Batch, Future[Outcome]] | None = None
        self._loop, self._status, self._directory = loop, status, directory
        self._clock, self._gate, self._skew, self._notices = shared.clock, shared.gate, shared.skew, notices
        self._tries = Backoff(shared.draw)
        self._try_at = 0.0
        self._away_since: float | None = None

    @property
    def at(self) -> float:
        """Return when a post may be tried, in the market's time: at once when another feed was just heard."""
        back = self._away_since is not None and self._gate.heard_at > self._away_since
        return self._gate.opens_at if back else max(self._try_at, self._gate.opens_at)

    def wake(self) -> None:
        """Try at once."""
        self._try_at = 0.0
        self._tries.reset()

    @property
    def under_way(self) -> bool:
        """Whether a post is begun and not settled: no other of this feed may be begun."""
        return self._on_its_way is not None

    @property
    def answered(self) -> bool:
        """Whether the post under way can be settled."""
        return self._on_its_way is not None and self._on_its_way[1].done()

    def begin(self, window: Window, now: float) -> None:
        """Begin to post the window's next candles."""
        self._status.tried_at = now
        seconds = self._status.name.seconds
        late = window.closed_before(now - LATE_TIMEFRAMES * seconds, seconds)
        batch = self._loop.batch_of(window.keep_new(late) if late else window, historical=bool(late))
        self._on_its_way = batch, self._begin(batch.body)

    def settle(self) -> int | None:
        """Settle the answer, waiting for it; returns the newest candle accepted, None when none was."""
        assert self._on_its_way is not None  # noqa: S101 the caller has asked
        (batch, outcome), self._on_its_way = self._on_its_way, None
        settled = self._loop.settle(batch, outcome.result())
        self._account(settled, self._clock.now())
        return settled.batch.newest if settled.answer is Answer.ACCEPTED else None

    def _account(self, settled: PostResult, now: float) -> None:
        if settled.answer is Answer.AWAY:
            self._away(now, settled)
        elif settled.answer is Answer.SIGNATURE:
            self._signature(now, settled)
        else:
            self._gate.open(now)
            if settled.answer is Answer.REFUSED:
                self._refused(now, settled)
            else:
                self.wake()
                self._accepted(settled)

    def _accepted(self, settled: PostResult) -> None:
        if not isinstance(settled.outcome, Accepted):
            return
        self._status.posting = None
        self._notices.well()
        newest = self._status.local(settled.batch.newest)
        self._notices.info("accepted", newest=newest, new=settled.batch.window.new, post=settled.post)
        for alert in settled.outcome.alerts:
            self._notices.info("alert", id=alert.get("id"), verdict=alert.get("verdict"))

    def _away(self, now: float, settled: PostResult) -> None:
        wait = max(APART_S, min(settled.retry_after, LONGEST_S))
        self._hold(POSTING_FAILED, settled.reason, self._later(now, max(self._tries.next(TRY_S), wait)))
        if settled.alone:
            self._gate.open(now)
        else:
            self._gate.shut(self._later(now, wait))
            self._away_since = now
        said = say("away", self._notices.language, cause=settled.reason, post=settled.post)
        self._notices.trouble("away", said)

    def _signature(self, now: float, settled: PostResult) -> None:
        said = of_signature(self._notices.language, settled.status, self._skew).line
        self._gate.shut(self._later(now, SIGNATURE_S))
        self._hold(POSTING_FAILED, said, self._later(now, SIGNATURE_S))
        self._notices.trouble(("signature", self._skew.breaks_signatures), said, logging.ERROR)

    def _refused(self, now: float, settled: PostResult) -> None:
        if isinstance(settled.outcome, Refused):
            keep_refused(self._directory, settled.batch, settled.outcome)
        self._hold(REFUSED, settled.reason, self._later(now, self._tries.next(REFUSED_S)))
        symbol = self._status.name.symbol
        said = say("refused", self._notices.language, reason=settled.reason, symbol=symbol)
        self._notices.trouble((REFUSED, settled.batch.newest), said, logging.ERROR)

    def _hold(self, posting: str, detail: str, until: float) -> None:
        self._status.posting, self._status.trouble = posting, detail
        self._try_at, self._away_since = until, None

    def _later(self, now: float, seconds: float) -> float:
        return now + seconds * self._clock.speed
