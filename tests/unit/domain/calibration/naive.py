"""Usual ranges, hot candles and what came once more, as loops from the design's words in whole ticks."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo


class NaiveSize:
    """usual(t) and usual_ahead(t) are None where too few sessions have the slot."""

    def __init__(self, candles, instrument, factor=2) -> None:
        def ticks(column):
            return [round(float(price) / instrument.tick_size) for price in column]

        self.o, self.h, self.low, self.c = map(
            ticks, (candles.open, candles.high, candles.low, candles.close)
        )
        zone = ZoneInfo(instrument.timezone)
        local = [datetime.fromtimestamp(int(moment), zone) for moment in candles.time]
        self.days, self.slots, self.n = (
            [one.date() for one in local],
            [one.time() for one in local],
            len(local),
        )
        self.sessions = sorted(set(self.days))
        self.at = {(day, slot): t for t, (day, slot) in enumerate(zip(self.days, self.slots, strict=True))}
        self.factor = factor

    def range(self, t: int) -> int:
        before = self.c[t - 1] if t and self.days[t - 1] == self.days[t] else self.o[t]
        return max(self.h[t], before) - min(self.low[t], before)

    def ahead(self, t: int) -> int | None:
        rows = [i for i in range(t + 1, t + 13) if i < self.n and self.days[i] == self.days[t]]
        return max(self.h[i] for i in rows) - min(self.low[i] for i in rows) if rows else None

    def before(self, t: int):
        """The candles of the slot in the last 20 sessions before this one."""
        number = self.sessions.index(self.days[t])
        return [
            self.at[day, self.slots[t]]
            for day in self.sessions[max(0, number - 20) : number]
            if (day, self.slots[t]) in self.at
        ]

    def usual(self, t: int) -> Fraction | None:
        values = [self.range(i) for i in self.before(t)]
        return Fraction(sum(values), len(values)) if len(values) >= 10 else None

    def usual_ahead(self, t: int) -> Fraction | None:
        values = [self.ahead(i) for i in self.before(t) if self.ahead(i) is not None]
        return Fraction(sum(values), len(values)) if len(values) >= 10 else None

    def hot(self, t: int) -> bool:
        rows = range(t - 5, t + 1)
        if t < 5 or self.days[t - 5] != self.days[t]:
            return False
        usual = [self.usual(i) for i in rows]
        if None in usual or not sum(usual):
            return False
        return sum(self.range(i) for i in rows) >= self.factor * sum(usual)

    def fires(self, t: int) -> bool:
        rows = [i for i in range(max(0, t - 12), t) if self.days[i] == self.days[t]]
        return self.hot(t) and not any(self.hot(i) for i in rows)

    def came(self, t: int) -> bool | None:
        """Whether an unusual range came; None where it is not known what is usual."""
        usual, ahead = self.usual_ahead(t), self.ahead(t)
        if usual is None:
            return None
        return ahead is not None and ahead >= Fraction(3, 2) * usual
