"""Closed candles kept from call to call: a quiet market costs nothing, a new candle a few rows."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.rates import NOTHING, joined

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pregao_bridge.batch import Columns, Faulty
    from pregao_bridge.codes import Timeframe
    from pregao_bridge.session import Session

LOG = logging.getLogger(__name__)

OVERLAP = 3
"""Candles asked for again with the new ones: where they differ, the server has rewritten its history."""
KEEP = 2_000
"""Candles kept while a market is followed; enough for a warm-up and hours without the cloud."""
MOST = 20_000
"""Candles read in one go: 170 sessions of M5, in some 5 MB."""
PATIENCE_S = 30.0
"""How long an answer must stay short, or keep its hole, before it is taken for all that there is."""
LONG_PATIENCE_S = 600.0
"""The same where more must exist: the place is an accepted candle, which was judged with its history."""


class Patience:
    """Whether something has looked the same for a while."""

    def __init__(self) -> None:
        self._seen: Hashable = None
        self._since = 0.0

    def over(self, seen: Hashable, now: float, patience_s: float = PATIENCE_S) -> bool:
        """Return whether `seen` has been so since `patience_s` before `now` (seconds)."""
        if seen != self._seen:
            self._seen, self._since = seen, now
        return now - self._since >= patience_s


class Holding:
    """The candles of one symbol and timeframe up to the newest closed one.

    `complete`: nothing older is to be had. `settled`: the terminal has followed the market since its history
    was read, so a hole is a time without trades; before that it may be history still on its way.
    """

    def __init__(self, session: Session, symbol: str, timeframe: Timeframe) -> None:
        self._session, self._symbol, self._timeframe = session, symbol, timeframe
        self._key: Hashable = None
        self._short = Patience()
        self.candles = NOTHING
        self.doubled: dict[int, Faulty] = {}
        """By their time the candles of which the terminal has a later one of the same time."""
        self._stamp = 0
        self.complete = self.settled = False

    def refresh(self, after: int | None, history: int, maxbars: int) -> None:
        """Hold what has closed by now, with `history` before the first after `after` where there is so much.

        Raises MarketFault LOADING while the terminal gives less, or FAILED.
        """
        stamp = self._session.clock.stamp_of(self._symbol)
        if not self._reaches(after, history) or (
            self.behind and not self._is_quiet(stamp) and not self._extend()
        ):
            self._read(after, history, maxbars)
        self._stamp = stamp

    @property
    def behind(self) -> bool:
        """Whether a candle may have closed after the newest held."""
        return self.candles.time[-1] + 2 * self._timeframe.seconds <= self._session.server_now()

    def doubled_within(self, candles: Columns) -> tuple[Faulty, ...]:
        """Return the candles that another of their time among these has replaced."""
        first, last = candles.time[0], candles.time[-1]
        return tuple(one for at, one in self.doubled.items() if first <= at <= last)

    def drop(self) -> None:
        """Forget, so that the next refresh reads anew."""
        self._key = None

    def _reaches(self, after: int | None, history: int) -> bool:
        if self._key != self._session.key or not len(self.candles):
            return False
        times = self.candles.time
        first = len(times) - 1 if after is None else bisect_right(times, after)
        return first >= history or (self.complete and not self.behind)

    def _is_quiet(self, stamp: int) -> bool:
        """Whether no tick has come since the last refresh: without one the terminal begins no candle."""
        return self.settled and 0 < stamp == self._stamp

    def _extend(self) -> bool:
        """Take the new candles; False where all are to be read: too long ago, or the server rewrote them."""
        held, step = self.candles, self._timeframe.seconds
        elapsed = int((self._session.server_now() - held.time[-1]) // step)
        if elapsed + OVERLAP > min(len(held), MOST):
            return False
        fetched = self._ask(elapsed + OVERLAP)
        if not len(fetched):
            raise MarketFault(Condition.LOADING, f"{self._symbol}: no candles for now")
        same = bisect_right(fetched.time, held.time[-1])
        if not same or held[slice(bisect_left(held.time, fetched.time[0]), None)] != fetched[slice(0, same)]:
            LOG.info("%s: the server has rewritten its history", self._symbol)
            return False
        if same < len(fetched):
            self.candles = joined(held, fetched[slice(same, None)])[slice(-KEEP, None)]
            self.complete = self.complete and len(self.candles) < KEEP
        return True

    def _ask(self, count: int) -> Columns:
        def note(candle: Faulty) -> None:
            self.doubled[candle.time] = candle

        return self._session.candles(self._symbol, self._timeframe, count, note)

    def _read(self, after: int | None, history: int, maxbars: int) -> None:
        self._key, self.settled = None, False
        now, step = self._session.server_now(), self._timeframe.seconds
        new = 1 if after is None else max(1, int((now - after) // step))
        wanted = history + new + OVERLAP
        asked = min(wanted, MOST, maxbars - 1)
        self.doubled.clear()
        found = self._ask(asked)
        self._check_enough(found, asked, after, history)
        self.complete = _is_short(found, asked) or asked < wanted
        self.candles, self._key = found, self._session.key

    def _check_enough(self, found: Columns, asked: int, after: int | None, history: int) -> None:
        first = len(found) - 1 if after is None else bisect_right(found.time, after)
        enough = len(found) > 0 and (first >= history or not _is_short(found, asked))
        if not enough and not (found.time and self._waited(found, after)):
            raise MarketFault(Condition.LOADING, f"{self._symbol}: {len(found)} of {asked} candles have come")

    def _waited(self, found: Columns, after: int | None) -> bool:
        """Whether a short answer has been waited for long enough.

        Where the place is a candle's open, that candle was judged and had its history: more must exist.
        """
        now = self._session.now()
        if after is None or after % self._timeframe.seconds:
            return self._short.over(found.time[0], now)
        return self._short.over((self._session.key, after), now, LONG_PATIENCE_S)


def _is_short(found: Columns, asked: int) -> bool:
    """Return whether the terminal gave less than asked; the newest may not have closed yet."""
    return len(found) < asked - 1
