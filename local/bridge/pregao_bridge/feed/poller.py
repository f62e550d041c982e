"""The terminal's side of a feed: asks for what has closed, at the right moments, and hears its faults."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pregao_bridge.market import BACKLOG, HISTORY, Condition, MarketFault
from pregao_bridge.pace import FAULT_S, FULL_S, LOADING_S, Backoff, next_look
from pregao_bridge.texts import of_condition, say

if TYPE_CHECKING:
    from pregao_bridge.batch import Window
    from pregao_bridge.feed.posting import Shared
    from pregao_bridge.feed.status import FeedStatus
    from pregao_bridge.logs import Notices
    from pregao_bridge.market import Source

GRACE_S = 2.0
"""Tolerance: a candle that closes more than this (seconds) after the estimated cloud time is still open."""


class Poller:
    """Looks for new candles; `at` is when to look next, in the market's time."""

    def __init__(self, source: Source, status: FeedStatus, shared: Shared, notices: Notices) -> None:
        """`notices` speaks of the terminal."""
        self._source, self._status, self._notices = source, status, notices
        self._clock, self._timer = shared.clock, shared.timer
        self._faults = Backoff(shared.draw)
        self.at = 0.0
        self.terminal_fault: MarketFault | None = None
        """The whole terminal's fault; while set, the source is not called, because each call would block."""

    def look(self, now: float, place: int | None) -> Window | None:
        """Return closed candles newer than `place`, None when there are none or the terminal has a fault."""
        try:
            if self.terminal_fault is not None:
                raise self.terminal_fault
            with self._timer.call():
                window = self._source.window(place, HISTORY, BACKLOG)
            window = window and self._closed(window, now)
        except MarketFault as fault:
            self._fault(now, fault)
            return None
        self._well()
        if window is None:
            self.at = next_look(now, self._status.name.seconds, self._status.newest)
        else:
            self._see(window)
            self.at = now
        return window

    def wake(self) -> None:
        """Look at once: the terminal is back, or the clock was set."""
        self.at = 0.0
        self._faults.reset()

    def wait(self, now: float) -> None:
        """Leave the candles with the terminal for a while."""
        self.at = now + FULL_S * self._clock.speed

    def broke(self, now: float, error: Exception) -> None:
        """Take note of what nobody foresaw and go on later."""
        self._status.market = Condition.FAILED
        self._status.detail = f"{type(error).__name__}: {error}"
        said = say("broke", self._notices.language)
        self._notices.trouble(("broke", type(error).__name__), said, logging.ERROR, error)
        self.at = now + self._faults.next(FAULT_S) * self._clock.speed

    def _closed(self, window: Window, now: float) -> Window:
        """Return what has closed. Raises MarketFault when that is nothing: somebody's clock is wrong."""
        closed = window.closed_before(now + GRACE_S, self._status.name.seconds)
        if not closed:
            shown = self._status.local(window.columns.time[-1])
            raise MarketFault(Condition.CLOCK_UNSURE, say("unclosed", self._notices.language, time=shown))
        return window if closed == window.new else window.keep_new(closed)

    def _well(self) -> None:
        self._faults.reset()
        self._status.market, self._status.detail = Condition.LIVE, ""
        self._notices.well()

    def _see(self, window: Window) -> None:
        status, before = self._status, self._status.contract
        status.newest, status.utc_offset_s = window.columns.time[-1], window.utc_offset_s
        status.contract = window.contract
        if before is not None and window.contract != before:
            self._notices.info("roll", contract=window.contract, before=before)

    def _fault(self, now: float, fault: MarketFault) -> None:
        loading = fault.condition is Condition.LOADING
        self.at = now + self._faults.next(LOADING_S if loading else FAULT_S) * self._clock.speed
        self._status.market, self._status.detail = fault.condition, fault.detail
        said = of_condition(fault.condition, fault.detail, fault.code, self._notices.language).line
        level = logging.INFO if loading or fault.condition is Condition.NO_TRADES else logging.WARNING
        self._notices.trouble((fault.condition, fault.code), said, level)
