"""`pregao-bridge run`: one process per state directory, from the configuration to the last cursor."""

from __future__ import annotations

import logging
import signal
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
    from collections.abc import Iterator

    from pregao_bridge.config import Config

log = logging.getLogger(__name__)


def run(config: Config) -> int:
    """Run until a signal; returns 0. Raises Running, ConfigError, KeysError, CursorError before it starts."""
    state = StateDir(config.state)
    state.make()
    stop = threading.Event()
    with state.lock(), stopped_by_signals(stop):
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
