"""What the runner asks of a market: a MetaTrader 5 terminal, or a replay that stands for one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao_bridge.batch import Window

WARMUP = 250
"""Candles that the detectors look back over, the new one included: a batch with fewer is refused."""
HISTORY = WARMUP + 12
"""Candles before the new ones in every batch: an alert's opportunity may have begun twelve earlier."""
BACKLOG = 100
"""New candles in one batch at most; a live market gives one at a time."""


class Condition(StrEnum):
    """How a terminal, or one symbol in it, stands; each has a remedy in words (`texts.py`)."""

    LIVE = "live"
    NOT_INSTALLED = "not_installed"
    """No MetaTrader5 package, or no terminal at the given path."""
    NOT_STARTED = "not_started"
    """The terminal does not answer: closed, starting, or run by another user."""
    LOGGED_OUT = "logged_out"
    """No account, or its login was refused."""
    BROKER_LOST = "broker_lost"
    """The terminal runs and has no connection to its server."""
    CLOCK_UNSURE = "clock_unsure"
    """The server's offset from UTC is not known or has changed; no candle leaves before it is sure."""
    SYMBOL_MISSING = "symbol_missing"
    """The server has no such symbol, or Market Watch does not take it."""
    LOADING = "loading"
    """History is on its way; no fault."""
    NO_TRADES = "no_trades"
    """Connected and synchronised, and the market gives no ticks."""
    FAILED = "failed"
    """Anything else the terminal says no to."""


class MarketFault(Exception):
    """No candles now: `condition` says why, `detail` in one line, `code` is the terminal's last_error."""

    def __init__(self, condition: Condition, detail: str, code: int | None = None) -> None:
        super().__init__(detail)
        self.condition, self.detail, self.code = condition, detail, code


@dataclass(frozen=True, slots=True)
class Health:
    """A terminal at a moment. Times in epoch seconds UTC; `utc_offset_s` is the server's, east of UTC."""

    condition: Condition
    detail: str = ""
    code: int | None = None
    build: int | None = None
    server: str | None = None
    ping_ms: float | None = None
    utc_offset_s: int | None = None
    last_tick_at: float | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    """A symbol's newest prices at `time`, epoch seconds UTC; `last` is 0 where the market has none.

    `synthetic`: made of a candle, so it was never the price.
    """

    time: float
    bid: float
    ask: float
    last: float
    synthetic: bool = False


class Source(Protocol):
    """Closed candles of one symbol."""

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        """Return up to `at_most` candles that opened after `after` and `history` before them.

        `after` in epoch seconds UTC; None lets the source decide where to begin. The new candles are of one
        exchange date. None when nothing new has closed, or fewer than `history` candles came before.
        """
        ...


class Market(Protocol):
    """A terminal."""

    def health(self) -> Health:
        """Return how it stands, connecting anew where it is not connected; never raises."""
        ...

    def source(self, symbol: str, timeframe: str) -> Source:
        """Return the closed candles of a symbol; its `window` raises MarketFault where there are none now."""
        ...

    def tick(self, symbol: str) -> Tick | None:
        """Return a symbol's newest prices; None where there are none, or nobody knows of which time.

        Never connects, and may be called from another thread. Raises MarketFault.
        """
        ...

    def close(self) -> None:
        """Let the terminal go."""
        ...
