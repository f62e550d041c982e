"""`pregao-bridge run`: from the configuration to the last cursor, one process per state directory."""

from __future__ import annotations

import logging
import random
import signal
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

from pregao_bridge.app.runner import Runner
from pregao_bridge.batch import Stream
from pregao_bridge.clocks import CallTimer, Clock, Skew
from pregao_bridge.cloud.heartbeat import HeartbeatSender
from pregao_bridge.cloud.outbox import Outbox
from pregao_bridge.cloud.quotes import QuoteSender
from pregao_bridge.cloud.signed import VERSION, BridgeKeys, HttpPoster, Retry, SignedHttp
from pregao_bridge.config import ConfigError
from pregao_bridge.feed.first_history import FirstHistory
from pregao_bridge.feed.live import LateCandles, LiveFeed, RetryingCursor
from pregao_bridge.feed.poller import Poller
from pregao_bridge.feed.posting import HistoryParts, PostingLoop, Shared, at_once
from pregao_bridge.feed.publisher import Publisher
from pregao_bridge.feed.set_aside import SetAside, SiftedSource
from pregao_bridge.feed.status import FeedStatus
from pregao_bridge.logs import Notices, log_to
from pregao_bridge.pace import Gate
from pregao_bridge.state import StateDir
from pregao_bridge.terminal.replay import FileError, ReplayMarket, read
from pregao_bridge.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pregao_bridge.batch import Faulty
    from pregao_bridge.cloud.signed import Keys
    from pregao_bridge.config import Config, FeedName, Replay, TerminalSettings
    from pregao_bridge.feed.posting import Begin, Posts
    from pregao_bridge.market import Market, Source


def open_market(config: Config, skew: Skew) -> tuple[Market, Clock]:
    """Return the market and its clock. Raises ConfigError for a file that cannot be replayed."""
    if config.replay is not None:
        return _replay(config, config.replay)
    return _terminal(config.terminal), Clock(lambda: time.time() - skew.noticeable)


def _terminal(settings: TerminalSettings) -> Market:
    # Brought when it is meant: a replay needs nothing of it.
    terminal, link = (import_module(f"pregao_bridge.terminal.{name}") for name in ("mt5", "link"))
    login = link.Login(
        path=settings.path, login=settings.login, server=settings.server, portable=settings.portable
    )
    where = terminal.Where(
        settings.exchange_zone, settings.utc_offset_s, settings.clock_symbol, settings.server_zone
    )
    market: Market = terminal.Mt5Market(login=login, where=where)
    return market


def _replay(config: Config, replay: Replay) -> tuple[Market, Clock]:
    timeframes = {feed.seconds for feed in config.feeds}
    if len(timeframes) > 1:
        raise ConfigError(f"{config.file}: feeds: a replay has the timeframe of its file; name one only")
    try:
        columns = read(replay.file, config.terminal.server_zone or config.terminal.exchange_zone)
    except (FileError, UnicodeError) as error:
        raise ConfigError(f"{config.file}: source.replay: {error}") from error
    market = ReplayMarket(columns, timeframes.pop(), config.terminal.exchange_zone, replay.speed)
    return market, Clock(market.now, replay.speed)


