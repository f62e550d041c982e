"""Everything POST /heartbeats works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.tables.feed_book import FeedBook
from pregao.bootstrap.metrics import counter
from pregao.settings import Settings
from pregao.wire.heartbeat_v1 import read_heartbeat

count_refused = counter("heartbeat")


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """Reads a body and notes what it says."""

    book: FeedBook

    def __call__(self, body: str | bytes) -> float:
        """Take one heartbeat; returns the cloud's clock (epoch seconds). Raises HeartbeatRefused."""
        heartbeat = read_heartbeat(body)
        now = clock.now()
        self.book.beat(heartbeat, now)
        return now


@cache
def listening() -> Heartbeats:
    """Build the function once per process; raises SettingsError."""
    settings = Settings.require("admission_table")
    return Heartbeats(FeedBook(client("dynamodb"), settings.admission_table))
