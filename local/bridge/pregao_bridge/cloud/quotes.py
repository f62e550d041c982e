"""Last prices for the screens that look at them: asked of the terminal and posted while they are wanted.

In a thread of its own, over connections of its own, and never twice: no candle waits for a price, and a price
that came too late is dropped, for the next one is nearer to the truth.
"""

from __future__ import annotations

import json
import logging
import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import urllib3

from pregao_bridge.market import MarketFault, Tick
from pregao_bridge.outcome import UNREADABLE
from pregao_bridge.texts import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pregao_bridge.cloud.heartbeat import Posts
    from pregao_bridge.feed.status import FeedStatus
    from pregao_bridge.logs import Notices

EVERY_S = 2.0
"""At most one post in so many seconds."""
MOST = 50
"""Prices in one post, as many as the cloud takes."""
SAME_AGAIN_S = 10.0
"""A price that did not change is posted again after so long: the screen sees that it still stands."""
FRESH_S = 30.0
"""An older tick is no price to decide by; the cloud refuses one of 60 s."""
AFTER_FAILURE_S = 10.0
LONGEST_S = 300.0
"""No answer makes a symbol wanted for longer."""


class Ticks(Protocol):
    """The terminal, as far as prices go; see market.Market."""

    def tick(self, symbol: str) -> Tick | None:
        """Return a symbol's newest prices. Raises MarketFault."""
        ...


@dataclass(slots=True)
class Counted:
    """Prices since quotes were wanted: posted, and dropped because the post failed or came too late."""

    posted: int = 0
    dropped: int = 0