RETRY = Retry(tries=3, cap_s=2.0, longest_s=10.0)
"""Short: the loop has other feeds to look after, and goes on trying by itself."""
BEAT_S = 10.0
"""Seconds that a heartbeat waits for its answer."""
QUOTE_S = 2.0
"""Seconds that a quote waits for a connection, and for its answer: a later one is no price."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the feeds of one bridge are made of."""

    config: Config
    poster: Posts
    shared: Shared
    changed: Callable[[], None] = lambda: None
    """Called when the set-aside candles of a feed have changed: the cloud is to hear of it at once."""
    begin: Begin | None = None
    """Posts live candles; None: `poster` does, one feed after the other."""
    begin_history: Begin | None = None
    """Posts what was before the first start, when it is `free`; None: `poster` does."""
    free: Callable[[], bool] = lambda: True

    def feed(
        self, name: FeedName, source: Source, late: Source | None = None, history: Source | None = None
    ) -> LiveFeed:
        """Return a feed of the bridge; `late` is asked for late candles. Raises CursorError.

        `history` is asked for what was before the first start; None: that is not posted.
        """
        config, shared = self.config, self.shared
        status = FeedStatus(name, utc_offset_s=config.exchange_offset_s(shared.clock.now()))
        directory = StateDir(config.state).room(name)
        of_terminal, of_cloud, of_disk = (Notices(str(name), config.language) for _ in range(3))
        stream = Stream(config.bridge_id, name.symbol, name.timeframe)

        def sifted(one: Source) -> SiftedSource:
            tell = partial(tell_set_aside, status, of_disk)
            # A replay's time begins anew at each start; its spool may hold what was later in the last one.
            now = shared.clock.now if config.replay is None else time.time
            return SiftedSource(one, name.seconds, SetAside(directory.set_aside_file), now=now, tell=tell)

        def parts(path: Path, one: Source) -> HistoryParts:
            return HistoryParts(path, sifted(one), stream, self.poster, shared, of_disk)

        def earlier(one: Source) -> FirstHistory:
            made = parts(directory.history_file, one)
            return FirstHistory(made, first_start=first_start, begin=self.begin_history, free=self.free)

        first, place = sifted(source), RetryingCursor(directory.cursor, of_disk)
        historical = config.replay is not None
        first_start = place.read() is None
        loop = PostingLoop(
            first, stream, self.poster, place, set_aside=first.set_aside, historical=historical
        )
        return LiveFeed(
            status,
            Poller(first, status, shared, of_terminal),
            Publisher(loop, self.begin or at_once(self.poster), status, directory.path, shared, of_cloud),
            place,
            directory,
            first,
            LateCandles(parts(directory.late_file, late or source)),
            self.changed,
            of_disk,
            None if history is None else earlier(history),
        )


def tell_set_aside(status: FeedStatus, notices: Notices, faulty: Sequence[Faulty]) -> None:
    """Say in the log that candles were set aside: the newest with its reason, and how many."""
    newest = max(faulty, key=lambda one: one.time)
    notices.warn("set_aside", count=len(faulty), newest=status.local(newest.time), reason=newest.reason)


def assemble(config: Config, stop: threading.Event) -> Runner:
    """Return a runner. Raises ConfigError, KeysError, CursorError."""
    keys: Keys = BridgeKeys(config.cloud.profile)
    skew, timer = Skew(), CallTimer()
    market, clock = open_market(config, skew)
    poster = HttpPoster(
        config.cloud.candles,
        config.cloud.region,
        keys,
        retry=RETRY,
        sleep=stop.wait,
        skew=skew,
        stopped=stop.is_set,
    )
    outbox = Outbox(poster, retry=RETRY, sleep=stop.wait, stopped=stop.is_set)
    history = Outbox(poster, connections=1, per_post=1, stopped=stop.is_set, answered=outbox.answered)
    soon = threading.Event()
    shared = Shared(clock, Gate(), skew, timer, random.random)
    parts = Parts(config, poster, shared, soon.set, outbox.begin, history.begin, history.free)
    sources = 3 if config.replay is None else 2  # a file's first start has no history of its own
    feeds = [
        parts.feed(name, *(market.source(name.symbol, name.timeframe) for _ in range(sources)))
        for name in config.feeds
    ]
    quotes = QuoteSender(
        config.bridge_id,
        config.cloud.quotes,
        SignedHttp(config.cloud.region, keys, skew=skew, connect_s=QUOTE_S, read_s=QUOTE_S),
        market,
        [feed.status for feed in feeds],
        clock=clock.now,
        notices=Notices("quotes", config.language),
    )
    heartbeats = HeartbeatSender(
        config.bridge_id,
        config.cloud.heartbeats,
        SignedHttp(config.cloud.region, keys, skew=skew, read_s=BEAT_S),
        [feed.status for feed in feeds],
        interval_s=config.heartbeat_s,
        skew=skew,
        timer=timer,
        notices=Notices("cloud", config.language),
        soon=soon,
        heard=quotes.hear,
    )
    return Runner(
        market,
        feeds,
        heartbeats,
        shared,
        terminal=Notices("terminal", config.language),
        machine=Notices("machine", config.language),
        health_s=config.heartbeat_s,
        stop=stop,
        quotes=quotes,
        outbox=outbox,
    )


log = logging.getLogger(__name__)

CLOSING = frozenset({2, 5, 6})
"""Windows' console events: the window is closed, the user logs off, the machine shuts down."""
CLOSE_S = 4.0
"""Windows ends a process five seconds after its window was closed, and at once when its handler returns."""


def run(config: Config) -> None:
    """Run until a signal. Raises Running, ConfigError, KeysError, CursorError before it starts."""
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
