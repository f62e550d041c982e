"""Candles that the terminal did not have when their time came: posted as history when it has them."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from pregao_bridge.batch import Gap, Stream, Window, build_within
from pregao_bridge.cursor import CursorError
from pregao_bridge.feed import BACKLOG, HISTORY, Posts
from pregao_bridge.files import write_whole
from pregao_bridge.market import MarketFault
from pregao_bridge.outcome import Accepted, Outcome, Refused
from pregao_bridge.pace import Backoff, Clock
from pregao_bridge.setaside import refused_candles

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from pregao_bridge.notices import Notices
    from pregao_bridge.setaside import Sifted
    from pregao_bridge.watch import Watch

LATE_S = (60.0, 3600.0)
"""Shortest and longest wait between two looks."""
GIVE_UP_S = 86_400.0
"""What has not come a day later does not exist: a time without trades."""
MOST = 50
"""Gaps of one feed, the newest."""


@dataclass(frozen=True, slots=True)
class _Owed:
    """A gap and when it was passed over, epoch seconds UTC."""

    after: int
    before: int
    since: float


class Late:
    """The gaps of one feed, in a JSON file; `at` is when to look again, in the market's time."""

    def __init__(
        self,
        path: Path,
        source: Sifted,
        stream: Stream,
        poster: Posts,
        *,
        clock: Clock,
        watch: Watch,
        notices: Notices,
        draw: Callable[[], float],
    ) -> None:
        """`source` is another than the running feed's, which goes back and forth less. Raises CursorError."""
        self._path, self._source, self._stream, self._poster = path, source, stream, poster
        self._clock, self._watch, self._notices = clock, watch, notices
        self._waits = Backoff(draw)
        self._owed = self._read()
        self.at = 0.0 if self._owed else float("inf")

    def owe(self, gaps: Iterable[Gap], now: float) -> None:
        """Write down gaps before the cursor passes them."""
        known = {(one.after, one.before) for one in self._owed}
        new = [_Owed(one.after, one.before, now) for one in gaps if (one.after, one.before) not in known]
        if new:
            self._write([*self._owed, *new][-MOST:])
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
        while (window := self._come(owed)) is not None:
            batch = build_within(self._stream, window, historical=True)
            outcome = self._poster.post(batch.body)
            if isinstance(outcome, Accepted):
                self._notices.info("late", count=batch.window.new)
                owed = self._advance(owed, batch.newest)
            elif not self._set_aside(batch.window, outcome):
                return False
        if now - owed.since > GIVE_UP_S:
            self._write([one for one in self._owed if one != owed])
        return True

    def _come(self, owed: _Owed) -> Window | None:
        """Return a window whose new candles lie in the gap, None while there are none."""
        try:
            with self._watch.call():
                window = self._source.window(owed.after, HISTORY, BACKLOG)
        except MarketFault:
            return None
        inside = 0 if window is None else window.closed_before(owed.before - 1, 0)
        return window.keep_new(inside) if window is not None and inside else None

    def _set_aside(self, window: Window, outcome: Outcome) -> bool:
        faulty = refused_candles(window, outcome) if isinstance(outcome, Refused) else []
        self._source.set_aside(faulty)
        if not faulty:
            said = outcome.reasons[0] if isinstance(outcome, Refused) else getattr(outcome, "cause", "")
            self._notices.trouble(("late", type(outcome)), str(said), logging.WARNING)
        return bool(faulty)

    def _advance(self, owed: _Owed, newest: int) -> _Owed:
        further = replace(owed, after=newest)
        self._write([further if one == owed else one for one in self._owed])
        return further

    def _later(self, now: float) -> None:
        wait = self._waits.next(LATE_S) * self._clock.speed
        self.at = now + wait if self._owed else float("inf")

    def _read(self) -> list[_Owed]:
        try:
            return [_Owed(**one) for one in json.loads(self._path.read_bytes())["gaps"]]
        except FileNotFoundError:
            return []
        except (ValueError, KeyError, TypeError) as error:
            raise CursorError(f"{self._path} holds no gaps; delete it") from error

    def _write(self, owed: list[_Owed]) -> None:
        write_whole(self._path, json.dumps({"gaps": [asdict(one) for one in owed]}).encode())
        self._owed = owed
