"""When an operator may be e-mailed: days on duty, absences, quiet hours. Open screens always ring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

DESK_ZONE = ZoneInfo("America/Sao_Paulo")


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of the desk's clock without e-mail; `end` before `start` runs past midnight."""

    start: time
    end: time

    def hold(self, moment: time) -> bool:
        """Tell whether that moment is within them; the end is not."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


@dataclass(frozen=True, slots=True)
class Away:
    """Days without duty, the last one included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Duty:
    """Weekdays on duty (Monday = 0), absences, quiet hours."""

    weekdays: frozenset[int] = frozenset(range(7))
    away: tuple[Away, ...] = ()
    quiet: tuple[Quiet, ...] = ()

    def why_not(self, now: float) -> str | None:
        """Return why no e-mail goes out at `now` (epoch seconds), "off_duty" or "quiet_hours", else None."""
        local = datetime.fromtimestamp(now, DESK_ZONE)
        day = local.date()
        if day.weekday() not in self.weekdays or any(one.first <= day <= one.last for one in self.away):
            return "off_duty"
        if any(one.hold(local.time()) for one in self.quiet):
            return "quiet_hours"
        return None


ALWAYS_ON_DUTY = Duty()
