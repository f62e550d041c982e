"""A terminal's closed candles as windows, kept from call to call: a quiet market costs nothing."""

from __future__ import annotations

import logging
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from pregao_bridge.batch import Gap, Window
from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.terminal.session import NOTHING, joined

if TYPE_CHECKING:
    from collections.abc import Hashable

    from pregao_bridge.batch import Columns, Faulty
    from pregao_bridge.terminal.contracts import Contracts
    from pregao_bridge.terminal.metatrader import Timeframe
    from pregao_bridge.terminal.session import TerminalSession

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


class CandleCache:
    """The candles of one symbol and timeframe up to the newest closed one.

    `complete`: nothing older is to be had. `settled`: the terminal has followed the market since its history
    was read, so a hole is a time without trades; before that it may be history still on its way.
    """

    def __init__(self, session: TerminalSession, symbol: str, timeframe: Timeframe) -> None:
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


OnRoll = Callable[[str, str, str], None]
"""Told the symbol, its contract before and its contract now."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Where the new candles of a window lie among those held."""

    first: int
    last: int


class Mt5Source:
    """Closed candles of one symbol and timeframe."""

    def __init__(
        self,
        session: TerminalSession,
        symbol: str,
        timeframe: Timeframe,
        contracts: Contracts,
        on_roll: OnRoll,
    ) -> None:
        self._session, self._symbol, self._timeframe = session, symbol, timeframe
        self._contracts, self._on_roll = contracts, on_roll
        self._cache = CandleCache(session, symbol, timeframe)
        self._holes = Patience()
        self._gaps: list[Gap] = []
        self._skipped: int | None = None
        self.contract: str | None = None

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        """Return up to `at_most` candles that opened after `after` and `history` before them.

        As `market.Source` has it; without `after` it begins at the newest closed candle. Raises MarketFault.
        """
        session = self._session
        with session.link.lock:
            state = session.ready(self._symbol)
            session.offset_s(self._symbol)
            self._cache.refresh(after, history, state.terminal.maxbars)
            self._settle(after)
            span = self._span(after, history, at_most)
            return None if span is None else self._cut(span, history)

    def _span(self, after: int | None, history: int, at_most: int) -> _Span | None:
        times = self._cache.candles.time
        first = self._after(after)
        if first < history:  # nothing older is to be had now: the first that can be judged
            self._skip(after, times[first:history])
            first = history
        if first >= len(times):
            return None
        last, day = min(first + at_most, len(times)), self._day(times[first])
        while self._day(times[last - 1]) != day:
            last -= 1
        return _Span(first, last)

    def _cut(self, span: _Span, history: int) -> Window:
        held = self._cache.candles
        opened = held.time[span.first]
        offset = datetime.fromtimestamp(opened, self._session.zone).utcoffset()
        rows = held[slice(span.first - history, span.last)]
        return Window(
            rows,
            history,
            self._contract(span),
            0 if offset is None else int(offset.total_seconds()),
            aside=self._cache.doubled_within(rows),
            gaps=tuple(one for one in self._gaps if rows.time[history] <= one.before <= rows.time[-1]),
        )

    def _contract(self, span: _Span) -> str | None:
        held = self._cache.candles
        day, start = self._day(held.time[span.first]), span.first
        while start > 0 and self._day(held.time[start - 1]) == day:
            start -= 1
        found = self._contracts.on(day, held[slice(start, span.last)])
        if found is not None and found != self.contract:
            if self.contract is not None:
                LOG.warning("%s rolled from %s to %s", self._symbol, self.contract, found)
                self._on_roll(self._symbol, self.contract, found)
            self.contract = found
        return found

    def _settle(self, after: int | None) -> None:
        """Wait for a hole in the new candles to be filled while history may be on its way.

        Raises MarketFault LOADING until the hole has stayed the same for a while; then it is one of the gaps.
        """
        holding = self._cache
        if holding.settled or after is None:
            return
        new = holding.candles.time[max(0, self._after(after) - 1) :]
        gaps = [Gap(before, at) for before, at in pairwise(new) if at - before > self._timeframe.seconds]
        holes = tuple(one.before for one in gaps if self._day(one.after) == self._day(one.before))
        if holes and not self._holes.over(holes, self._session.now()):
            holding.drop()
            when = datetime.fromtimestamp(holes[0], UTC).isoformat(timespec="minutes")
            raise MarketFault(Condition.LOADING, f"{self._symbol}: candles before {when} are missing")
        self._gaps = gaps
        holding.settled = not holding.behind

    def _after(self, after: int | None) -> int:
        times = self._cache.candles.time
        return len(times) - 1 if after is None else bisect_right(times, after)

    def _skip(self, after: int | None, times: list[int]) -> None:
        """Pass over candles without history before them: they are a gap, to be asked for again later."""
        if after is None or not times:
            return
        following = self._cache.candles.time[len(times) + self._after(after) :]
        if following and (gap := Gap(after, following[0])) not in self._gaps:
            self._gaps.append(gap)
        if times[-1] != self._skipped:
            self._skipped = times[-1]
            text = "%s: %d candles after the place have no history before them yet; asked for again later"
            LOG.warning(text, self._symbol, len(times))

    def _day(self, epoch_s: int) -> date:
        return datetime.fromtimestamp(epoch_s, self._session.zone).date()
