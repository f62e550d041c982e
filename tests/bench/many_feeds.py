"""A bridge of a hundred feeds whose candles close in the same second: its own code, a made-up terminal."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from botocore.credentials import Credentials

from local.lab.market import synthesize
from pregao.aws.tables.alerts.open_book import OpenBook
from pregao.domain.detectors.scan import scan
from pregao_bridge.app.run import RETRY, Parts
from pregao_bridge.app.runner import Runner
from pregao_bridge.batch import Columns, Stream, Window, build
from pregao_bridge.clocks import CallTimer, Clock, Skew
from pregao_bridge.cloud.outbox import Outbox
from pregao_bridge.cloud.signed import HttpPoster, SignedHttp
from pregao_bridge.config import Cloud, Config, FeedName, Replay, TerminalSettings
from pregao_bridge.feed.posting import Shared
from pregao_bridge.logs import Notices
from pregao_bridge.market import HISTORY, Condition, Health
from pregao_bridge.outcome import Accepted, of_answer
from pregao_bridge.pace import Gate
from tests.posted import share

FEEDS = 100
STEP = 300
OFFSET_S = -10_800
MARKETS = 10
"""Different markets; the feeds take them in turn, so that some ring at each close, not all."""
WAIT_S = 200.0
"""Past the alert queue's visibility: an alert whose function died comes late, not never."""
TERMINAL = TerminalSettings(None, None, None, False, "America/Sao_Paulo", None)


def symbols(first: int, count: int = FEEDS) -> list[str]:
    """Codes of shares, each an instrument of its own."""
    return [share(first + at) for at in range(count)]


def markets(count: int = MARKETS) -> list[Columns]:
    """Eight sessions of as many markets, all of the same candles' times."""
    found = [synthesize(seed, 8, date(2026, 3, 2)).candles for seed in range(1, count + 1)]
    return [Columns(*(getattr(one, name).tolist() for name in Columns.__dataclass_fields__)) for one in found]


def storm(config: Any) -> tuple[Columns, int]:
    """A market and its row on which two patterns ring at once."""
    instrument, settings = config.instrument_for(share(0)), config.detectors_for(share(0))
    for seed in range(1, 50):
        candles = synthesize(seed, 8, date(2026, 3, 2)).candles
        rings = Counter(one.time for one in scan(candles, instrument, settings))
        twice = [at for at, times in rings.items() if times > 1]
        if twice:
            columns = Columns(*(getattr(candles, name).tolist() for name in Columns.__dataclass_fields__))
            return columns, columns.time.index(twice[0])
    raise AssertionError("no market rings twice at once")


class Terminal:
    """A market whose newest closed candle is `row`, for all symbols; see pregao_bridge.market.Market."""

    def __init__(self, columns: Mapping[str, Columns], row: int) -> None:
        self.columns = columns
        self.row = row

    @property
    def row(self) -> int:
        """The row of the newest closed candle."""
        return self._row

    @row.setter
    def row(self, row: int) -> None:
        self._row, self._closed_at = row, time.monotonic()

    @property
    def now(self) -> float:
        """The market's time: it passes from the newest candle's close on, so that a wait has an end."""
        close = next(iter(self.columns.values())).time[self.row] + STEP
        return close + 0.06 + time.monotonic() - self._closed_at

    def health(self) -> Health:
        return Health(Condition.LIVE)

    def source(self, symbol: str, _timeframe: str) -> _Source:
        return _Source(self, symbol)

    def tick(self, _symbol: str) -> None:
        return None

    def close(self) -> None:
        return None

    def window(self, symbol: str, after: int | None, history: int, at_most: int) -> Window | None:
        """The candles after a time up to the newest closed one, with those before."""
        columns = self.columns[symbol]
        first = self.row if after is None else columns.time.index(after) + 1
        last = min(first + at_most, self.row + 1)
        if first >= last:
            return None
        return Window(columns[slice(first - history, last)], history, symbol, OFFSET_S)


@dataclass(frozen=True)
class _Source:
    terminal: Terminal
    symbol: str

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        return self.terminal.window(self.symbol, after, history, at_most)


class _NoHeartbeats:
    def start(self) -> None:
        """Nobody is told."""

    def stop(self) -> None:
        """Nobody is told."""

    def report(self, _health: Health) -> None:
        """Nobody is told."""


