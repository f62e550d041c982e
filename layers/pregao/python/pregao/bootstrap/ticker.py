"""Everything the candles' stream works with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from typing import Any

from pregao.aws.candle_book import read_series
from pregao.bootstrap.common import posting_pool, screens
from pregao.flow.ports import Screens
from pregao.flow.ticker import tick
from pregao.settings import Settings


@dataclass(frozen=True, slots=True)
class Ticking:
    """Reads the stream's images, posts what is new."""

    screens: Screens
    pool: Executor

    def __call__(self, images: Iterable[Mapping[str, Any]]) -> int:
        """Post the newest of the candles in these images (DynamoDB items); returns the frames tried."""
        return tick(map(read_series, images), self.screens, self.pool)


@cache
def ticking() -> Ticking:
    """Build the function once per process; raises SettingsError."""
    return Ticking(screens(Settings.require("connections_table")), posting_pool())
