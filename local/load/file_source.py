"""A candle file in the place of the terminal: the bridge's Source over candles released bit by bit."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao.domain.alerts.opportunity import LOOK_BACK
from pregao_bridge.batch import Columns, Window
from pregao_bridge.terminal.replay import made_up

if TYPE_CHECKING:
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument
    from pregao_bridge.market import Tick


class FileSource:
    """Candles of which the first `released` have closed; the first `warmup` are history only."""

    def __init__(self, candles: Candles, instrument: Instrument, warmup: int) -> None:
        self._columns = Columns(*(getattr(candles, field.name).tolist() for field in fields(candles)))
        self._instrument, self._warmup = instrument, warmup
        self.released = len(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        """Return the next released candles of one exchange date with the history before them.

        And the LOOK_BACK candles before that, as far as there are any.
        """
        seen = 0 if after is None else bisect_right(self._columns.time, after)
        first = max(seen, self._warmup)
        last = self._end_of_date(first, min(first + at_most, self.released))
        if first >= last or first < history:
            return None
        start = self._columns.time[first]
        day = self._instrument.local_date(start)
        begin = max(0, first - history - LOOK_BACK)
        return Window(
            self._columns[slice(begin, last)],
            first - begin,
            self._instrument.contract_on(day),
            self._offset(start),
        )

    def price(self, at: int, formed_s: float, seconds: float) -> Tick | None:
        """Return a made-up price of a candle that has formed for so long; None after the last one."""
        return made_up(self._columns, at, formed_s, seconds)

    def _end_of_date(self, first: int, last: int) -> int:
        times, date = self._columns.time, self._instrument.local_date
        while last > first + 1 and date(times[last - 1]) != date(times[first]):
            last -= 1
        return last

    def _offset(self, epoch_s: int) -> int:
        shift = datetime.fromtimestamp(epoch_s, ZoneInfo(self._instrument.timezone)).utcoffset()
        return 0 if shift is None else int(shift.total_seconds())
