"""A desk for the bridge's tests: a market, a cloud and a clock that do as they are told."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from pregao_bridge.app.run import Parts
from pregao_bridge.app.runner import fair
from pregao_bridge.batch import Columns, Window
from pregao_bridge.clocks import CallTimer, Clock, Skew
from pregao_bridge.config import Cloud, Config, FeedName, TerminalSettings
from pregao_bridge.feed.posting import Shared
from pregao_bridge.market import Condition, Health
from pregao_bridge.outcome import Accepted, Refused, Transient
from pregao_bridge.pace import Gate

START = 1_772_452_800  # 2026-03-02 12:00 UTC, 09:00 in São Paulo
STEP = 300
WIN, WDO = FeedName("WIN$N", "M5"), FeedName("WDO$N", "M5")
TERMINAL = TerminalSettings(None, None, None, False, "America/Sao_Paulo", None)
KEPT = {"bridge_id": "mesa-1", "language": "en", "heartbeat_s": 60, "log_bytes": 2_000_000, "log_files": 5}


def config(state: Path, feeds=(WIN,), url="http://127.0.0.1:9", **changed) -> Config:
    """A configuration that nobody wrote."""
    values = {**KEPT, "cloud": Cloud(url, "sa-east-1", None), "terminal": TERMINAL, "replay": None, **changed}
    return Config(file=state / "bridge.toml", state=state, feeds=tuple(feeds), **values)


@dataclass
class Time:
    """Passes when told."""

    now: float = START + 0.5

    def __call__(self) -> float:
        return self.now


class FakeMarket:
    """Candles of five minutes for ever, closed as time passes; raises `fault`, remembers back to `since`."""

    def __init__(self, time: Time, history: int = 300):
        self.time, self.fault, self.asked = time, None, 0
        self.since = START - history * STEP
        self.shift = 0.0
        self.said = Health(Condition.LIVE, build=5000, server="B3-Demo", ping_ms=12.0, utc_offset_s=-10_800)
        self.closed = False

    def health(self):
        return self.said

    def source(self, _symbol, _timeframe):
        return self

    def close(self):
        self.closed = True

    def window(self, after, history, at_most):
        """As the terminal's adapter: one date, closed only; it begins with the newest."""
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        closed = int((self.time.now - STEP - self.since) // STEP) + 1
        times = [self.since + STEP * at for at in range(closed)]
        first = len(times) - 1 if after is None else max(history, bisect_right(times, after))
        last = min(first + at_most, len(times))
        while last > first + 1 and _date(times[last - 1]) != _date(times[first]):
            last -= 1
        return (
            Window(self.columns(times[first - history : last]), history, "WINJ26", -10_800)
            if first < last
            else None
        )

    def columns(self, times):
        prices = [100_000.0 + self.shift + (at // STEP) % 97 for at in times]
        whole = [1] * len(times)
        return Columns(list(times), prices, prices, prices, prices, whole, whole, whole)


def _date(at):
    return (at - 10_800) // 86_400


@dataclass
class FakeCloud:
    """Answers as `answer` says, else accepts; `heard` are the batches it accepted, `posted` all."""

    time: Time
    answer: object = None
    heard: list = field(default_factory=list)
    posted: int = 0

    def post(self, body):
        self.posted += 1
        said = json.loads(body)
        answer = self.answer(said) if callable(self.answer) else self.answer
        if answer is not None and answer != "lost":
            return answer
        new = said["candles"]["time"][said["new_from"] :]
        assert len(said["candles"]["time"]) - len(new) in {
            *range(249, 263)
        }  # the cloud's least, and the usual
        self.heard.append((said["symbol"], new, said["historical"], self.time.now, said))
        return Transient("answer lost") if answer == "lost" else Accepted(len(new), (), new[-1], 0.0, 0.0)

    def times(self, symbol=WIN.symbol):
        """Every candle accepted, in order, as often as it was."""
        return [at for one, new, *_ in self.heard for at in new if one == symbol]

    def kinds(self):
        """How many candles each batch brought, and whether as history."""
        return [(len(new), historical) for _, new, historical, *_ in self.heard]


AWAY = Transient("HTTP 503", 3)
NO = Refused(400, ("candles.high[250]: below low",))
FORBIDDEN = Refused(403, ("Forbidden",))


def shared(time, skew):
    """What the feeds of one bridge share; every wait is drawn at its middle."""
    return Shared(Clock(time), Gate(), skew, CallTimer(), lambda: 0.5)


class Desk:
    """A bridge of one directory; `begin` starts it anew, `run` lets time pass."""

    def __init__(self, state: Path, feeds=(WIN,), **changed):
        self.time = Time()
        self.market, self.cloud = FakeMarket(self.time), FakeCloud(self.time)
        self.skew, self.config = Skew(), config(state, feeds, **changed)
        self.changed = lambda: None
        self.begin()

    def begin(self):
        """As a process does."""
        parts = Parts(self.config, self.cloud, shared(self.time, self.skew), self.tell_changed)
        self.feeds = [parts.feed(name, self.market) for name in self.config.feeds]
        for feed in self.feeds:
            feed.standing = feed.status

    def tell_changed(self):
        """The cloud is to hear of set-aside candles at once."""
        self.changed()

    @property
    def feed(self):
        return self.feeds[0]

    def run(self, seconds: float) -> None:
        """Let time pass, turning each feed when it is due."""
        end = self.time.now + seconds
        while self.time.now < end:
            due = min(feed.turn(self.time.now) for feed in fair(self.feeds))
            self.time.now = min(end, max(due, self.time.now + 0.01))

    def closed(self, first: int):
        """Every candle from `first` on that has closed."""
        return list(range(first, int(self.time.now) - STEP + 1, STEP))