class Bridge:
    """The runner of `pregao-bridge run` over a Terminal; its batches are a replay's, so they may ring.

    `waits` has the seconds before each try that followed one without an answer.
    """

    def __init__(self, stack: Any, state: Path, terminal: Terminal) -> None:
        self.terminal, self._stop = terminal, threading.Event()
        self.waits: list[float] = []
        keys = Credentials(stack.bridge_access_key, stack.bridge_secret_key)
        url = f"{stack.http_url}/candles"
        self.poster = HttpPoster(url, stack.region, keys, retry=RETRY, sleep=self._wait)
        self.outbox = Outbox(self.poster, retry=RETRY, sleep=self._wait)
        clock = Clock(lambda: terminal.now)
        common = Shared(clock, Gate(), Skew(), CallTimer(), lambda: 0.5)
        config = Config(
            file=state / "bridge.toml",
            bridge_id="many",
            language="en",
            heartbeat_s=60,
            log_bytes=10**6,
            log_files=1,
            state=state,
            cloud=Cloud(stack.http_url, stack.region, None),
            terminal=TERMINAL,
            feeds=tuple(FeedName(one, "M5") for one in terminal.columns),
            replay=Replay(state / "none.csv", 1.0),
        )
        parts = Parts(config, self.poster, common, begin=self.outbox.begin)
        self.feeds = [parts.feed(one, terminal.source(one.symbol, "M5")) for one in config.feeds]
        self._runner = Runner(
            terminal,
            self.feeds,
            _NoHeartbeats(),  # type: ignore[arg-type]
            common,
            terminal=Notices("terminal", "en"),
            machine=Notices("machine", "en"),
            health_s=60,
            stop=self._stop,
            outbox=self.outbox,
        )

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        time.sleep(seconds)

    def post(self) -> float:
        """Turn the feeds until each has its answer; returns the seconds until the last."""
        began = time.monotonic()
        while any(feed.status.accepted != self.newest for feed in self.feeds):
            assert time.monotonic() < began + WAIT_S, self.left()
            self._runner.turn()
            self.outbox.answered.wait(0.05)
        return time.monotonic() - began

    def close(self) -> float:
        """Let the next candle of every feed close, and post."""
        self.terminal.row += 1
        return self.post()

    @property
    def newest(self) -> int:
        return next(iter(self.terminal.columns.values())).time[self.terminal.row]

    def left(self) -> list[tuple[str, str | None, str]]:
        """Which feeds have no answer, and what is the matter with them."""
        late = [feed.status for feed in self.feeds if feed.status.accepted != self.newest]
        return [(one.name.symbol, one.posting, one.trouble) for one in late]


class Serial:
    """A bridge of before: one plain post after the other."""

    def __init__(self, stack: Any, terminal: Terminal) -> None:
        self.terminal = terminal
        self._http = SignedHttp(stack.region, Credentials(stack.bridge_access_key, stack.bridge_secret_key))
        self._url = f"{stack.http_url}/candles"

    def post(self) -> float:
        """Post every feed's newest candle; returns the seconds until the last answer."""
        began = time.monotonic()
        for symbol in self.terminal.columns:
            before = self.terminal.columns[symbol].time[self.terminal.row - 1]
            window = self.terminal.window(symbol, before, HISTORY, 1)
            assert window is not None
            body = build(Stream("serial", symbol, "M5"), window, historical=True).body
            while True:
                answer = self._http.post(self._url, body)
                outcome = of_answer(answer.status, answer.body, answer.sent_at, answer.elapsed)
                if isinstance(outcome, Accepted):
                    break
                assert time.monotonic() < began + WAIT_S, outcome
        return time.monotonic() - began

    def close(self) -> float:
        """Let the next candle of every feed close, and post."""
        self.terminal.row += 1
        return self.post()


@dataclass
class Waiting:
    """The most alerts that waited at once while the block ran, as often as there is time to look."""

    book: OpenBook
    most: int = 0
    looks: int = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def until_none(self) -> None:
        """Wait until all that rang is delivered, and a second more for what follows it."""
        until = time.monotonic() + WAIT_S
        while self.book.waiting():
            assert time.monotonic() < until, f"{self.book.waiting()} alerts are still waiting"
            time.sleep(0.05)
        time.sleep(1.0)

    @contextmanager
    def watched(self) -> Iterator[Waiting]:
        def look() -> None:
            while not self._over.wait(0.02):
                self.most = max(self.most, self.book.waiting())
                self.looks += 1

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield self
        finally:
            self._over.set()
            thread.join()


def waiting(stack: Any) -> Waiting:
    """What looks at the stack's waiting list."""
    return Waiting(OpenBook(stack.client("dynamodb"), stack.outputs["AdmissionTable"]))


def over(columns: Sequence[Columns], names: Sequence[str], row: int) -> Terminal:
    """A terminal with these symbols, which take the markets in turn."""
    return Terminal({name: columns[at % len(columns)] for at, name in enumerate(names)}, row)
