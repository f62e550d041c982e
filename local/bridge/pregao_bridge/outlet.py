"""The cloud's side of a feed: posts a window's candles, late ones as history, and waits when told to."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pregao_bridge.batch import Batch, Stream, Window, build_within
from pregao_bridge.feed import Posts, keep_aside
from pregao_bridge.outcome import Accepted, Outcome, Refused, Transient
from pregao_bridge.pace import APART_S, LONGEST_S, REFUSED_S, SIGNATURE_S, TRY_S, Backoff, Clock, Gate
from pregao_bridge.setaside import refused_candles
from pregao_bridge.words import POSTING_FAILED, REFUSED, say, signature_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from pregao_bridge.batch import Faulty
    from pregao_bridge.notices import Notices
    from pregao_bridge.skew import Skew
    from pregao_bridge.standing import Standing

LATE = 2
"""A candle that closed more than so many timeframes ago is posted as history, apart from fresh ones."""


class Outlet:
    """Posts, and keeps account of what the cloud says; `standing` hears its troubles."""

    def __init__(
        self,
        stream: Stream,
        poster: Posts,
        standing: Standing,
        aside: Path,
        *,
        clock: Clock,
        gate: Gate,
        skew: Skew,
        notices: Notices,
        draw: Callable[[], float],
        always_historical: bool,
        set_aside: Callable[[Sequence[Faulty]], None],
    ) -> None:
        """`set_aside` takes the candles that the cloud will not judge."""
        self._stream, self._poster, self._standing, self._aside = stream, poster, standing, aside
        self._clock, self._gate, self._skew, self._notices = clock, gate, skew, notices
        self._always_historical, self._set_aside = always_historical, set_aside
        self._tries = Backoff(draw)
        self._try_at = 0.0
        self._away_since: float | None = None

    @property
    def at(self) -> float:
        """Return when a post may be tried, in the market's time: at once when another feed was just heard."""
        back = self._away_since is not None and self._gate.heard_at > self._away_since
        return self._gate.opens_at if back else max(self._try_at, self._gate.opens_at)

    def rouse(self) -> None:
        """Try at once."""
        self._try_at = 0.0
        self._tries.reset()

    def post(self, window: Window, now: float) -> int | None:
        """Post the window's next candles; returns the newest one accepted, None when none was."""
        self._standing.tried_at = now
        seconds = self._standing.name.seconds
        late = window.closed_before(now - LATE * seconds, seconds)
        cut = window.keep_new(late) if late else window
        batch = build_within(self._stream, cut, historical=bool(late) or self._always_historical)
        return self._settle(batch, self._poster.post(batch.body))

    def _settle(self, batch: Batch, outcome: Outcome) -> int | None:
        now = self._clock.now()
        if isinstance(outcome, Accepted):
            return self._accepted(now, batch, outcome)
        if isinstance(outcome, Transient):
            self._away(now, batch, outcome)
        elif outcome.by_signature:
            self._signature(now, outcome)
        elif faulty := refused_candles(batch.window, outcome):
            self._gate.open(now)
            self.rouse()
            self._set_aside(faulty)
        else:
            self._refused(now, batch, outcome)
        return None

    def _accepted(self, now: float, batch: Batch, accepted: Accepted) -> int:
        self._gate.open(now)
        self.rouse()
        self._standing.posting = None
        self._notices.well()
        newest = self._standing.local(batch.newest)
        self._notices.info("accepted", newest=newest, new=batch.window.new, post=batch.id)
        for alert in accepted.alerts:
            self._notices.info("alert", id=alert.get("id"), verdict=alert.get("verdict"))
        return batch.newest

    def _away(self, now: float, batch: Batch, outcome: Transient) -> None:
        wait = max(APART_S, min(outcome.retry_after or 0.0, LONGEST_S))
        self._gate.shut(self._later(now, wait))
        self._hold(POSTING_FAILED, outcome.cause, self._later(now, max(self._tries.next(TRY_S), wait)))
        self._away_since = now
        said = say("away", self._notices.language, cause=outcome.cause, post=batch.id)
        self._notices.trouble("away", said)

    def _signature(self, now: float, refused: Refused) -> None:
        said = signature_words(self._notices.language, refused.status, self._skew)
        self._gate.shut(self._later(now, SIGNATURE_S))
        self._hold(POSTING_FAILED, said, self._later(now, SIGNATURE_S))
        self._notices.trouble(("signature", self._skew.breaks_signatures), said, logging.ERROR)

    def _refused(self, now: float, batch: Batch, refused: Refused) -> None:
        self._gate.open(now)
        keep_aside(self._aside, batch, refused)
        self._hold(REFUSED, refused.reasons[0], self._later(now, self._tries.next(REFUSED_S)))
        symbol = self._standing.name.symbol
        said = say("refused", self._notices.language, reason=refused.reasons[0], symbol=symbol)
        self._notices.trouble((REFUSED, batch.newest), said, logging.ERROR)

    def _hold(self, posting: str, detail: str, until: float) -> None:
        self._standing.posting, self._standing.trouble = posting, detail
        self._try_at, self._away_since = until, None

    def _later(self, now: float, seconds: float) -> float:
        return now + seconds * self._clock.speed
