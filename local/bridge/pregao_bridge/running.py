"""`pregao-bridge run`: one process per state directory, from the configuration to the last cursor."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pregao_bridge.assemble import assemble
from pregao_bridge.exits import HEALTHY
from pregao_bridge.logs import log_to
from pregao_bridge.signed import VERSION
from pregao_bridge.state import StateDir
from pregao_bridge.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pregao_bridge.config import Config

log = logging.getLogger(__name__)

CLOSING = frozenset({2, 5, 6})
"""Windows' console events: the window is closed, the user logs off, the machine shuts down."""
CLOSE_S = 4.0
"""Windows ends a process five seconds after its window was closed, and at once when its handler returns."""


def run(config: Config) -> int:
    """Run until a signal; returns 0. Raises Running, ConfigError, KeysError, CursorError before it starts."""
    state = StateDir(config.state)
    state.make()
    stop = threading.Event()
    with state.lock(), stopped_by_signals(stop), stopped_by_closing(stop):
        runner = assemble(config, stop)
        log_to(state.log, config.log_bytes, config.log_files)
        feeds = ", ".join(map(str, config.feeds))
        log.info(say("started", config.language, version=VERSION, feeds=feeds))
        runner.run()
        log.info(say("stopped", config.language))
    return HEALTHY


@contextmanager
def stopped_by_signals(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C, SIGTERM and, on Windows, Ctrl-Break set `stop`; put the handlers back at the end."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    before = {number: signal.signal(number, lambda _number, _frame: stop.set()) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def on_close(
    stop: threading.Event, ended: threading.Event, within_s: float = CLOSE_S
) -> Callable[[int], int]:
    """Return a console handler that sets `stop` and returns once `ended` is set, or after `within_s`.

    It runs in a thread of Windows' own; what it does not know it leaves to the next handler.
    """

    def handle(event: int) -> int:
        if event not in CLOSING:
            return 0
        stop.set()
        ended.wait(within_s)
        return 1

    return handle


@contextmanager
def stopped_by_closing(stop: threading.Event) -> Iterator[None]:
    """Let a closed console window, a log-off or a shutdown set `stop`, and wait for the end of the block.

    Python's own handler (SIGBREAK) returns at once, and the process would end before it has said so.
    """
    if sys.platform != "win32":
        yield
        return
    import ctypes

    ended = threading.Event()
    handler = ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)(on_close(stop, ended))
    ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, 1)
    try:
        yield
    finally:
        ended.set()
        ctypes.windll.kernel32.SetConsoleCtrlHandler(handler, 0)
