"""A MetaTrader 5 terminal as the runner's Market."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao_bridge.market import Condition, Health, MarketFault
from pregao_bridge.terminal.clock import ServerZone, parse
from pregao_bridge.terminal.contracts import Contracts
from pregao_bridge.terminal.link import THE_RUNNING_ONE, USUAL_TRIES, Link, Login, Tries
from pregao_bridge.terminal.metatrader import TIMEFRAMES, load
from pregao_bridge.terminal.session import TerminalSession
from pregao_bridge.terminal.source import Mt5Source, OnRoll

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao_bridge.market import Tick
    from pregao_bridge.terminal.link import State
    from pregao_bridge.terminal.metatrader import MetaTrader

LOG = logging.getLogger(__name__)

QUIET_S = 120.0
"""Without a tick for so long, a market gives no trades."""
READS, APART_S = 6, 0.25
"""Ticks read in one look at a clock that is not sure yet, and the seconds between them."""


@dataclass(frozen=True, slots=True)
class Where:
    """The exchange's zone (IANA), and what somebody knows of the server's clock.

    `server_offset_s` is its only believed offset from UTC in seconds, `server_zone` the rule that its clock
    follows ("America/New_York+7"; see clock.py); at most one of them. `clock_symbol` is a symbol with
    many ticks, read besides the ones that candles are taken of, where continuous symbols have none.
    """

    zone: str = "America/Sao_Paulo"
    server_offset_s: int | None = None
    clock_symbol: str | None = None
    server_zone: str | None = None

    def server(self) -> ServerZone | None:
        """Return the server's clock as far as it is known. Raises ValueError for a zone that is none."""
        if self.server_zone is not None:
            return parse(self.server_zone)
        return None if self.server_offset_s is None else ServerZone(None, self.server_offset_s)


BRAZIL = Where()


def _unheard(_symbol: str, _old: str, _new: str) -> None:
    """Leave a roll to the log."""


class Mt5Market:
    """One terminal; several sources may be read from several threads, one at a time."""

    def __init__(
        self,
        mt5: MetaTrader | None = None,
        login: Login = THE_RUNNING_ONE,
        where: Where = BRAZIL,
        *,
        on_roll: OnRoll = _unheard,
        tries: Tries = USUAL_TRIES,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`mt5` is the MetaTrader5 package, imported at the first connection where not given.

        `clock` gives epoch seconds UTC, `sleep` takes seconds. Nothing is connected yet.
        """
        self._link = Link((lambda: mt5) if mt5 is not None else load, login, tries, sleep)
        self._session = TerminalSession(
            self._link, ZoneInfo(where.zone), clock, where.server(), where.clock_symbol
        )
        self._on_roll, self._sleep, self._clock = on_roll, sleep, clock
        self._symbols: list[str] = []

    def source(self, symbol: str, timeframe: str) -> Mt5Source:
        """Return the closed candles of a symbol. Raises ValueError for a timeframe not in TIMEFRAMES."""
        if timeframe not in TIMEFRAMES:
            raise ValueError(f"timeframe {timeframe}: one of {', '.join(TIMEFRAMES)}")
        step = TIMEFRAMES[timeframe]
        if symbol not in self._symbols:
            self._symbols.append(symbol)
        contracts = Contracts(self._session, symbol, step)
        return Mt5Source(self._session, symbol, step, contracts, self._on_roll)

    def health(self) -> Health:
        """Return how the terminal stands, connecting anew where it is not connected; never raises.

        While the server's offset is not sure it reads READS ticks, APART_S apart.
        """
        with self._link.lock:
            known = Health(Condition.FAILED)
            try:
                known = _known(self._session.state())
                return self._look(known)
            except MarketFault as fault:
                return replace(known, condition=fault.condition, detail=fault.detail, code=fault.code)
            except Exception as error:  # a heartbeat must leave, whatever the package does
                LOG.exception("the terminal's state could not be read")
                return replace(known, detail=f"{type(error).__name__}: {error}")

    def tick(self, symbol: str) -> Tick | None:
        """Return a symbol's newest prices; None while the terminal is away or its clock is not sure."""
        with self._link.lock:
            return self._session.newest(symbol) if self._link.up else None

    def close(self) -> None:
        """Let the terminal go; the next call connects again."""
        self._link.close()

    def _look(self, known: Health) -> Health:
        if not self._symbols:
            return replace(known, condition=Condition.LIVE, detail="no symbol asked for yet")
        for symbol in self._symbols:
            self._session.ready(symbol)
        offset = self._measured(self._symbols[0])
        tick_at = self._session.clock.newest_msc / 1000 - offset
        seen = replace(known, condition=Condition.LIVE, utc_offset_s=offset, last_tick_at=tick_at)
        age = self._session.server_now() - tick_at
        if age <= QUIET_S:
            return seen
        return replace(seen, condition=Condition.NO_TRADES, detail=f"the newest tick is {age:.0f} s old")

    def _measured(self, symbol: str) -> int:
        for _ in range(READS):
            try:
                return self._session.offset_s(symbol)
            except MarketFault:
                self._sleep(APART_S)
            for symbol in self._symbols:
                self._session.read_ticks(symbol)
        return self._session.offset_s(symbol)


def _known(state: State) -> Health:
    terminal = state.terminal
    return Health(
        Condition.FAILED,
        build=int(terminal.build),
        server=state.account.server,
        ping_ms=terminal.ping_last / 1000,
    )
