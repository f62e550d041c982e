"""The server's clock: known by a rule, or measured against live ticks and never assumed."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pregao_bridge.market import Condition, MarketFault

NO_ZONE = (ZoneInfoNotFoundError, ValueError, OSError)
"""What ZoneInfo raises for a name that is no zone; OSError for a directory of zones ("America")."""
_SHIFTED = re.compile(r"(?P<zone>.+)(?P<sign>[+-])(?P<hours>\d{1,2})(?::(?P<minutes>[0-5]\d))?")


@dataclass(frozen=True, slots=True)
class ServerZone:
    """The zone's wall clock plus `shift_s` seconds; a zone of None is UTC, which makes a fixed offset."""

    zone: ZoneInfo | None
    shift_s: int = 0

    def offset_at(self, epoch_s: float) -> int:
        """Return the server's offset at a moment (epoch seconds UTC), seconds east of UTC."""
        shown = datetime.fromtimestamp(epoch_s, UTC).astimezone(self.zone or UTC).utcoffset()
        return self.shift_s + (0 if shown is None else int(shown.total_seconds()))

    def utc(self, stamp: int) -> int:
        """Return the UTC epoch of a stamp: the server's wall clock as seconds since 1970."""
        near = stamp - self.offset_at(stamp)
        return stamp - self.offset_at(near)


def parse(text: str) -> ServerZone:
    """Read "Europe/Athens" or "America/New_York+7". Raises ValueError for what is neither."""
    try:
        return ServerZone(ZoneInfo(text))
    except NO_ZONE:
        found = _SHIFTED.fullmatch(text)
    if found is None:
        raise ValueError(text)
    seconds = int(found["hours"]) * 3600 + int(found["minutes"] or 0) * 60
    try:
        return ServerZone(ZoneInfo(found["zone"]), -seconds if found["sign"] == "-" else seconds)
    except NO_ZONE as error:
        raise ValueError(text) from error


STEP_S = 900
"""Offsets are whole quarters of an hour."""
RESIDUAL_S = 90.0
"""How far a stamp may lie from a whole offset: a tick's age and our clock's error together."""
FAR_APART_S = 600.0
"""Readings further apart say nothing: a tick that old could pass for another offset (STEP_S - RESIDUAL_S)."""
CLOSE_S = 60.0
"""Between readings this close a stamp that fits no offset is a clock gone wrong, not a tick grown old."""
FIRST, CHANGED = 3, 5
"""Fresh ticks in a row that must agree: on a first offset of the day, and on one after a doubt."""
ONE_STAMP_S = 1.0
"""Several ticks of one millisecond are usual; of one second they are not."""
EARLIEST_S, LATEST_S = -12 * 3600, 14 * 3600
"""No clock on earth is further from UTC."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A tick as read: the server's stamp in epoch ms, its prices, and our UTC clock in epoch seconds."""

    time_msc: int
    prices: tuple[float, ...]
    now: float


@dataclass(frozen=True, slots=True)
class _Era:
    """An offset that held until a moment, epoch seconds UTC."""

    offset_s: int
    until: float


@dataclass(slots=True)
class _Seen:
    """The first reading of a symbol's newest stamp, and when that stamp was last read."""

    first: Reading
    at: float


