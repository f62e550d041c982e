"""When an instrument trades: on which days, from when to when, and how both changed over the years."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta

MIDNIGHT = time(0)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """Wall clock at the exchange; the last candle opens before `close`, and 00:00 there is the day's end."""

    open: time
    close: time

    def hold(self, moment: time) -> bool:
        """Tell whether a candle that opens then belongs to them."""
        return self.open <= moment and (moment < self.close or self.close == MIDNIGHT)


@dataclass(frozen=True, slots=True)
class Season:
    """Hours that were others than the usual ones, from the first to the last day, both included."""

    first: date
    last: date
    hours: Hours


@dataclass(frozen=True, slots=True)
class TradingDays:
    """The days of an exchange: its weekdays (Monday = 0) less those on which it is closed.

    `closed` names each holiday; `late_opens` are days that begin late (Ash Wednesday at B3). Holidays after
    `known_until` are not known: there weekdays alone decide.
    """

    weekdays: frozenset[int] = frozenset(range(5))
    closed: Mapping[date, str] = field(default_factory=dict)
    late_opens: Mapping[date, time] = field(default_factory=dict)
    known_until: date = date.max

    def __contains__(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.closed

    def on_or_after(self, day: date) -> date:
        """Return the first trading day from that day on."""
        while day not in self:
            day += _DAY
        return day

    def on_or_before(self, day: date) -> date:
        """Return the last trading day up to that day."""
        while day not in self:
            day -= _DAY
        return day

    def before(self, day: date, count: int) -> date:
        """Return the trading day that lies so many before a day."""
        for _ in range(count):
            day = self.on_or_before(day - _DAY)
        return day


@dataclass(frozen=True, slots=True)
class Sessions:
    """An instrument's hours, the seasons in which they were others, and the days of its exchange."""

    usual: Hours
    days: TradingDays = TradingDays()
    seasons: tuple[Season, ...] = ()

    def on(self, day: date) -> Hours | None:
        """Return the hours of a day, None where there is no session."""
        if day not in self.days:
            return None
        hours = next((one.hours for one in self.seasons if one.first <= day <= one.last), self.usual)
        late = self.days.late_opens.get(day, hours.open)
        return Hours(max(late, hours.open), hours.close)
