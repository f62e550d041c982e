"""A MetaTrader 5 terminal with a script: the package's names and manners, over candles that we give.

`FakeTerminal(clock, candles_by_symbol)` is the terminal and its broker, with a method for each thing that
goes wrong; its `.module` is what `import MetaTrader5` would give and has no name that the package has not
(tests/unit/local/test_terminal_wheel.py). Positions count back from the present and 0 still forms; stamps are
the server's wall clock; a call that fails answers None or False and leaves a code in last_error, which every
call overwrites.
"""

from __future__ import annotations

import numpy as np

from tests.fake_mt5_book import Book, ailing, forming, table
from tests.fake_mt5_module import CONNECT, INIT, SEND, FakeModule, Tick


class ScriptedClock:
    """A clock that goes when it is told to; `sleep` is for whoever wants time.sleep."""

    def __init__(self, now: float) -> None:
        self.now = float(now)
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def advance(self, seconds: float) -> None:
        self.now += seconds


class FakeTerminal:
    """The terminal, its broker and their clock.

    `clock` gives true UTC epoch seconds; `skew_s` is how far the server's own clock is ahead of it. A tick
    comes every `tick_s` seconds while a candle is open, the first at its open.
    """

    def __init__(
        self,
        clock,
        candles_by_symbol,
        *,
        offset_s=-10_800,
        timeframe_s=300,
        server="Corretora-DEMO",
        login=1001,
        password=None,
        maxbars=100_000,
        tick_s=0.5,
        skew_s=0.0,
    ) -> None:
        self.clock, self.offset_s, self.server, self.login = clock, offset_s, server, login
        self.password, self.maxbars, self.tick_s, self.skew_s = password, maxbars, tick_s, skew_s
        self._change: tuple[float, int] | None = None
        self._since = float("inf")
        self.installed = self.running = self.logged_in = self.connected = True
        self.attached = False
        self.ping_us = 23_456
        self.ahead_s = 0.0
        self.latency_s = (0.0, 0.0)
        self.frozen_at: float | None = None
        self.calls: list[tuple] = []
        self._failures: list[tuple[int, str | None]] = []
        self.books: dict[str, Book] = {}
        for symbol, candles in candles_by_symbol.items():
            self.add_symbol(symbol, candles, timeframe_s)
        self.module = FakeModule(self)

    # what goes wrong, and right again

    def add_symbol(self, symbol, candles, timeframe_s=300) -> None:
        """List a symbol; candles as Columns or anything with the same attributes, opens in UTC."""
        rows = table(candles)
        self.books[symbol] = Book(rows, timeframe_s, rows["time"] + self.offset_s)

    def remove_symbol(self, symbol) -> Book:
        """Take a symbol off the server; `books[symbol] = ...` puts it back."""
        return self.books.pop(symbol)

    def stop(self) -> None:
        """Close the terminal: Market Watch is empty when it comes again."""
        self.running = self.attached = False
        self._deselect()

    def uninstall(self) -> None:
        """No terminal on this machine."""
        self.stop()
        self.installed = False

    def start(self) -> None:
        self.running = True

    def restart(self) -> None:
        """Close it and open it at once: the link is broken, nothing is selected."""
        self.stop()
        self.start()

    def deselect(self, symbol) -> None:
        """Somebody takes a symbol out of Market Watch by hand."""
        self.books[symbol].selected = False

    def log_out(self) -> None:
        self.logged_in = self.connected = False

    def log_in(self) -> None:
        self.logged_in = self.connected = True

    def lose_broker(self) -> None:
        self.connected = False
        self._since = self.clock()

    def regain_broker(self) -> None:
        self.connected = True

    def fail_next(self, code, times=1, only=None) -> None:
        """Let the next `times` calls (of the function `only`, where given) fail with a code."""
        self._failures += [(code, only)] * times

    def load_only(self, symbol, count) -> None:
        """History is on its way: the last `count` candles are there (0: none, None: all)."""
        self.books[symbol].partial = count

    def freeze_clock(self) -> None:
        """The server's clock stands still, and with it candles; prices go on."""
        self.frozen_at = self.clock()

    def thaw_clock(self) -> None:
        self.frozen_at = None

    def change_offset(self, offset_s, at=None) -> None:
        """From `at` (UTC; default now) on, the server stamps with another offset; older stamps stay."""
        at = self.clock() if at is None else at
        for book in self.books.values():
            late = book.rows["time"] + book.timeframe_s > at
            book.stamps[late] = book.rows["time"][late] + offset_s
        self._change = (at, offset_s)

    def answer_ahead(self, seconds) -> None:
        """Answer as if so many seconds later: the candle that forms looks final and stands at position 1."""
        self.ahead_s = seconds

    def miss(self, symbol, *opens) -> None:
        """Leave out the candles of these opens (UTC); none given puts all back."""
        book = self.books[symbol]
        book.missing = book.missing | set(opens) if opens else set()

    def double(self, symbol, *opens, contradict=False) -> None:
        """Say the candles of these opens twice, the second time with another close where they contradict."""
        book = self.books[symbol]
        book.doubled = set(opens)
        book.contradicted = set(opens) if contradict else set()

    def rewrite(self, symbol, add) -> None:
        """Shift all prices: what a back-adjusted series does at a roll."""
        for name in ("open", "high", "low", "close"):
            self.books[symbol].rows[name] += add

    # how it answers

    def offset_at(self, at) -> int:
        return self.offset_s if self._change is None or at < self._change[0] else self._change[1]

    def fails(self, function, symbol=None) -> int | None:
        """Note the call, let time pass, and return the code it fails with, if any."""
        self.calls.append((function, symbol))
        self.clock.advance(self.latency_s[0])
        code = self._scripted(function)
        if code is not None:
            self.attached = self.attached and code not in {SEND, CONNECT}
            return code
        if function == "initialize":
            return None if self.running else INIT
        return None if self.attached and self.running else CONNECT

    def done(self) -> None:
        self.clock.advance(self.latency_s[1])

    def server_clock(self) -> float:
        """Return what the server takes for now, in UTC."""
        return (self.clock() if self.frozen_at is None else self.frozen_at) + self.skew_s

    def rates(self, book, start, count) -> np.ndarray:
        """Return `count` rows back from position `start`, oldest first."""
        now = self._data_until() + self.ahead_s
        begun = int(np.searchsorted(book.rows["time"], now, side="right"))
        rows = book.rows[:begun].copy()
        opens = rows["time"].copy()
        rows["time"] = book.stamps[:begun]
        if begun and opens[-1] + book.timeframe_s > now:
            forming(rows, (now - opens[-1]) / book.timeframe_s)
        rows = ailing(rows, opens, book)
        if book.partial is not None:
            rows = rows[max(0, len(rows) - book.partial) :]
        last = max(0, len(rows) - start)
        return rows[max(0, last - min(count, self.maxbars)) : last]

    def tick(self, book) -> Tick:
        """Return the newest tick: within the candle that is open, or the last one's last."""
        now = self._data_until()
        at = int(np.searchsorted(book.rows["time"], now, side="right")) - 1
        if at < 0:
            return Tick(0, 0.0, 0.0, 0.0, 0, 0, 0, 0.0)
        row = book.rows[at]
        opened, step = int(row["time"]), book.timeframe_s
        since = min(now - opened, step - self.tick_s)
        made = opened + self.tick_s * int(since / self.tick_s)
        moves = made if self.frozen_at is None else self.clock()
        price = float(row["low"] + (row["high"] - row["low"]) * (moves * 7 % 13) / 13)
        msc = round((made + self.offset_at(made)) * 1000)
        return Tick(msc // 1000, price - 5, price + 5, price, 1, msc, 0x18, 1.0)

    def _data_until(self) -> float:
        now = self.server_clock()
        return now if self.connected else min(now, self._since)

    def _scripted(self, function) -> int | None:
        for place, (code, only) in enumerate(self._failures):
            if only in {None, function}:
                del self._failures[place]
                return code
        return None

    def _deselect(self) -> None:
        for book in self.books.values():
            book.selected = False
