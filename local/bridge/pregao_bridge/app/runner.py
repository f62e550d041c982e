"""The one loop of a running bridge: every feed of one terminal in turn, asleep in between."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pregao_bridge.clocks import WARN_S
from pregao_bridge.feed.live import NEVER
from pregao_bridge.market import Condition, Health, MarketFault
from pregao_bridge.texts import of_condition, of_skew

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from pregao_bridge.cloud.heartbeat import HeartbeatSender
    from pregao_bridge.cloud.outbox import Outbox
    from pregao_bridge.cloud.quotes import QuoteSender
    from pregao_bridge.feed.live import LiveFeed
    from pregao_bridge.feed.posting import Shared
    from pregao_bridge.logs import Notices
    from pregao_bridge.market import Market

SLICE_S = 0.5
"""Longest uninterrupted sleep: on Windows a wait of Python's does not end at Ctrl-C, it ends when it ends."""
LEAP_S = 5.0
"""A clock that goes back by more makes every appointment wrong."""


AWAY = frozenset(
    {Condition.NOT_INSTALLED, Condition.NOT_STARTED, Condition.LOGGED_OUT, Condition.BROKER_LOST}
)
"""No feed has anything while the terminal is so."""
AWAY_S = 10.0
"""Real seconds between two looks at a terminal that is away."""


class Runner:
    """Turns the feeds, feels the terminal's heartbeats, and ends between two posts when `stop` is set."""

    def __init__(
        self,
        market: Market,
        feeds: Sequence[LiveFeed],
        heartbeats: HeartbeatSender,
        shared: Shared,
        *,
        terminal: Notices,
        machine: Notices,
        health_s: float,
        stop: threading.Event,
        quotes: QuoteSender | None = None,
        outbox: Outbox | None = None,
        passing: Callable[[], float] = time.monotonic,
    ) -> None:
        """`terminal` and `machine` speak of these; `health_s`: real seconds between looks at the terminal.

        Without an `outbox` a feed's turn lasts until its post is answered.
        """
        self._outbox = outbox
        self._market, self._feeds, self._heartbeats = market, list(feeds), heartbeats
        self._clock, self._skew, self._timer = shared.clock, shared.skew, shared.timer
        self._terminal, self._machine = terminal, machine
        self._health_s, self._stop, self._quotes, self._passing = health_s, stop, quotes, passing
        self._health_at = 0.0
        self._due: dict[int, float] = {}
        self._now = 0.0
        self._condition: Condition | None = None

    def run(self) -> None:
        """Run until `stop` is set; the terminal is let go at the end."""
        self._heartbeats.start()
        if self._quotes is not None:
            self._quotes.start()
        try:
            while not self._stop.is_set():
                self.pause(self.turn())
        finally:
            self._end_posts()
            self._heartbeats.stop()
            if self._quotes is not None:
                self._quotes.stop()
            self._market.close()

    def turn(self) -> float:
        """Do what is due; returns when to come again, in the market's time."""
        now = self._clock.now()
        if now < self._now - LEAP_S:
            self._rouse()
        self._now = now
        self._refresh_health()
        if self._outbox is not None:
            self._outbox.answered.clear()
        for feed in fair(self._feeds):
            if not self._stop.is_set() and (feed.answered or self._due.get(id(feed), 0.0) <= now):
                self._due[id(feed)] = self._guarded(feed)
        if self._outbox is not None:
            self._outbox.send_off()
        return min(self._due.values(), default=now + SLICE_S)

    def pause(self, until: float) -> None:
        """Sleep until a moment of the market, an answer, a look at the terminal, or the end."""
        while not self._stop.is_set() and not self._answered():
            health = self._health_at - self._passing()
            rest = min(self._clock.seconds(until - self._clock.now()), health)
            if rest <= 0:
                return
            self._wait(min(rest, SLICE_S))

    def _answered(self) -> bool:
        return self._outbox is not None and self._outbox.answered.is_set()

    def _wait(self, seconds: float) -> None:
        """Sleep; while a post is on its way its answer ends it, else the end does at once."""
        if self._outbox is not None and NEVER in self._due.values():
            self._outbox.answered.wait(seconds)
        else:
            self._stop.wait(seconds)

    def _end_posts(self) -> None:
        """Let the posts on their way end, and each feed keep what was not taken."""
        for feed in self._feeds:
            try:
                feed.end(self._clock.now())
            except Exception as error:  # noqa: BLE001 one feed's trouble is not the others'
                feed.broke(self._clock.now(), error)

    def _guarded(self, feed: LiveFeed) -> float:
        try:
            return feed.turn(self._clock.now())
        except Exception as error:  # noqa: BLE001 one feed's trouble is not the others'
            return feed.broke(self._clock.now(), error)

    def _refresh_health(self) -> None:
        if self._passing() < self._health_at:
            return
        with self._timer.call():
            health = self._market.health()
        away = health.condition in AWAY
        self._health_at = self._passing() + (min(AWAY_S, self._health_s) if away else self._health_s)
        for feed in self._feeds:
            feed.set_terminal_fault(
                MarketFault(health.condition, health.detail, health.code) if away else None
            )
        if health.condition != self._condition and not away:
            self._rouse()
        self._condition = health.condition
        self._heartbeats.report(health)
        self._tell(health)
        self._tell_skew()

    def _tell(self, health: Health) -> None:
        if health.condition is Condition.LIVE:
            self._terminal.well()
        else:
            said = of_condition(health.condition, health.detail, health.code, self._terminal.language).line
            self._terminal.trouble((health.condition, health.code), said)

    def _tell_skew(self) -> None:
        skew = self._skew.noticeable
        if skew:
            self._machine.trouble("skew", of_skew(self._machine.language, skew).line)
        elif self._skew.seconds is not None and abs(self._skew.seconds) < WARN_S / 2:
            self._machine.well("skew_gone")

    def _rouse(self) -> None:
        self._due.clear()
        for feed in self._feeds:
            feed.wake()


def fair(feeds: Sequence[LiveFeed]) -> list[LiveFeed]:
    """Return first whose last post is longest ago: one that always fails must not keep the others out."""
    return sorted(feeds, key=lambda feed: feed.status.tried_at)
