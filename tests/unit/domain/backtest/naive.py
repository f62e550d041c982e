"""The backtest once more, written as loops from the design's words in plain floats.

Nothing is shared with the code tested but the signals' own fields and the alert's prices.
"""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from pregao.domain.alerts.alert import Feed, raise_alert

FEED = Feed("X", "X", "X", "M5", 300, 5.0, "", 300)


class NaiveBacktest:
    """counts() gives (captured, episodes, false positives, alerts, wins, resolved) and the sum of R."""

    def __init__(self, candles, instrument, settings, signals) -> None:
        self.o, self.h, self.low, self.c = (
            [float(price) for price in column]
            for column in (candles.open, candles.high, candles.low, candles.close)
        )
        zone = ZoneInfo(instrument.timezone)
        self.days = [datetime.fromtimestamp(int(moment), zone).date() for moment in candles.time]
        self.n, self.warmup, self.settings = len(candles), settings.warmup, settings
        self.tick = instrument.tick_size
        place = {int(moment): at for at, moment in enumerate(candles.time)}
        self.alerts = [
            (place[signal.time], signal) for signal in signals if instrument.in_session(signal.time)
        ]

    def atr(self, t: int) -> float:
        ranges = []
        for i in range(t - 179, t + 1):
            before = self.c[i - 1] if self.days[i] == self.days[i - 1] else self.o[i]
            ranges.append(max(self.h[i], before) - min(self.low[i], before))
        average = sum(ranges[:14]) / 14
        for value in ranges[14:]:
            average = (13 * average + value) / 14
        return average

    def walk(self, t: int, side: int, target: float, stop: float) -> tuple[str, float]:
        """How an entry at the close of t ends, and at which price."""
        price = self.c[t]
        for i in range(t + 1, t + 13):
            if i == self.n or self.days[i] != self.days[t]:
                break
            price = self.c[i]
            if (self.low[i] <= stop) if side > 0 else (self.h[i] >= stop):
                return "stop", stop
            if (self.h[i] >= target) if side > 0 else (self.low[i] <= target):
                return "target", target
        return "time", price

    def opportunity(self, t: int, side: int) -> bool:
        if t < self.warmup - 1:
            return False
        atr = self.ranges[t]
        return self.walk(t, side, self.c[t] + side * 2 * atr, self.c[t] - side * atr)[0] == "target"

    def episodes(self):
        for side in (1, -1):
            begun = None
            for t in range(self.n + 1):
                over = t == self.n or not self.is_one[side][t]
                night = 0 < t < self.n and self.days[t] != self.days[t - 1]
                if begun is not None and (over or night):
                    yield side, begun, t - 1
                    begun = None
                if not over and begun is None:
                    begun = t

    def caught(self, side: int, first: int, last: int) -> bool:
        return any(
            first - 2 <= t <= last and self.days[t] == self.days[first] and signal.direction.sign == side
            for t, signal in self.near(first, last)
        )

    def near(self, first: int, last: int):
        for t in range(max(0, first - 2), last + 1):
            yield from ((t, signal) for signal in self.at.get(t, ()))

    def counts(self):
        self.ranges = {t: self.atr(t) for t in range(self.warmup - 1, self.n)}
        self.is_one = {side: [self.opportunity(t, side) for t in range(self.n)] for side in (1, -1)}
        self.at = {}
        for t, signal in self.alerts:
            self.at.setdefault(t, []).append(signal)
        found = list(self.episodes())
        captured = sum(self.caught(*episode) for episode in found)
        false = sum(not self.is_one[signal.direction.sign][t] for t, signal in self.alerts)
        wins = resolved = 0
        total_r = 0.0
        for t, signal in self.alerts:
            ended, r = self.trade(t, signal)
            wins += ended == "target"
            resolved += ended != "time"
            total_r += r
        return (captured, len(found), false, len(self.alerts), wins, resolved), total_r

    def trade(self, t, signal):
        feed = SimpleNamespace(
            **{name: getattr(FEED, name) for name in FEED.__slots__} | {"tick_size": self.tick}
        )
        levels = self.settings.levels(signal.pattern)
        alert = raise_alert(signal, None, feed, None, levels, 0.0)
        side = signal.direction.sign
        ended, price = self.walk(t, side, alert.take_profit, alert.stop_loss)
        return ended, side * (price - self.c[t]) / abs(self.c[t] - alert.stop_loss)
