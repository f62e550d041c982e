"""The backtest once more, written as loops from the design's words in plain floats.

Nothing is shared with the code tested but the signals' own fields and the alert's prices.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from math import nan
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from pregao.domain.alerts.alert import AlertOrigin, raise_alert
from pregao.domain.alerts.signal import Direction, Signal

FEED = AlertOrigin("X", "X", "X", "M5", 300, 5.0, "", 300)
SIDES = {"long": 1, "short": -1}


@dataclass
class Counted:
    """Shares as [part, whole]; `there` of the alerts on other days."""

    capture: list[int] = field(default_factory=lambda: [0, 0])
    false: list[int] = field(default_factory=lambda: [0, 0])
    wins: list[int] = field(default_factory=lambda: [0, 0])
    total_r: float = 0.0
    missed: int = 0

    def add(self, how: str, r: float) -> None:
        self.false[0] += how != "target"
        self.false[1] += 1
        self.wins[0] += how == "target"
        self.wins[1] += how in ("target", "stop")
        self.total_r += r
        self.missed += how == "missed"


class NaiveBacktest:
    """Judges the given signals of a history; `cost` is of a round trip, in points."""

    def __init__(self, candles, instrument, settings, signals, cost: float = 0.0) -> None:
        self.o, self.h, self.low, self.c = (
            [float(price) for price in column]
            for column in (candles.open, candles.high, candles.low, candles.close)
        )
        zone = ZoneInfo(instrument.timezone)
        local = [datetime.fromtimestamp(int(moment), zone) for moment in candles.time]
        self.days, self.clocks = [one.date() for one in local], [one.time() for one in local]
        self.n, self.settings, self.tick, self.cost = len(candles), settings, instrument.tick_size, cost
        self.judged = [
            at >= settings.warmup - 1 and instrument.in_session(int(moment))
            for at, moment in enumerate(candles.time)
        ]
        place = {int(moment): at for at, moment in enumerate(candles.time)}
        self.alerts = [(place[one.time], one) for one in signals if self.judged[place[one.time]]]
        self.warmup, self._atr, self._ends = settings.warmup, {}, {}
        self.sessions = sorted({day for day, judged in zip(self.days, self.judged, strict=True) if judged})
        self.at = {
            (day, clock): t
            for t, (day, clock) in enumerate(zip(self.days, self.clocks, strict=True))
            if self.judged[t]
        }

    def atr(self, t: int) -> float:
        if t < self.warmup - 1:
            return nan
        if t not in self._atr:
            ranges = []
            for i in range(t - 179, t + 1):
                before = self.c[i - 1] if self.days[i] == self.days[i - 1] else self.o[i]
                ranges.append(max(self.h[i], before) - min(self.low[i], before))
            average = sum(ranges[:14]) / 14
            for value in ranges[14:]:
                average = (13 * average + value) / 14
            self._atr[t] = average
        return self._atr[t]

    def trade(self, t: int, side: str, pattern) -> tuple[str, float]:
        """How an alert on candle t ends, and its net R."""
        levels = self.settings.levels(pattern)
        key = t, side, levels
        if key not in self._ends:
            self._ends[key] = self.followed(t, side, pattern, levels)
        return self._ends[key]

    def followed(self, t, side, pattern, levels):
        feed = SimpleNamespace(
            **{name: getattr(FEED, name) for name in FEED.__slots__} | {"tick_size": self.tick}
        )
        signal = Signal(0, pattern, Direction(side), self.c[t], self.atr(t), {})
        alert = raise_alert(signal, None, feed, None, levels, 0.0)
        sign, stop, target = SIDES[side], alert.stop_loss, alert.take_profit
        if t + 1 == self.n or self.days[t + 1] != self.days[t]:
            return "missed", 0.0
        entry = self.o[t + 1]
        if not alert.entry_min - 1e-9 <= entry <= alert.entry_max + 1e-9:
            return "missed", 0.0
        how, price = "time", entry
        for i in range(t + 1, t + 13):
            if i == self.n or self.days[i] != self.days[t]:
                break
            price = self.c[i]
            if sign * (self.low[i] if sign > 0 else self.h[i]) <= sign * stop + 1e-9:
                how, price = "stop", sign * min(sign * stop, sign * self.o[i])
                break
            if sign * (self.h[i] if sign > 0 else self.low[i]) >= sign * target - 1e-9:
                how, price = "target", sign * max(sign * target, sign * self.o[i])
                break
        return how, (sign * (price - entry) - self.cost) / abs(entry - stop)

    def legs(self) -> list[tuple[int, int, str]]:
        """First and last candle and side of every leg that counts."""
        found = []
        for day in self.sessions:
            rows = [t for t in range(self.n) if self.days[t] == day and t >= self.warmup - 1]
            for start, end, side in self.zigzag(rows):
                size = self.h[end] - self.low[start] if side == "long" else self.h[start] - self.low[end]
                if size >= 4 * self.atr(start) - 1e-9:
                    found.append((start, end, side))
        return found

    def zigzag(self, rows):
        begun = self.first_leg(rows)
        if begun is None:
            return
        side, start, extreme = begun
        for t in rows[rows.index(extreme) + 1 :]:
            further = self.h[t] > self.h[extreme] if side == "long" else self.low[t] < self.low[extreme]
            if further:
                extreme = t
            back = self.h[extreme] - self.low[t] if side == "long" else self.h[t] - self.low[extreme]
            if back > 0 and back >= 1.5 * self.atr(extreme) - 1e-9:
                yield start, extreme, side
                side = "short" if side == "long" else "long"
                start, extreme = extreme, t
        yield start, extreme, side

    def first_leg(self, rows):
        for at in range(1, len(rows)):
            t, so_far = rows[at], rows[: at + 1]
            top = max(so_far, key=lambda row: (self.h[row], -row))
            bottom = min(so_far, key=lambda row: (self.low[row], row))
            rise, fall = self.h[t] - self.low[bottom], self.h[top] - self.low[t]
            rises = bottom < t and rise > 0 and rise >= 1.5 * self.atr(bottom) - 1e-9
            falls = top < t and fall > 0 and fall >= 1.5 * self.atr(top) - 1e-9
            if rises and (not falls or rise >= fall):
                return "long", bottom, t
            if falls:
                return "short", top, t
        return None

    def captures(self, leg, alerts) -> bool:
        """`alerts` are (candle, side); the first third of the leg rounds up."""
        first, last, side = leg
        count = last - first + 1
        third = count // 3 + (count % 3 > 0)
        return any((t, side) in alerts for t in range(first, first + third))

    def counted(self, pattern=None) -> Counted:
        """The counts in place, of one pattern alone or of all."""
        mine = [(t, one) for t, one in self.alerts if pattern in (None, one.pattern)]
        found = Counted()
        for t, one in mine:
            found.add(*self.trade(t, one.direction.value, one.pattern))
        rung = {(t, one.direction.value) for t, one in mine}
        legs = self.legs()
        found.capture = [sum(self.captures(leg, rung) for leg in legs), len(legs)]
        return found

    def elsewhere(self, pattern=None) -> Counted:
        """The counts of the same alerts on every other day, added up."""
        found, legs = Counted(), self.legs()
        number = {day: at for at, day in enumerate(self.sessions)}
        by_day = defaultdict(list)
        for leg in legs:
            by_day[self.days[leg[0]]].append(leg)
        for k in range(1, len(self.sessions)):
            rung = defaultdict(set)
            for t, one in self.alerts:
                if pattern not in (None, one.pattern):
                    continue
                day = self.sessions[(number[self.days[t]] + k) % len(self.sessions)]
                there = self.at.get((day, self.clocks[t]))
                if there is None:
                    continue
                found.add(*self.trade(there, one.direction.value, one.pattern))
                rung[day].add((there, one.direction.value))
            for day, its in by_day.items():
                found.capture[0] += sum(self.captures(leg, rung[day]) for leg in its)
                found.capture[1] += len(its)
        return found
