"""The package's numbers: timeframes, and what last_error answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from pregao_bridge.market import Condition


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
