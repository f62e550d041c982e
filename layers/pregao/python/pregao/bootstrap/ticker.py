"""Everything the stream of posts works with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.tables.candle_book import CandleBook
from pregao.bootstrap.common import posting_pool, screens
from pregao.domain.market.candle import Candle
from pregao.flow.ports.desk import Series
from pregao.flow.steps.in_time import TimeLeft
from pregao.flow.ticker import Ticker, tick
from pregao.settings import Settings
from pregao.wire.ticks_v1 import load_candles


@dataclass(frozen=True, slots=True)
class Ticking:
    """Reads the stream's images, keeps and tells what came."""

    deps: Ticker

    def __call__(self, images: Iterable[Mapping[str, Any]], time: TimeLeft) -> int:
        """Serve the images (DynamoDB items) of one batch; returns the frames tried."""
        return tick([_read(image) for image in images if "candles" in image], self.deps, time)


def _read(image: Mapping[str, Any]) -> tuple[Series, Sequence[Candle]]:
    _, instrument, timeframe, _ = image["sk"]["S"].split("#")
    return Series(instrument, image["contract"]["S"], timeframe), load_candles(image["candles"]["S"])


@cache
def ticking() -> Ticking:
    """Build the function once per process; raises SettingsError."""
    settings = Settings.require("candles_table", "connections_table")
    book = CandleBook(client("dynamodb"), settings.candles_table)
    return Ticking(Ticker(book, screens(settings), posting_pool(), clock.now))