class ServerClock:
    """Offset of one server. `expected`, where given, dates stamps, and another offset measured is refused."""

    def __init__(self, zone: tzinfo, expected: ServerZone | None = None) -> None:
        """`zone` is the exchange's: a confirmed offset lasts to the end of its day there."""
        self._zone, self._expected = zone, expected
        self._seen: dict[str, _Seen] = {}
        self._offset: int | None = None
        self._good_at = 0.0
        self._candidate: int | None = None
        self._streak = 0
        self._doubt: str | None = None
        self._eras: list[_Era] = []
        self._skews: deque[float] = deque(maxlen=32)
        self._recent: deque[Reading] = deque(maxlen=64)

    @property
    def revision(self) -> int:
        """Grows when stamps are to be read anew."""
        return len(self._eras)

    @property
    def newest_msc(self) -> int:
        """Return the newest stamp read, epoch ms by the server's clock; 0 before any."""
        return max((one.first.time_msc for one in self._seen.values()), default=0)

    def stamp_of(self, symbol: str) -> int:
        """Return the symbol's newest stamp read, epoch ms by the server's clock; 0 before any."""
        seen = self._seen.get(symbol)
        return 0 if seen is None else seen.first.time_msc

    def forget_readings(self) -> None:
        """Begin readings anew: a terminal that was away may start from an older tick."""
        self._seen.clear()

    def observe(self, symbol: str, reading: Reading) -> None:
        """Take a tick into account; one that is not new says nothing, unless its prices moved under it."""
        seen = self._seen.get(symbol)
        if seen is None or reading.time_msc != seen.first.time_msc:
            self._seen[symbol] = _Seen(reading, reading.now)
            self._recent.append(reading)
        if seen is None or seen.first.time_msc <= 0:
            return
        apart_s, seen.at = reading.now - seen.at, reading.now
        if reading.time_msc < seen.first.time_msc:
            self._against("the server's clock went back")
        elif reading.time_msc > seen.first.time_msc:
            self._fresh(reading, apart_s)
        elif reading.prices != seen.first.prices and reading.now - seen.first.now > ONE_STAMP_S:
            self._against("the server's clock stands still while prices move")

    def offset_s(self, now: float) -> int:
        """Return seconds east of UTC. Raises MarketFault CLOCK_UNSURE where it is not sure at `now`."""
        if self._doubt is not None:
            raise MarketFault(Condition.CLOCK_UNSURE, f"{self._doubt}{self._progress(CHANGED)}")
        if self._offset is None:
            raise MarketFault(Condition.CLOCK_UNSURE, f"no offset measured yet{self._progress(FIRST)}")
        if self._day(now) != self._day(self._good_at):
            raise MarketFault(Condition.CLOCK_UNSURE, f"not measured today yet{self._progress(FIRST)}")
        if self._expected is not None and self._offset != (expected := self._expected.offset_at(now)):
            said = f"measured {_hours(self._offset)}, configured {_hours(expected)}"
            raise MarketFault(Condition.CLOCK_UNSURE, said)
        return self._offset

    def server_now(self, now: float) -> float:
        """Return the moment in UTC by which a candle must have closed: never ahead of either clock.

        A tick lies in the server's past, so the greatest of the recent skews to our clock is still behind the
        server's. Where the server is ahead of us ours counts: the cloud would refuse a candle of the future.
        """
        return now + min(0.0, max(self._skews, default=0.0))

    def utc(self, stamp: int) -> int:
        """Return the UTC epoch of a server's stamp: by the rule, or by the offset measured for its time."""
        if self._expected is not None:
            return self._expected.utc(stamp)
        for era in self._eras:
            if stamp - era.offset_s <= era.until:
                return stamp - era.offset_s
        return stamp - (self._offset or 0)

    def _fresh(self, reading: Reading, apart_s: float) -> None:
        if apart_s > FAR_APART_S:
            return
        difference = reading.time_msc / 1000 - reading.now
        offset = STEP_S * round(difference / STEP_S)
        skew = difference - offset
        if abs(skew) <= RESIDUAL_S and EARLIEST_S <= offset <= LATEST_S:
            self._vote(offset, skew, reading.now)
        elif apart_s <= CLOSE_S:
            self._against(f"a new tick is {difference:.0f} s from UTC, near no whole offset")

    def _vote(self, offset: int, skew: float, now: float) -> None:
        if self._doubt is None and self._offset not in {None, offset}:
            self._against(f"the server's offset went from {_hours(self._offset or 0)} to {_hours(offset)}")
        if not self._sure_of(offset, now):
            self._streak = self._streak + 1 if offset == self._candidate else 1
            self._candidate = offset
            if self._streak < (FIRST if self._doubt is None else CHANGED):
                return
        self._confirm(offset, now)
        self._skews.append(skew)

    def _sure_of(self, offset: int, now: float) -> bool:
        return self._doubt is None and offset == self._offset and self._day(now) == self._day(self._good_at)

    def _confirm(self, offset: int, now: float) -> None:
        if self._offset not in {None, offset}:
            self._skews.clear()
            if self._expected is None:  # an offset that was not believed dates no candle
                self._eras.append(self._past(self._offset or 0, offset))
        self._offset, self._good_at = offset, now
        self._doubt, self._candidate, self._streak = None, None, 0

    def _past(self, old: int, new: int) -> _Era:
        """Return the era that ends: at the newest stamp read that was not fresh by the new offset."""
        ends = [self._good_at]
        for one in self._recent:
            stamp = one.time_msc / 1000
            if abs(stamp - new - one.now) > RESIDUAL_S and stamp - old <= one.now + RESIDUAL_S:
                ends.append(stamp - old)
        return _Era(old, max(ends))

    def _against(self, why: str) -> None:
        self._candidate, self._streak = None, 0
        self._doubt = why

    def _progress(self, needed: int) -> str:
        if self._candidate is None:
            return ": waiting for live ticks"
        return f": {self._streak} of {needed} fresh ticks say {_hours(self._candidate)}"

    def _day(self, at: float) -> date:
        return datetime.fromtimestamp(at, self._zone).date()


def _hours(offset_s: int) -> str:
    """Format as UTC-03:00."""
    sign, size = "-" if offset_s < 0 else "+", abs(offset_s)
    return f"UTC{sign}{size // 3600:02d}:{size % 3600 // 60:02d}"
