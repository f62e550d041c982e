"""The candles of a post: as the state table holds them until the ticker reads them, and as screens hear them.

Both ends are ours, and each post is read in a process that may have just started: no models, so that it does
not wait for pydantic.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from operator import attrgetter
from typing import Any

from pregao.domain.market.candle import Candle

_NAMES = tuple(field.name for field in fields(Candle))
_values = attrgetter(*_NAMES)


def dump_candles(candles: Sequence[Candle]) -> str:
    """Return candles as compact JSON."""
    return _compact([dict(zip(_NAMES, _values(one), strict=True)) for one in candles])


def load_candles(text: str) -> list[Candle]:
    """Read candles; raises ValueError for what is no JSON, TypeError for other fields than a candle's."""
    return [Candle(**one) for one in json.loads(text)]


def candle_frame(instrument: str, contract: str, timeframe: str, candle: Candle) -> bytes:
    """Return the server's `candle` frame: one closed."""
    names = {"instrument": instrument, "contract": contract, "timeframe": timeframe}
    return _compact({"action": "candle", **names, "candle": asdict(candle)}).encode()


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