class QuoteSender:
    """Posts the symbols' last prices while the cloud's answers say that somebody looks."""

    def __init__(
        self,
        bridge_id: str,
        url: str,
        http: Posts,
        ticks: Ticks,
        statuses: Sequence[FeedStatus],
        *,
        clock: Callable[[], float],
        notices: Notices,
        passing: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` is the market's time, epoch seconds; `passing` seconds from anywhere."""
        self._bridge_id, self._url, self._http, self._ticks = bridge_id, url, http, ticks
        self._statuses = {one.name.symbol: one for one in reversed(statuses)}
        self._clock, self._notices, self._passing = clock, notices, passing
        self._until: dict[str, float] = {}
        """By symbol, until when it is wanted, as `passing` tells it."""
        self._ended: dict[str, float] = {}
        """By symbol, until when it was wanted (the cloud's clock) when a quote found that nobody looks."""
        self._asked: dict[str, float] = {}
        self._sent: dict[str, tuple[Tick, float]] = {}
        self._looked_at = False
        self._next_at = 0.0
        self.counted = Counted()
        self._lock, self._soon, self._stop = threading.Lock(), threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="quotes", daemon=True)

    def start(self) -> None:
        """Begin to listen; nothing is asked of the terminal before quotes are wanted."""
        self._thread.start()

    def stop(self, within_s: float = 1.0) -> None:
        """End; a post in flight is left behind."""
        self._stop.set()
        self._soon.set()
        self._thread.join(within_s)

    def hear(self, answer: bytes) -> None:
        """Take a heartbeat's answer: what it says is wanted is so until then; an older cloud says nothing.

        What was found to be followed by nobody begins anew only where somebody has asked for it since.
        """
        wanted, now = _wanted(answer), self._passing()
        with self._lock:
            before = self._living()
            for symbol, (until, seconds) in wanted.items():
                if symbol in self._statuses and until > self._ended.get(symbol, 0.0):
                    self._until[symbol] = max(self._until.get(symbol, 0.0), now + seconds)
                    self._asked[symbol] = until
            after = self._living()
        if after != before:
            self._soon.set()

    def turn(self) -> float | None:
        """Post what is due; returns the seconds until the next turn, None while nothing is wanted."""
        now = self._passing()
        with self._lock:
            symbols = self._living()
            ended = bool(self._until) and not symbols
            if ended:
                self._until.clear()
        if not symbols:
            if ended:
                self._tell_end()
            return None
        if now < self._next_at:
            return self._next_at - now
        self._next_at = now + EVERY_S
        quotes = [*self._quotes(symbols, now)]
        for first in range(0, len(quotes), MOST):
            self._post(quotes[first : first + MOST])
        return max(0.0, self._next_at - self._passing())

    def _living(self) -> list[str]:
        now = self._passing()
        return sorted(symbol for symbol, until in self._until.items() if until > now)

    def _quotes(self, symbols: Sequence[str], now: float) -> Iterator[tuple[str, Tick]]:
        """Return what is worth a post: fresh prices that changed, or stand for a while."""
        for symbol in symbols:
            try:
                tick = self._ticks.tick(symbol)
            except MarketFault:
                continue  # the feed itself says how the terminal stands
            if tick is None or not _can_be(tick):
                continue
            if not tick.synthetic and self._clock() - tick.time > FRESH_S:
                continue
            last, at = self._sent.get(symbol, (None, 0.0))
            if tick != last or now - at >= SAME_AGAIN_S:
                yield symbol, tick

    def _post(self, quotes: Sequence[tuple[str, Tick]]) -> None:
        body = json.dumps(self._body(quotes), separators=(",", ":")).encode()
        try:
            answer = self._http.post(self._url, body)
        except urllib3.exceptions.HTTPError as error:
            self._lost(quotes, type(error).__name__)
            return
        if not 200 <= answer.status < 300:
            self._lost(quotes, f"HTTP {answer.status}")
            return
        self.counted.posted += len(quotes)
        self._notices.well("quotes_back")
        now, wanted = self._passing(), _wanted(answer.body)
        with self._lock:
            for symbol, tick in quotes:
                self._sent[symbol] = (tick, now)
                if symbol in wanted:
                    self._until[symbol] = now + wanted[symbol][1]
                else:  # nobody looks any more
                    self._until[symbol] = now
                    self._ended[symbol] = self._asked.get(symbol, 0.0)
        if wanted and not self._looked_at:
            self._looked_at = True
            self._notices.info("quotes_wanted", symbols=", ".join(sorted(wanted)))

    def _body(self, quotes: Sequence[tuple[str, Tick]]) -> Mapping[str, object]:
        return {
            "version": 1,
            "bridge_id": self._bridge_id,
            "synthetic": any(tick.synthetic for _, tick in quotes),
            "quotes": [
                {
                    "symbol": symbol,
                    "contract": self._statuses[symbol].contract,
                    "time": tick.time,
                    "bid": tick.bid,
                    "ask": tick.ask,
                    "last": tick.last or None,
                }
                for symbol, tick in quotes
            ],
        }

    def _lost(self, quotes: Sequence[tuple[str, Tick]], cause: str) -> None:
        self.counted.dropped += len(quotes)
        self._next_at = self._passing() + AFTER_FAILURE_S
        self._notices.trouble(cause, say("quotes_lost", self._notices.language, cause=cause))

    def _tell_end(self) -> None:
        self._sent.clear()
        if self._looked_at:
            counted, self.counted, self._looked_at = self.counted, Counted(), False
            self._notices.info("quotes_ended", posted=counted.posted, dropped=counted.dropped)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._soon.clear()
            try:
                rest = self.turn()
            except Exception as error:  # noqa: BLE001 a thread that ends would leave the screens without a price
                cause = type(error).__name__
                said = say("quotes_lost", self._notices.language, cause=cause)
                self._notices.trouble(cause, said, logging.ERROR, error)
                rest = AFTER_FAILURE_S
            self._soon.wait(rest)


def _can_be(tick: Tick) -> bool:
    """Tell whether prices are a market's: an auction crosses them, and a market without orders has none."""
    prices = (tick.bid, tick.ask, tick.last, tick.time)
    return all(map(math.isfinite, prices)) and 0 < tick.bid <= tick.ask and tick.last >= 0


def _wanted(answer: bytes) -> dict[str, tuple[float, float]]:
    """Return until when which symbols are wanted (the cloud's clock), and how many seconds that is."""
    try:
        said = json.loads(answer)
        wanted, now = said.get("wanted_until") or {}, float(said.get("server_time", 0.0))
        until = {str(name): float(at) for name, at in wanted.items()}
        return {name: (at, min(LONGEST_S, at - now)) for name, at in until.items()}
    except UNREADABLE:
        return {}
