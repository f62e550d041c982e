"""Everything the stream of posts works with."""

from __future__ import annotations

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.tables.market import mark_stream
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.bootstrap.common import posting_pool, screens
from pregao.flow.ticker import Ticker
from pregao.settings import Settings

read_post = mark_stream.read_post


@cold.once
def ticking() -> Ticker:
    """Build the function's dependencies once per process; raises SettingsError."""
    settings = Settings.require("candles_table", "connections_table")
    book = CandleBook(client("dynamodb"), settings.candles_table)
    pool = posting_pool()
    return Ticker(book, screens(settings, pool), pool, clock.now)
