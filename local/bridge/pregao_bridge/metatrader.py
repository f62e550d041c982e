"""The one place where the MetaTrader5 package is imported, and the part of it that the bridge uses."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol, cast

from pregao_bridge.market import Condition, MarketFault

if TYPE_CHECKING:
    from collections.abc import Sequence


class Column(Protocol):
    """One field of a structured array."""

    def tolist(self) -> list[Any]:
        """Return plain ints or floats."""
        ...


class Rows(Protocol):
    """Candles as the package answers: a structured array, oldest first, stamped with the server's clock."""

    def __len__(self) -> int:
        """Return how many."""
        ...

    def __getitem__(self, field: str) -> Column:
        """Return a field of every row."""
        ...


class Tick(Protocol):
    """The newest prices of a symbol; `time_msc` is the server's wall clock in epoch milliseconds."""

    bid: float
    ask: float
    last: float
    volume: int
    time_msc: int


class TerminalInfo(Protocol):
    """The terminal; `ping_last` in microseconds, `maxbars` the most candles it gives."""

    connected: bool
    build: int
    maxbars: int
    ping_last: int


class AccountInfo(Protocol):
    """The account; `login` is 0 without one."""

    login: int
    server: str


class SymbolInfo(Protocol):
    """A symbol; `select` is whether Market Watch shows it."""

    name: str
    select: bool


class MetaTrader(Protocol):
    """The functions of the package that the bridge calls; last_error says why one answered None or False."""

    def initialize(self, *path: str, **options: object) -> bool:
        """Connect to a terminal, starting it where it does not run."""
        ...

    def shutdown(self) -> None:
        """Let it go."""
        ...

    def last_error(self) -> tuple[int, str]:
        """Return code and text of the last call; the next call overwrites them."""
        ...

    def terminal_info(self) -> TerminalInfo | None:
        """Return the terminal."""
        ...

    def account_info(self) -> AccountInfo | None:
        """Return the account."""
        ...

    def symbol_select(self, symbol: str, enable: bool) -> bool:
        """Put a symbol into Market Watch, or take it out."""
        ...

    def symbol_info_tick(self, symbol: str) -> Tick | None:
        """Return the newest tick."""
        ...

    def symbols_get(self, group: str) -> Sequence[SymbolInfo] | None:
        """Return the symbols that match "WIN*"."""
        ...

    def copy_rates_from_pos(self, symbol: str, timeframe: int, start_pos: int, count: int) -> Rows | None:
        """Return candles by their position from the present: 0 is the one that forms."""
        ...


def load() -> MetaTrader:
    """Return the package, imported now: it is for Windows only and brings numpy.

    Raises MarketFault NOT_INSTALLED.
    """
    try:
        return cast("MetaTrader", importlib.import_module("MetaTrader5"))
    except ImportError as error:
        raise MarketFault(Condition.NOT_INSTALLED, f"no MetaTrader5 package: {error}") from error
