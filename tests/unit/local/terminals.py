"""A desk's terminal for tests: a made-up market, its continuous symbol, and the bridge's market over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from local.lab.market import PER_SESSION, synthesize
from pregao_bridge.market import MarketFault
from pregao_bridge.terminal.mt5 import Mt5Market, Where
from tests.fake_mt5 import FakeTerminal, ScriptedClock

M5 = 300
HISTORY = 30
SAO_PAULO = ZoneInfo("America/Sao_Paulo")
CANDLES = synthesize(7, 5, date(2026, 10, 26)).candles
"""Monday to Friday, 113 candles each, WINZ26."""
OTHERS = synthesize(8, 5, date(2026, 10, 26)).candles
"""The next contract, WING27: the same times, other prices."""


def opens(session: int, at: int) -> int:
    """Return the open of a session's candle, epoch seconds UTC."""
    return int(CANDLES.time[session * PER_SESSION + at])


def day(epoch_s: float) -> date:
    return datetime.fromtimestamp(epoch_s, SAO_PAULO).date()


@dataclass
class Desk:
    """The clock, the terminal and the bridge's market and source."""

    clock: ScriptedClock
    terminal: FakeTerminal
    market: Mt5Market
    source: object

    def sure(self, polls: int = 6, every_s: float = 0.5) -> None:
        """Poll until the server's clock has been measured."""
        for _ in range(polls):
            self.clock.advance(every_s)
            self.try_window()

    def window(self, after=None, at_most=100):
        return self.source.window(after, HISTORY, at_most)

    def try_window(self, after=None, at_most=100):
        """Return a window, None, or the fault."""
        try:
            return self.window(after, at_most)
        except MarketFault as fault:
            return fault

    def fault(self, after=None) -> MarketFault:
        said = self.try_window(after)
        assert isinstance(said, MarketFault), said
        return said

    def settle(self, after=None, seconds: float = 40, every_s: float = 1.0):
        """Poll for a while and return the last answer."""
        said = None
        for _ in range(int(seconds / every_s)):
            self.clock.advance(every_s)
            said = self.try_window(after)
        return said

    def calls(self, function) -> int:
        return sum(name == function for name, _symbol in self.terminal.calls)


def desk(now=None, symbol="WIN$N", where=None, candles=None, fast_s=0.0, **terminal_options) -> Desk:
    """Return a desk in the third session, 20 s into its eleventh candle where no `now` is given.

    `fast_s` is how far the bridge's own clock is ahead of the true one.
    """
    clock = ScriptedClock(opens(2, 10) + 20 if now is None else now)
    books = {"WIN$N": CANDLES, "WINZ26": CANDLES, "WING27": OTHERS} if candles is None else candles
    terminal = FakeTerminal(clock, books, **terminal_options)
    market = Mt5Market(
        terminal.module, where=where or Where(), sleep=clock.sleep, clock=lambda: clock() + fast_s
    )
    return Desk(clock, terminal, market, market.source(symbol, "M5"))


def follow(made: Desk, until: float, every_s: float = 1.0, after=None) -> list[int]:
    """Poll and accept every window until a moment; return the opens accepted, in order."""
    accepted: list[int] = []
    while made.clock() < until:
        said = made.try_window(after)
        if said is not None and not isinstance(said, MarketFault):
            new = said.columns.time[said.new_from :]
            check(said, made.clock())
            accepted += new
            after = new[-1]
        made.clock.advance(every_s)
    return accepted


def check(window, now: float) -> None:
    """What every window must be: closed, sorted, as the market was, of one date."""
    times = window.columns.time
    assert times == sorted(set(times))
    assert times[-1] + M5 <= now
    assert len({day(at) for at in times[window.new_from :]}) == 1
    at = np.searchsorted(CANDLES.time, times)
    assert CANDLES.time[at].tolist() == times
    for name in ("open", "high", "low", "close", "tick_volume", "real_volume", "spread"):
        assert getattr(CANDLES, name)[at].tolist() == getattr(window.columns, name)


def between(first: float, last: float) -> list[int]:
    """Return the opens of the market's candles from `first` up to the one that has closed by `last`."""
    return [at for at in CANDLES.time.tolist() if first <= at and at + M5 <= last]
