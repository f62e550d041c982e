"""Everything POST /heartbeats works with."""

from __future__ import annotations

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.metrics import counter
from pregao.aws.tables.market.feed_book import FeedBook
from pregao.bootstrap.common import bridge_identities
from pregao.flow.heartbeat import Listening
from pregao.settings import Settings

count_refused = counter("heartbeat")


@cold.once
def listening() -> Listening:
    """Build the function's dependencies once per process; raises SettingsError."""
    settings = Settings.require("admission_table")
    book = FeedBook(client("dynamodb"), settings.admission_table)
    return Listening(book, bridge_identities(settings), clock.now)
