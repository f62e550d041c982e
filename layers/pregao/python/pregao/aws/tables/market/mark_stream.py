"""What the state table's stream tells of a feed's mark; mark_items.py writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.market.mark_items import KEPT
from pregao.flow.ports.desk import Series
from pregao.wire.ticks_v1 import load_candles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pregao.domain.market.candle import Candle


def read_post(image: Mapping[str, Any]) -> tuple[Series, list[Candle]]:
    """Read the candles of a post as the state table's stream gives it: an item of `FeedMarks`."""
    _, instrument, timeframe, way = image["sk"]["S"].split("#")
    series = Series(instrument, image["contract"]["S"], timeframe, judged=way != KEPT)
    return series, load_candles(image["candles"]["S"])
