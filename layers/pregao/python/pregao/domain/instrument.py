"""What is traded: its grid, its hours, its front contract."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pregao.domain.alert import to_tick

MONTH_LETTERS = "FGHJKMNQUVXZ"
"""The exchange's letters for January to December."""

WEDNESDAY, FRIDAY, SATURDAY = 2, 4, 5
EVERY_WORKING_DAY = frozenset(range(5))


class Expiry(StrEnum):
    """The day of its month on which a contract expires, by weekdays alone: holidays are not known here."""

    WEDNESDAY_NEAREST_15TH = "wednesday_nearest_15th"
    FIRST_BUSINESS_DAY = "first_business_day"
    LAST_FRIDAY = "last_friday"

    def day(self, year: int, month: int) -> date:
        """Return the expiry date; `first_business_day` is the first Monday-to-Friday of the month."""
        if self is Expiry.WEDNESDAY_NEAREST_15TH:
            return _nearest(date(year, month, 15), WEDNESDAY)
        if self is Expiry.FIRST_BUSINESS_DAY:
            return _first_working_day(year, month)
        last = date(year, month, monthrange(year, month)[1])
        return last - timedelta((last.weekday() - FRIDAY) % 7)


@dataclass(frozen=True, slots=True)
class ContractRule:
    """Which months have a contract (exchange letters, e.g. "GJMQVZ") and when it expires."""

    months: str
    expiry: Expiry


@dataclass(frozen=True, slots=True)
class Instrument:
    """One traded thing under all its feed names.

    tick_size in price points; point_value in money of the account per point; timezone an IANA name;
    session_open and session_close are wall clock there, the last candle opens before the close, and equal
    times mean around the clock; weekdays count from Monday = 0. Without contracts the name is the contract.
    """

    name: str
    tick_size: float
    point_value: float
    timezone: str
    session_open: time
    session_close: time
    weekdays: frozenset[int] = EVERY_WORKING_DAY
    contracts: ContractRule | None = None

    def in_session(self, epoch_s: int) -> bool:
        """Tell whether a candle that opens then (epoch seconds UTC) belongs to a regular session."""
        local = self._local(epoch_s)
        if local.weekday() not in self.weekdays:
            return False
        if self.session_open == self.session_close:
            return True
        return self.session_open <= local.time() < self.session_close

    def local_date(self, epoch_s: int) -> date:
        """Return the date at the exchange at that moment (epoch seconds UTC)."""
        return self._local(epoch_s).date()

    def contract_on(self, day: date) -> str:
        """Return the front contract: the first that expires after the day, e.g. "WINZ26"."""
        if self.contracts is None:
            return self.name
        year, month = day.year, day.month
        while not self._listed(month) or self.contracts.expiry.day(year, month) <= day:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        return f"{self.name}{MONTH_LETTERS[month - 1]}{year % 100:02d}"

    def owns_contract(self, code: str) -> bool:
        """Tell whether a code such as "WINZ26" is one of this instrument's contracts."""
        if self.contracts is None:
            return code == self.name
        return re.fullmatch(rf"{re.escape(self.name)}[{self.contracts.months}]\d\d", code) is not None

    def round_to_tick(self, price: float) -> float:
        """Round to the nearest multiple of the tick; halves go to the even multiple."""
        return to_tick(price, self.tick_size)

    def _listed(self, month: int) -> bool:
        return self.contracts is not None and MONTH_LETTERS[month - 1] in self.contracts.months

    def _local(self, epoch_s: int) -> datetime:
        return datetime.fromtimestamp(epoch_s, ZoneInfo(self.timezone))


def _nearest(day: date, weekday: int) -> date:
    ahead = (weekday - day.weekday()) % 7
    return day + timedelta(ahead if ahead <= 3 else ahead - 7)


def _first_working_day(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(7 - first.weekday() if first.weekday() >= SATURDAY else 0)
