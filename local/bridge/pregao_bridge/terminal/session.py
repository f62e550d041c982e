"""Rows as the terminal answers them into closed candles in UTC."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING

from pregao_bridge.batch import Columns, Faulty, Row, columns_of, once_each
from pregao_bridge.market import Condition, MarketFault, Tick
from pregao_bridge.terminal.clock import Reading, ServerClock

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import tzinfo

    from pregao_bridge.terminal.clock import ServerZone
    from pregao_bridge.terminal.link import Link, State
    from pregao_bridge.terminal.metatrader import Rows, SymbolInfo, Timeframe

NOTHING = Columns([], [], [], [], [], [], [], [])


def closed(
    rows: Rows,
    timeframe_s: int,
    utc: Callable[[int], int],
    server_now: float,
    on_double: Callable[[Faulty], None] = lambda _candle: None,
) -> Columns:
    """Return the candles closed at `server_now` (epoch seconds UTC), oldest first, as plain numbers.

    `utc` turns a server's stamp into epoch seconds UTC. Of two candles of one time the terminal's later one
    stands, and `on_double` hears of the other. Raises MarketFault FAILED where most times are off the
    timeframe's grid: that is the clock, not a candle.
    """
    named = zip(*(rows[field.name].tolist() for field in fields(Columns)), strict=True)
    told: list[Row] = [(utc(row[0]), *row[1:]) for row in named]
    kept, doubled = once_each([row for row in told if row[0] + timeframe_s <= server_now])
    off = [row for row in kept if row[0] % timeframe_s]
    if len(off) > len(kept) / 2:
        raise MarketFault(Condition.FAILED, f"candle of {_when(off[-1][0])} is off the {timeframe_s} s grid")
    for one in doubled:
        on_double(one)
    return columns_of(kept)


def joined(first: Columns, second: Columns) -> Columns:
    """Return the candles of both, in this order."""
    return Columns(*(getattr(first, one.name) + getattr(second, one.name) for one in fields(Columns)))


def _when(epoch_s: float) -> str:
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="minutes")


SKIP_FORMING = 1
"""Position 0 is the candle that still forms."""


class TerminalSession:
    """One link, one server's clock, and what is selected in Market Watch since the link last came up."""

    def __init__(
        self,
        link: Link,
        zone: tzinfo,
        now: Callable[[], float],
        expected: ServerZone | None = None,
        clock_symbol: str | None = None,
    ) -> None:
        """`zone` is the exchange's; `now` is our clock, epoch seconds UTC; `expected` the server's clock."""
        self.link, self.zone, self.now = link, zone, now
        self._expected, self._clock_symbol = expected, clock_symbol
        self.clock = ServerClock(zone, expected)
        self._server: str | None = None
        self._servers = 0
        self._selected: set[str] = set()
        self._generation = 0

    @property
    def key(self) -> Hashable:
        """Changes when candles that were read before may not join the ones read now."""
        return self.link.generation, self._servers, self.clock.revision

    def state(self) -> State:
        """Return the link's state; another server brings another clock, another generation an empty watch."""
        state = self.link.state()
        if state.account.server != self._server:
            self._server = state.account.server
            self._servers += 1
            self.clock = ServerClock(self.zone, self._expected)
        if self.link.generation != self._generation:
            self._generation = self.link.generation
            self._selected.clear()
            self.clock.forget_readings()
        return state

    def ready(self, symbol: str) -> State:
        """Connect, select, and read a tick. Raises MarketFault as `Link.state`, and SYMBOL_MISSING."""
        state = self.state()
        self.read_ticks(symbol)
        return state

    def offset_s(self, symbol: str) -> int:
        """Return the server's offset, seconds east of UTC. Raises MarketFault CLOCK_UNSURE.

        The fault names `clock_symbol` where the symbol has no ticks of its own to measure the clock by.
        """
        try:
            return self.clock.offset_s(self.now())
        except MarketFault as fault:
            if self._clock_symbol is not None or self.clock.stamp_of(symbol):
                raise
            hint = f"{symbol} has no ticks of its own; write `clock_symbol` in [terminal]"
            raise MarketFault(fault.condition, f"{fault.detail}; {hint}", fault.code) from fault

    def read_ticks(self, symbol: str) -> None:
        """Show the server's clock the newest tick of the symbol, and of the clock's own symbol."""
        for one in dict.fromkeys((symbol, self._clock_symbol or symbol)):
            if one not in self._selected:
                self._select(one)
            self._read_tick(one)

    def newest(self, symbol: str) -> Tick | None:
        """Return the symbol's newest prices, None while the server's clock is not sure. Raises MarketFault.

        It says nothing of the clock: that is measured by whoever reads candles.
        """
        try:
            self.clock.offset_s(self.now())
        except MarketFault:
            return None
        tick = self.link.ask(f"tick of {symbol}", lambda mt5: mt5.symbol_info_tick(symbol))
        stamp, ms = divmod(int(tick.time_msc), 1000)
        return Tick(self.clock.utc(stamp) + ms / 1000, tick.bid, tick.ask, tick.last)

    def candles(
        self,
        symbol: str,
        timeframe: Timeframe,
        count: int,
        on_double: Callable[[Faulty], None] = lambda _candle: None,
    ) -> Columns:
        """Return at most the last `count` closed candles; none while history loads. Raises MarketFault.

        Of two candles of one time the later one is returned, and `on_double` hears of the other.
        """
        asked_at = self.server_now()  # before asking: what closes while the terminal answers comes next time
        try:
            rows = self.link.ask(
                f"candles of {symbol}",
                lambda mt5: mt5.copy_rates_from_pos(symbol, timeframe.constant, SKIP_FORMING, count),
            )
        except MarketFault:
            self._selected.discard(symbol)
            raise
        return closed(rows, timeframe.seconds, self.clock.utc, asked_at, on_double)

    def server_now(self) -> float:
        """Return epoch seconds UTC by the server's clock or by ours, whichever is behind."""
        return self.clock.server_now(self.now())

    def names(self, group: str) -> list[SymbolInfo]:
        """Return the server's symbols of a group such as "WIN*"."""
        return list(self.link.ask(f"symbols {group}", lambda mt5: mt5.symbols_get(group=group)))

    def watch(self, symbol: str, *, enable: bool) -> bool:
        """Put a symbol into Market Watch or take it out; whether the terminal did."""
        return self.link.ask("symbol_select", lambda mt5: mt5.symbol_select(symbol, enable))

    def _read_tick(self, symbol: str) -> None:
        try:
            tick = self.link.ask(f"tick of {symbol}", lambda mt5: mt5.symbol_info_tick(symbol))
        except MarketFault:
            self._selected.discard(symbol)  # somebody took it out of Market Watch: selected again next time
            raise
        prices = (tick.bid, tick.ask, tick.last, float(tick.volume))
        self.clock.observe(symbol, Reading(int(tick.time_msc), prices, self.now()))

    def _select(self, symbol: str) -> None:
        with self.link.lock:
            taken = self.watch(symbol, enable=True)
            fault = None if taken else self.link.fault(f"symbol_select {symbol}")
        if fault is None:
            self._selected.add(symbol)
        elif fault.condition != Condition.FAILED:
            raise fault
        else:
            raise MarketFault(Condition.SYMBOL_MISSING, self._near(symbol), fault.code)

    def _near(self, symbol: str) -> str:
        try:
            known = [one.name for one in self.names(f"{symbol[:3]}*")]
        except MarketFault:
            known = []
        near = get_close_matches(symbol, known, n=5, cutoff=0.3)
        return f"no symbol {symbol}" + (f"; the server has {', '.join(near)}" if near else "")
