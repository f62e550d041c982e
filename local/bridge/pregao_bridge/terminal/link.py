"""The link to the terminal: connected with back-off, anew when it breaks; its faults as conditions."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.pace import Backoff, repeat
from pregao_bridge.terminal.metatrader import LINK_CODES, NO_USE_TRYING, condition_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao_bridge.terminal.metatrader import AccountInfo, MetaTrader, TerminalInfo

LOG = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Login:
    """Which terminal and which account; all None takes the terminal that runs and the account it is in.

    `timeout_ms` is how long the package waits for a terminal that it starts.
    """

    path: str | None = None
    login: int | None = None
    password: str | None = field(default=None, repr=False)
    server: str | None = None
    portable: bool = False
    timeout_ms: int = 60_000

    def options(self) -> dict[str, object]:
        """Return what `initialize` is given besides the path."""
        account = {"login": self.login, "password": self.password, "server": self.server}
        given = {name: value for name, value in account.items() if value is not None}
        return {**given, "timeout": self.timeout_ms, "portable": self.portable}


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a connection is tried in one go, and the wait before the n-th again: base_s * 2**(n-1) s."""

    count: int = 3
    base_s: float = 1.0


LONGEST_S = 60.0
THE_RUNNING_ONE = Login()
USUAL_TRIES = Tries()


@dataclass(frozen=True, slots=True)
class State:
    """A terminal that is connected to its broker."""

    terminal: TerminalInfo
    account: AccountInfo


class Link:
    """One terminal. `generation` grows whenever the terminal or its broker has been away in between.

    The package keeps one last_error for the whole process: a call and the reading of its error hold `lock`.
    """

    def __init__(
        self,
        load: Callable[[], MetaTrader],
        login: Login,
        tries: Tries = USUAL_TRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`load` gives the package at the first connection; `sleep` takes seconds."""
        self._load, self._login, self._tries, self._sleep = load, login, tries, sleep
        self._module: MetaTrader | None = None
        self._up, self._broker = False, False
        self.lock = threading.RLock()
        self.generation = 0

    @property
    def up(self) -> bool:
        """Whether the terminal was there and connected to its broker when it was last asked for its state."""
        return self._up and self._broker

    def state(self) -> State:
        """Return the terminal and the account, connecting first where need be.

        Raises MarketFault: NOT_INSTALLED, NOT_STARTED, LOGGED_OUT, BROKER_LOST or FAILED.
        """
        with self.lock:
            terminal = self._terminal()
            account = self._account()
            if not terminal.connected:
                raise self._lost(Condition.BROKER_LOST, f"no connection to {account.server}")
            if not self._broker:
                self._broker = True
                self.generation += 1
            return State(terminal, account)

    def ask(self, what: str, call: Callable[[MetaTrader], T | None]) -> T:
        """Return what the terminal answers to `call`. Raises MarketFault when it answers None."""
        with self.lock:
            answer = call(self._mt5)
            if answer is None:
                raise self.fault(what)
            return answer

    def fault(self, what: str) -> MarketFault:
        """Return what last_error says of the call just made: the next call overwrites it."""
        code, text = self._mt5.last_error()
        if code in LINK_CODES:
            self._shut_down()
        return MarketFault(condition_of(code, text), f"{what}: {text} ({code})", code)

    def close(self) -> None:
        """Let the terminal go."""
        with self.lock:
            self._shut_down()

    @property
    def _mt5(self) -> MetaTrader:
        if self._module is None:
            self._module = self._load()
        return self._module

    def _terminal(self) -> TerminalInfo:
        if not self._up:
            self._connect()
        found = self._mt5.terminal_info()
        if found is not None:
            return found
        LOG.warning("the terminal does not answer (%s); connecting anew", self._mt5.last_error())
        self._shut_down()
        self._connect()
        return self.ask("terminal_info", lambda mt5: mt5.terminal_info())

    def _account(self) -> AccountInfo:
        account = self._mt5.account_info()
        if account is None and self._mt5.last_error()[0] in LINK_CODES:
            raise self.fault("account_info")
        if account is None or not account.login:
            raise self._lost(Condition.LOGGED_OUT, "the terminal is in no account")
        return account

    def _connect(self) -> None:
        path = () if self._login.path is None else (self._login.path,)
        if path and not Path(path[0]).exists():
            raise MarketFault(Condition.NOT_INSTALLED, f"no terminal at {path[0]}")
        waits = Backoff(lambda: 1.0)

        def initialize() -> MarketFault | None:
            self._up = self._mt5.initialize(*path, **self._login.options())
            return None if self._up else self.fault("initialize")

        def wait_after(fault: MarketFault | None) -> float | None:
            if fault is None or fault.code in NO_USE_TRYING or fault.condition is Condition.NOT_INSTALLED:
                return None
            return waits.next((self._tries.base_s, LONGEST_S))

        fault, _ = repeat(initialize, wait_after, self._tries.count, self._sleep)
        if fault is not None:
            raise fault

    def _shut_down(self) -> None:
        if self._up:
            self._mt5.shutdown()
        self._up = self._broker = False

    def _lost(self, condition: Condition, detail: str) -> MarketFault:
        self._broker = False
        return MarketFault(condition, detail)
