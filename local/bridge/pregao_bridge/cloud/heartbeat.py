"""Who waits for the terminal, and since when: the thread that tells the cloud must not wait with it."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import TYPE_CHECKING, Protocol

import urllib3

from pregao_bridge.feed.status import DETAIL
from pregao_bridge.market import Condition, Health
from pregao_bridge.texts import of_signature, say

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pregao_bridge.clocks import CallTimer, Skew
    from pregao_bridge.cloud.signed import Answer
    from pregao_bridge.feed.status import FeedStatus
    from pregao_bridge.logs import Notices

ASK_S = 20.0
"""At most so long between two heartbeats, whatever is configured: an answer tells whose quotes are wanted."""
FIRST_S = 1.5
"""How long the first heartbeat waits for the terminal's first word."""


class Posts(Protocol):
    """Posts once to a URL; see signed.SignedHttp."""

    def post(self, url: str, body: bytes) -> Answer:
        """Return the answer; raises urllib3's HTTPError without one."""
        ...


class HeartbeatSender:
    """What the bridge knows of itself, told at least every `interval_s`, at once when it changes."""

    def __init__(
        self,
        bridge_id: str,
        url: str,
        http: Posts,
        statuses: Sequence[FeedStatus],
        *,
        interval_s: int,
        skew: Skew,
        timer: CallTimer,
        notices: Notices,
        clock: Callable[[], float] = time.time,
        soon: threading.Event | None = None,
        heard: Callable[[bytes], None] = lambda _answer: None,
    ) -> None:
        """`clock` in epoch seconds; setting `soon` sends one at once; `heard` is given each answer."""
        self._bridge_id, self._url, self._http, self._statuses = bridge_id, url, http, statuses
        self._interval_s, self._skew, self._timer = interval_s, skew, timer
        self._notices, self._clock, self._heard = notices, clock, heard
        self._health: Health | None = None
        self._soon, self._stop = soon or threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def stop(self, within_s: float = 5.0) -> None:
        """End after the beat in flight; one that takes longer is left behind."""
        self._stop.set()
        self._soon.set()
        self._thread.join(within_s)

    def report(self, health: Health) -> None:
        """Take how the terminal stands; a change of its condition is told at once."""
        changed = self._health is None or health.condition != self._health.condition
        self._health = health
        if changed:
            self._soon.set()

    def body(self) -> bytes:
        """Return the heartbeat of this moment."""
        beat = {
            "version": 1,
            "bridge_id": self._bridge_id,
            "sent_at": self._clock(),
            "interval_s": self._interval_s,
            "skew_s": None if self._skew.seconds is None else round(self._skew.seconds, 3),
            "terminal": plain(self._terminal_health()),
            "feeds": [status.plain() for status in self._statuses],
        }
        return json.dumps(beat, separators=(",", ":"), ensure_ascii=False).encode()

    def beat(self) -> None:
        """Send one; a failure is said once and never more than that."""
        try:
            answer = self._http.post(self._url, self.body())
        except urllib3.exceptions.HTTPError as error:
            self._silent(type(error).__name__, f"{type(error).__name__}: {error}")
            return
        if 200 <= answer.status < 300:
            self._notices.well("heard")
            self._heard(answer.body)
        elif answer.status in {401, 403}:
            said = of_signature(self._notices.language, answer.status, self._skew).line
            self._silent(answer.status, said)
        else:
            self._silent(answer.status, f"HTTP {answer.status}")

    def _run(self) -> None:
        self._soon.wait(min(FIRST_S, self._interval_s))
        while not self._stop.is_set():
            self._soon.clear()
            try:
                self.beat()
            except Exception as error:  # noqa: BLE001 a thread that ends would be the silence it warns of
                said = say("silent", self._notices.language, cause=type(error).__name__)
                self._notices.trouble(type(error).__name__, said, logging.ERROR, error)
            self._soon.wait(min(self._interval_s, ASK_S))

    def _silent(self, kind: object, cause: str) -> None:
        self._notices.trouble(str(kind), say("silent", self._notices.language, cause=cause))

    def _terminal_health(self) -> Health:
        language, hanging = self._notices.language, self._timer.hanging_s()
        if hanging is not None:
            return Health(Condition.NOT_STARTED, say("hangs", language, seconds=int(hanging)))
        return self._health or Health(Condition.NOT_STARTED, say("starting", language))


def plain(health: Health) -> dict[str, object]:
    """Return the terminal's part of a heartbeat."""
    return {
        "condition": str(health.condition),
        "detail": health.detail[:DETAIL],
        "code": health.code,
        "build": health.build,
        "server": health.server,
        "ping_ms": health.ping_ms,
        "utc_offset_s": health.utc_offset_s,
        "last_tick_at": health.last_tick_at,
    }
