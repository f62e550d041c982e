"""The part of the MetaTrader5 package that the bridge uses, its numbers, and its one import."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol, cast

from pregao_bridge.market import Condition, MarketFault

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Timeframe:
    """A timeframe that the cloud takes: its name, its seconds, the package's constant TIMEFRAME_{name}."""

    name: str
    seconds: int
    constant: int


TIMEFRAMES = {
    one.name: one
    for one in (
        *(
            Timeframe(f"M{minutes}", minutes * 60, minutes)
            for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)
        ),
        Timeframe("H1", 3600, 1 | 0x4000),
    )
}


class Code(IntEnum):
    """last_error's codes; the package calls them RES_S_OK and RES_E_{name}."""

    OK = 1
    FAIL = -1
    INVALID_PARAMS = -2
    NO_MEMORY = -3
    NOT_FOUND = -4
    INVALID_VERSION = -5
    AUTH_FAILED = -6
    UNSUPPORTED = -7
    AUTO_TRADING_DISABLED = -8
    INTERNAL_FAIL = -10000
    INTERNAL_FAIL_SEND = -10001
    INTERNAL_FAIL_RECEIVE = -10002
    INTERNAL_FAIL_INIT = -10003
    INTERNAL_FAIL_CONNECT = -10004
    INTERNAL_FAIL_TIMEOUT = -10005


LINK_CODES = frozenset(code for code in Code if code <= Code.INTERNAL_FAIL)
"""The pipe between the package and the terminal is broken: only `initialize` mends it."""

NOT_FOUND = "MetaTrader 5 x64 not found"

NO_USE_TRYING = frozenset(
    {
        Code.INVALID_PARAMS,
        Code.INVALID_VERSION,
        Code.AUTH_FAILED,
        Code.UNSUPPORTED,
        Code.AUTO_TRADING_DISABLED,
    }
)
"""The same call would be refused again until somebody changes something."""


def condition_of(code: int, text: str = "") -> Condition:
    """Return how the terminal stands that answers with this code.

    The code of a link that does not start is the same for a terminal that is not installed; the package says
    that in its text alone ("IPC initialize failed, MetaTrader 5 x64 not found").
    """
    if code == Code.INTERNAL_FAIL_INIT and NOT_FOUND in text:
        return Condition.NOT_INSTALLED
    if code in LINK_CODES:
        return Condition.NOT_STARTED
    return Condition.LOGGED_OUT if code == Code.AUTH_FAILED else Condition.FAILED


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
