"""What is traded: its grid, its hours, its front contract."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pregao.domain.market.candle import to_tick
from pregao.domain.market.sessions import MIDNIGHT, Sessions, TradingDays

MONTH_LETTERS = "FGHJKMNQUVXZ"
"""The exchange's letters for January to December."""

FAR_DAYS = 15
"""No exchange is closed for so long."""
_WEDNESDAY, _FRIDAY = 2, 4


class Expiry(StrEnum):
    """The day of its month on which a contract expires, as B3's contract specifications have it.

    Where the day is a holiday, WIN and IND expire on the next trading day, BIT on the one before.
    """

    WEDNESDAY_NEAREST_15TH = "wednesday_nearest_15th"
    FIRST_BUSINESS_DAY = "first_business_day"
    LAST_FRIDAY = "last_friday"

    def day(self, year: int, month: int, days: TradingDays) -> date:
        """Return the expiry date."""
        if self is Expiry.WEDNESDAY_NEAREST_15TH:
            return days.on_or_after(_nearest(date(year, month, 15), _WEDNESDAY))
        if self is Expiry.FIRST_BUSINESS_DAY:
            return days.on_or_after(date(year, month, 1))
        last = date(year, month, monthrange(year, month)[1])
        return days.on_or_before(last - timedelta((last.weekday() - _FRIDAY) % 7))


@dataclass(frozen=True, slots=True)
class ContractRule:
    """Which months have a contract (exchange letters, e.g. "GJMQVZ") and when it expires."""

    months: str
    expiry: Expiry


@dataclass(frozen=True, slots=True)
class Instrument:
    """One traded thing under all its feed names.

    tick_size in price points; point_value in money of the account per point; timezone an IANA name;
    `sessions` in wall clock there. Without contracts the name is the contract. `asked_as` is the contract
    whose code the instrument was asked for by ("WINM26"): its candles are of that contract on every day.
    """

    name: str
    tick_size: float
    point_value: float
    timezone: str
    sessions: Sessions
    contracts: ContractRule | None = None
    asked_as: str | None = None

    def in_session(self, epoch_s: int) -> bool:
        """Tell whether a candle that opens then (epoch seconds UTC) belongs to a regular session."""
        local = self._local(epoch_s)
        hours = self.sessions.on(local.date())
        return hours is not None and hours.hold(local.time())

    def local_date(self, epoch_s: int) -> date:
        """Return the date at the exchange at that moment (epoch seconds UTC)."""
        return self._local(epoch_s).date()

    def session_at(self, now: float) -> tuple[int, int] | None:
        """Return the open and the close of the session at `now` (epoch seconds UTC), None outside of any."""
        span = self.session_of(self.local_date(int(now)))
        return span if span and span[0] <= now < span[1] else None

    def last_open(self, timeframe_s: int, until: float) -> int | None:
        """Return the open of the last candle of any session that opens at or before `until`."""
        day = self.local_date(int(until))
        for back in range(FAR_DAYS):
            span = self.session_of(day - timedelta(back))
            if span is None:
                continue
            found = int(min(until, span[1] - 1) // timeframe_s) * timeframe_s
            if found >= span[0]:
                return found
        return None

    def next_open(self, timeframe_s: int, after: float) -> int | None:
        """Return the open of the first candle of any session that opens after `after`."""
        day = self.local_date(int(after))
        for ahead in range(FAR_DAYS):
            span = self.session_of(day + timedelta(ahead))
            if span is None:
                continue
            found = max(-(-span[0] // timeframe_s), int(after // timeframe_s) + 1) * timeframe_s
            if found < span[1]:
                return found
        return None

    def opens_between(self, timeframe_s: int, after: float, until: float) -> int:
        """Count the candles of any session that open after `after` and at `until` at the latest."""
        count, opened = 0, self.next_open(timeframe_s, after)
        while opened is not None and opened <= until:
            count, opened = count + 1, self.next_open(timeframe_s, opened)
        return count

    def contract_on(self, day: date) -> str:
        """Return the contract asked for, or the front one: the first to expire after the day ("WINZ26")."""
        if self.asked_as is not None:
            return self.asked_as
        if self.contracts is None:
            return self.name
        year, month = day.year, day.month
        while not self._listed(month) or self.contracts.expiry.day(year, month, self.sessions.days) <= day:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return f"{self.name}{MONTH_LETTERS[month - 1]}{year % 100:02d}"

    def of_feed(self, symbol: str) -> Instrument:
        """Return the instrument as a feed of that name has it: one contract alone where the name is one."""
        return replace(self, contracts=None) if self.owns_contract(symbol) else self

    def owns_contract(self, code: str) -> bool:
        """Tell whether a code such as "WINZ26" is one of this instrument's contracts."""
        if self.contracts is None:
            return code == self.name
        return re.fullmatch(rf"{re.escape(self.name)}[{self.contracts.months}]\d\d", code) is not None

    def follows(self, contract: str, other: str) -> bool:
        """Tell whether a contract of this instrument expires after another ("WING27" after "WINZ26")."""
        if contract == other or not (self.owns_contract(contract) and self.owns_contract(other)):
            return False
        return _expires(contract) > _expires(other)

    def round_to_tick(self, price: float) -> float:
        """Round to the nearest multiple of the tick; halves go to the even multiple."""
        return to_tick(price, self.tick_size)

    def session_of(self, day: date) -> tuple[int, int] | None:
        """Return the open and the close of a day's session (epoch seconds UTC), None where there is none."""
        hours = self.sessions.on(day)
        if hours is None:
            return None
        zone = ZoneInfo(self.timezone)
        ends = day + timedelta(hours.close == MIDNIGHT)
        opened, closed = datetime.combine(day, hours.open, zone), datetime.combine(ends, hours.close, zone)
        return int(opened.timestamp()), int(closed.timestamp())

    def _listed(self, month: int) -> bool:
        return self.contracts is not None and MONTH_LETTERS[month - 1] in self.contracts.months

    def _local(self, epoch_s: int) -> datetime:
        return datetime.fromtimestamp(epoch_s, ZoneInfo(self.timezone))


def _expires(contract: str) -> tuple[int, int]:
    """Return year and month of a contract's code."""
    return int(contract[-2:]), MONTH_LETTERS.index(contract[-3])


def _nearest(day: date, weekday: int) -> date:
    ahead = (weekday - day.weekday()) % 7
    return day + timedelta(ahead if ahead <= 3 else ahead - 7)
