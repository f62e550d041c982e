"""The calibration that a candle's session is judged with, read once per process, feed and session."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pregao.wire.calibration_v1 import Grid

if TYPE_CHECKING:
    from pregao.domain.calibration.live import Calibration, Known
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.ports.calibration import CalibrationReader

OLDEST = 5
"""Sessions before a candle's own whose calibration still counts."""
KEPT = 64
"""Sessions that a process remembers; a feed has one at a time, a replay a few."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calibrations:
    """Reads calibrations; `failed` hears of one that could not be read. No alert waits for a better one."""

    book: CalibrationReader
    failed: Callable[[Exception], None]
    _read: OrderedDict[tuple[Grid, date], Calibration | None] = field(default_factory=OrderedDict)

    def of(self, instrument: Instrument, timeframe: str) -> Known:
        """Return what tells the calibration of the newest session before a day's, at most OLDEST before it.

        None where there is none, or it is wrong or cannot be read: then nothing is told of sizes.
        """
        grid = Grid.of(instrument, timeframe)

        def known(day: date) -> Calibration | None:
            key = grid, day
            if key not in self._read:
                first, last = _oldest(instrument, day), day - _DAY
                try:
                    self._read[key] = _of_before(self.book.newest(grid, first, last), first, last)
                except ValueError as unreadable:
                    self.failed(unreadable)
                    self._read[key] = None
                except Exception as unread:  # noqa: BLE001 whatever the store says, the alert goes on
                    self.failed(unread)
                    return None  # the next post asks again
                while len(self._read) > KEPT:
                    self._read.popitem(last=False)
            return self._read[key]

        return known


def _of_before(found: Calibration | None, first: date, last: date) -> Calibration | None:
    if found is not None and not first <= found.session <= last:
        raise ValueError(f"asked for a calibration of {first} to {last}, got that of {found.session}")
    return found


def _oldest(instrument: Instrument, day: date) -> date:
    for _ in range(OLDEST):
        day = instrument.sessions.days.on_or_before(day - _DAY)
    return day
