"""A terminal's closed candles as windows: the bridge's Source over MetaTrader 5."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from pregao_bridge.batch import Gap, Window
from pregao_bridge.holding import Holding, Patience
from pregao_bridge.market import Condition, MarketFault

if TYPE_CHECKING:
    from pregao_bridge.codes import Timeframe
    from pregao_bridge.contracts import Contracts
    from pregao_bridge.session import Session

LOG = logging.getLogger(__name__)

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
        self, session: Session, symbol: str, timeframe: Timeframe, contracts: Contracts, on_roll: OnRoll
    ) -> None:
        self._session, self._symbol, self._timeframe = session, symbol, timeframe
        self._contracts, self._on_roll = contracts, on_roll
        self._holding = Holding(session, symbol, timeframe)
        self._holes = Patience()
        self._gaps: list[Gap] = []
        self._skipped: int | None = None
        self.contract: str | None = None

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        """Return up to `at_most` candles that opened after `after` and `history` before them.

        As `feed.Source` has it; without `after` it begins at the newest closed candle. Raises MarketFault.
        """
        session = self._session
        with session.link.lock:
            state = session.ready(self._symbol)
            session.offset_s(self._symbol)
            self._holding.refresh(after, history, state.terminal.maxbars)
            self._settle(after)
            span = self._span(after, history, at_most)
            return None if span is None else self._cut(span, history)

    def _span(self, after: int | None, history: int, at_most: int) -> _Span | None:
        times = self._holding.candles.time
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
        held = self._holding.candles
        opened = held.time[span.first]
        offset = datetime.fromtimestamp(opened, self._session.zone).utcoffset()
        rows = held[slice(span.first - history, span.last)]
        return Window(
            rows,
            history,
            self._contract(span),
            0 if offset is None else int(offset.total_seconds()),
            aside=self._holding.doubled_within(rows),
            gaps=tuple(one for one in self._gaps if rows.time[history] <= one.before <= rows.time[-1]),
        )

    def _contract(self, span: _Span) -> str | None:
        held = self._holding.candles
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
        holding = self._holding
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
        times = self._holding.candles.time
        return len(times) - 1 if after is None else bisect_right(times, after)

    def _skip(self, after: int | None, times: list[int]) -> None:
        """Pass over candles without history before them: they are a gap, to be asked for again later."""
        if after is None or not times:
            return
        following = self._holding.candles.time[len(times) + self._after(after) :]
        if following and (gap := Gap(after, following[0])) not in self._gaps:
            self._gaps.append(gap)
        if times[-1] != self._skipped:
            self._skipped = times[-1]
            text = "%s: %d candles after the place have no history before them yet; asked for again later"
            LOG.warning(text, self._symbol, len(times))

    def _day(self, epoch_s: int) -> date:
        return datetime.fromtimestamp(epoch_s, self._session.zone).date()
