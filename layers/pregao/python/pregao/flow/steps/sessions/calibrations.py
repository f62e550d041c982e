"""The calibration that a candle's session is judged with, read once per process, feed and session.

Where that of the session before is not there yet it is asked for again after a while: it may be late.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import inf
from typing import TYPE_CHECKING

from pregao.wire.calibration_v1 import Grid

if TYPE_CHECKING:
    from pregao.domain.calibration.live import Calibration, Known
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.ports.calibration import CalibrationReader

OLDEST = 5
"""Sessions before a candle's own whose calibration still counts."""
KEPT = 2_000
"""Sessions that a process remembers, 55 to 130 KB each; a feed has one at a time, two after the open.

With fewer than its feeds have, a process would read each of them anew for every candle.
"""
AGAIN_S = 3600.0
"""After so long a process asks again where it has no calibration, or not that of the session before."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calibrations:
    """Reads calibrations; `failed` hears of one that could not be read. No alert waits for a better one.

    `clock` gives epoch seconds.
    """

    book: CalibrationReader
    failed: Callable[[Exception], None]
    clock: Callable[[], float]
    _read: OrderedDict[tuple[Grid, date], _Read] = field(default_factory=OrderedDict)

    def of(self, instrument: Instrument, timeframe: str) -> Known:
        """Return what tells the calibration of the newest session before a day's, at most OLDEST before it.

        None where there is none, or it is wrong or cannot be read: then nothing is told of sizes.
        """
        grid = Grid.of(instrument, timeframe)

        def known(day: date) -> Calibration | None:
            read = self._read.get((grid, day))
            if read is None or read.until <= self.clock():
                read = self._ask(grid, day, instrument)
            return read.known

        return known

    def _ask(self, grid: Grid, day: date, instrument: Instrument) -> _Read:
        first, last, found = instrument.sessions.days.before(day, OLDEST), day - _DAY, None
        try:
            found = _of_before(self.book.newest(grid, first, last), first, last)
        except ValueError as unreadable:
            self.failed(unreadable)
        except Exception as unread:  # noqa: BLE001 whatever the store says, the alert goes on
            self.failed(unread)
            return _Read(None, 0.0)  # the next post asks again
        newest = found is not None and found.session >= instrument.sessions.days.before(day, 1)
        read = _Read(found, inf if newest else self.clock() + AGAIN_S)
        self._read[grid, day] = read
        while len(self._read) > KEPT:
            self._read.popitem(last=False)
        return read


@dataclass(frozen=True, slots=True)
class _Read:
    """What was found, and until when (epoch seconds) that is not asked for again."""

    known: Calibration | None
    until: float


def _of_before(found: Calibration | None, first: date, last: date) -> Calibration | None:
    if found is not None and not first <= found.session <= last:
        raise ValueError(f"asked for a calibration of {first} to {last}, got that of {found.session}")
    return found
