"""The shape of config/calendar.yaml, and of an instrument's hours in config/alertas.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal

from pregao.config.strict import Strict
from pregao.domain.detectors.bounds import held
from pregao.domain.market.sessions import MIDNIGHT, Hours, Season, Sessions, TradingDays

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, kw_only=True)
class CalendarConfig(Strict):
    """The trading days of one exchange; see `pregao.domain.market.sessions.TradingDays`."""

    weekdays: Annotated[tuple[Weekday, ...], held(min_length=1)] = ("mon", "tue", "wed", "thu", "fri")
    known_until: date
    closed: dict[date, str] = field(default_factory=dict)
    late_opens: dict[date, time] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError naming what does not fit together."""
        for day in (*self.closed, *self.late_opens):
            if day > self.known_until:
                raise ValueError(
                    f"{day} is after known_until; move known_until on to the last day you checked"
                )
        both = sorted(set(self.closed) & set(self.late_opens))
        if both:
            raise ValueError(f"{both[0]} is closed and opens late; keep one")

    @cached_property
    def days(self) -> TradingDays:
        """Return the days as the domain knows them."""
        weekdays = frozenset(WEEKDAYS.index(day) for day in self.weekdays)
        return TradingDays(weekdays, self.closed, self.late_opens, self.known_until)


@dataclass(frozen=True, kw_only=True)
class SeasonConfig(Strict):
    """Days, both included, on which an instrument opened or closed at another hour."""

    first: date
    last: date
    open: time | None = None
    close: time | None = None


@dataclass(frozen=True, kw_only=True)
class SessionConfig(Strict):
    """An instrument's calendar and hours."""

    calendar: str
    session_open: time
    session_close: time
    seasons: tuple[SeasonConfig, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError naming what does not fit together."""
        self._hours()
        by_day = sorted(self.seasons, key=lambda season: season.first)
        for season in by_day:
            if season.last < season.first:
                raise ValueError(f"a season ends on {season.last}, before it begins on {season.first}")
        for one, other in pairwise(by_day):
            if other.first <= one.last:
                raise ValueError(f"two seasons hold {other.first}; let one end before the other begins")

    def sessions(self, days: TradingDays) -> Sessions:
        """Return the sessions on these days as the domain knows them."""
        usual, *others = self._hours()
        seasons = zip(self.seasons, others, strict=True)
        return Sessions(usual, days, tuple(Season(one.first, one.last, hours) for one, hours in seasons))

    def _hours(self) -> list[Hours]:
        """Return the usual hours and those of each season; raises ValueError for hours across midnight."""
        every = [Hours(self.session_open, self.session_close)]
        every += [
            Hours(one.open or self.session_open, one.close or self.session_close) for one in self.seasons
        ]
        for hours in every:
            if hours.close != MIDNIGHT and hours.close <= hours.open:
                raise ValueError(
                    f"a session from {hours.open:%H:%M} to {hours.close:%H:%M} crosses midnight;"
                    " close at 00:00 at the latest, or name a timezone in which it does not"
                )
        return every
