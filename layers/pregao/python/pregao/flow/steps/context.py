"""What the alerts of a post know of their contract, read while something else is being read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from pregao.domain.alerts.alert import Alert
from pregao.domain.market.bulletin import Context, context_of, oldest_useful

if TYPE_CHECKING:
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.ports.bulletin import BulletinBook

_DAY = timedelta(days=1)

Contexts = Callable[[Alert], Context | None]
"""Tells an alert's context; waits where it is still being read."""


@dataclass(frozen=True, slots=True)
class AlertContextLoader:
    """Where bulletins are read, and by whom."""

    book: BulletinBook
    pool: Executor

    def of(self, alerts: Sequence[Alert], instrument: Instrument, now: float) -> Contexts:
        """Begin to read what the alerts of one contract may know at `now`, and return what tells it.

        Nothing is read where there is no alert, or no contract of which a bulletin tells. A failure is
        raised where the context is asked for.
        """
        if not alerts or instrument.contracts is None:
            return nothing
        days = instrument.sessions.days
        dates = {alert.id: instrument.local_date(alert.candle.time) for alert in alerts}
        first = days.on_or_before(oldest_useful(min(dates.values()), days) - _DAY)
        last = max(dates.values()) - _DAY
        reading = self.pool.submit(self.book.between, alerts[0].contract, first, last)
        return lambda alert: context_of(alert.price, dates[alert.id], reading.result(), days, now)


def nothing(_alert: Alert) -> None:
    """Tell the context of alerts of which nothing is known."""
