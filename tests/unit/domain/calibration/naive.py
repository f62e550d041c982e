"""Usual ranges, hot candles and what came once more, as loops from the design's words in whole ticks."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from math import exp, isnan, log
from zoneinfo import ZoneInfo

import numpy as np


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

    def bands(self, atr) -> dict[int, tuple[float, float, float]]:
        """Return band and prediction of the range ahead of every candle that has one; `atr` in ticks too.

        In ticks: low end, prediction, high end.
        """
        found, errors, learnt = {}, [], []
        left_out = {(hour, side): 0.1 for hour in range(24) for side in "lh"}
        ends = None
        for day in self.sessions:
            rows = [t for t in range(self.n) if self.days[t] == day and self.terms(t, atr)]
            fit = least_squares(learnt)
            middle = (
                {t: sum(k * x for k, x in zip(fit, self.terms(t, atr), strict=True)) for t in rows}
                if fit
                else {}
            )
            if fit and ends:
                for t in rows:
                    low, high = ends[self.slots[t].hour]
                    found[t] = exp(middle[t] + low), exp(middle[t]), exp(middle[t] + high)
            over = [t for t in rows if self.ahead(t) is not None]
            came = {t: log(max(1, self.ahead(t))) for t in over}
            learnt.append([(self.terms(t, atr), came[t]) for t in over])
            if not fit or not over:
                continue
            if ends:
                self._correct(left_out, over, ends, {t: came[t] - middle[t] for t in over})
            errors = [*errors, [(self.slots[t].hour, came[t] - middle[t]) for t in over]][-60:]
            ends = drawn(errors, left_out)
        return found

    def terms(self, t: int, atr) -> list[float] | None:
        """Return the seven terms of a candle, None where one is not known."""
        usual = self.usual_ahead(t)
        if usual is None or isnan(atr[t]) or t < 11:
            return None
        last = [sum(self.range(i) for i in range(t - k + 1, t + 1)) / k for k in (1, 3, 6, 12)]
        return [1.0, *(log(max(1, x)) for x in (atr[t], float(usual), *last))]

    def _correct(self, left_out, over, ends, error) -> None:
        """Half a step by what the session exceeded, half by what the hour did."""
        for side in "lh":
            beyond = {
                t: error[t] < ends[self.slots[t].hour][0]
                if side == "l"
                else error[t] > ends[self.slots[t].hour][1]
                for t in over
            }
            for hour in range(24):
                own = [beyond[t] for t in over if self.slots[t].hour == hour]
                moved = left_out[hour, side] + 0.05 * (0.1 - sum(beyond.values()) / len(over))
                if own:
                    moved += 0.05 * (0.1 - sum(own) / len(own))
                left_out[hour, side] = min(0.5, max(0.005, moved))


def least_squares(learnt) -> list[float] | None:
    """Return the seven coefficients over the last 120 sessions, None before ten sessions are there."""
    sessions = [one for one in learnt[-120:] if one]
    if len(sessions) < 10:
        return None
    cases = [case for one in sessions for case in one]
    return np.linalg.lstsq(np.array([x for x, _ in cases]), np.array([y for _, y in cases]), rcond=None)[
        0
    ].tolist()


def drawn(errors, left_out):
    """Return the ends of every hour's band: of its own errors where it has a hundred, of all otherwise."""
    every = [error for session in errors for _, error in session]
    if len(every) < 100:
        return None
    ends = {}
    for hour in range(24):
        own = [error for session in errors for at, error in session if at == hour]
        values = own if len(own) >= 100 else every
        ends[hour] = np.quantile(values, left_out[hour, "l"]), np.quantile(values, 1 - left_out[hour, "h"])
    return ends
