"""The four patterns once more, written as loops from the design's words, to hold the vectorised ones against.

Prices become whole ticks and all is exact, integers and fractions; nothing is shared with the code tested.
"""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from functools import cache
from itertools import pairwise
from operator import gt, lt, mul
from zoneinfo import ZoneInfo

WEIGHTS = [13**166] * 14 + [14 ** (1 + i) * 13 ** (165 - i) for i in range(166)]
"""What each of 180 values counts in Wilder's average of them, times 14**167."""


class Naive:
    """Loops over one series; signals() gives {(index, pattern, direction)}."""

    def __init__(self, candles, instrument, settings) -> None:
        def ticks(column):
            return [round(float(price) / instrument.tick_size) for price in column]

        self.o, self.h, self.low, self.c = map(
            ticks, (candles.open, candles.high, candles.low, candles.close)
        )
        self.s, self.n = settings, len(candles)
        zone = ZoneInfo(instrument.timezone)
        days = [datetime.fromtimestamp(int(moment), zone).date() for moment in candles.time]
        self.days, self.times = days, candles.time.tolist()
        self.step = min(b - a for a, b in pairwise(self.times))
        gap = roll = 0
        self.shift, self.rolled = [], []
        for t in range(self.n):
            if t and days[t] != days[t - 1]:
                night = self.o[t] - self.c[t - 1]
                gap += night
                if instrument.contract_on(days[t]) != instrument.contract_on(days[t - 1]):
                    roll += night
            self.shift.append(gap)
            self.rolled.append(roll)
        before = [self.adjusted(self.c, max(i - 1, 0), i) for i in range(self.n)]
        self.moves = [close - last for close, last in zip(self.c, before, strict=True)]
        self.rises = [max(move, 0) for move in self.moves]
        self.falls = [max(-move, 0) for move in self.moves]
        self.ranges = [
            max(high - low, abs(high - last), abs(low - last))
            for high, low, last in zip(self.h, self.low, before, strict=True)
        ]
        self._rsi: dict[int, Fraction] = {}

    def signals(self) -> set[tuple[int, str, str]]:
        found = set()
        for t in range(self.s.warmup - 1, self.n):
            for pattern in ("volatility_extreme", "engulfing", "rsi_divergence", "level_break"):
                side = getattr(self, pattern)(t)
                if side and not self.held(t):
                    found.add((t, pattern, side))
        return found

    def held(self, t: int) -> bool:
        missing, hold = self.s.hole.missing, self.s.hole.hold
        for i in range(t, max(t - hold, 0), -1):
            if self.days[i - 1] != self.days[t]:
                return False
            if missing and (self.times[i] - self.times[i - 1]) // self.step - 1 >= missing:
                return True
        return False

    def adjusted(self, column, t, newest):
        return column[t] - self.shift[t] + self.shift[newest]

    @cache  # noqa: B019  # a test's object
    def extreme(self, t: int) -> int:
        count, sigma = self.s.volatility_extreme.window, self.s.volatility_extreme.sigma
        closes = [self.adjusted(self.c, i, t) for i in range(t - count + 1, t + 1)]
        distance = count * closes[-1] - sum(closes)
        spread2 = count * sum(x * x for x in closes) - sum(closes) ** 2
        if spread2 == 0 or distance**2 <= Fraction(sigma) ** 2 * spread2:
            return 0
        return 1 if distance > 0 else -1

    def volatility_extreme(self, t: int) -> str:
        settings = self.s.volatility_extreme
        sign, run = self.extreme(t), 0
        while sign and run <= settings.confirm and self.extreme(t - run) == sign:
            run += 1
        if run != settings.confirm:
            return ""
        if settings.trade == "reversal":
            sign = -sign
        return "long" if sign > 0 else "short"

    @cache  # noqa: B019  # a test's object
    def own(self, name):
        """The prices without what contracts differ by at their rolls."""
        return [price - roll for price, roll in zip(getattr(self, name), self.rolled, strict=True)]

    def engulfing(self, t: int) -> str:
        settings = self.s.engulfing
        o, c = self.own("o"), self.own("c")
        white, was_white = c[t] >= o[t], c[t - 1] >= o[t - 1]
        side = ""
        rises = (c[t] >= o[t - 1] and o[t] < c[t - 1]) or (c[t] > o[t - 1] and o[t] <= c[t - 1])
        falls = (o[t] >= c[t - 1] and c[t] < o[t - 1]) or (o[t] > c[t - 1] and c[t] <= o[t - 1])
        if white and not was_white and rises:
            side = "long"
        elif not white and was_white and falls:
            side = "short"
        if not side:
            return ""
        atr = self.atr(t - 1)
        if settings.min_body_atr and not abs(c[t] - o[t]) > Fraction(settings.min_body_atr) * atr:
            return ""
        move = c[t - 1] - c[t - 1 - settings.trend_candles]
        against = -move if side == "long" else move
        if settings.trend_atr and not against > Fraction(settings.trend_atr) * atr:
            return ""
        return side

    def atr(self, t: int) -> Fraction:
        return Fraction(self.wilder(self.ranges[t - 179 : t + 1]), 14**167)

    @staticmethod
    def wilder(values) -> int:
        """Wilder's average of 180 values times 14**167: mean = (13 mean + value) / 14, seeded by 14."""
        return sum(map(mul, WEIGHTS, values))

    def rsi(self, t: int) -> Fraction:
        if t not in self._rsi:
            rise, fall = self.wilder(self.rises[t - 179 : t + 1]), self.wilder(self.falls[t - 179 : t + 1])
            self._rsi[t] = Fraction(100 * rise, rise + fall) if rise + fall else Fraction(0)
        return self._rsi[t]

    def pivot(self, p: int, sign: int) -> bool:
        settings = self.s.rsi_divergence
        around = [*range(p - settings.left, p), *range(p + 1, p + settings.right + 1)]
        beyond = lt if sign > 0 else gt
        return all(beyond(self.rsi(p), self.rsi(i)) for i in around)

    def rsi_divergence(self, t: int) -> str:
        settings = self.s.rsi_divergence
        p = t - settings.right
        for side, sign, prices in (("long", 1, self.low), ("short", -1, self.h)):
            if not self.pivot(p, sign):
                continue
            for q in range(p - settings.min_distance, p - settings.max_distance - 1, -1):
                if self.pivot(q, sign):
                    price_falls = sign * self.adjusted(prices, p, t) < sign * self.adjusted(prices, q, t)
                    if price_falls and (gt if sign > 0 else lt)(self.rsi(p), self.rsi(q)):
                        return side
                    break
        return ""

    @cache  # noqa: B019  # a test's object
    def breaks(self, t: int) -> str:
        settings = self.s.level_break
        before = range(t - settings.lookback, t)
        buffer = Fraction(settings.buffer_ticks)
        if settings.buffer_atr:
            buffer += Fraction(settings.buffer_atr) * self.atr(t)
        high, low, close = self.own("h"), self.own("low"), self.own("c")
        if close[t] > max(high[i] for i in before) + buffer:
            return "long"
        if close[t] < min(low[i] for i in before) - buffer:
            return "short"
        return ""

    def level_break(self, t: int) -> str:
        side = self.breaks(t)
        return side if side != self.breaks(t - 1) else ""
