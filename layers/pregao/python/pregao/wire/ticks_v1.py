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

FRAME_BYTES = 32 * 1024
"""A message of API Gateway is billed for each 32 KB of it."""
_NAMES = tuple(field.name for field in fields(Candle))
_values = attrgetter(*_NAMES)


def dump_candles(candles: Sequence[Candle]) -> str:
    """Return candles as compact JSON."""
    return _compact([dict(zip(_NAMES, _values(one), strict=True)) for one in candles])


def load_candles(text: str) -> list[Candle]:
    """Read candles; raises ValueError for what is no JSON, TypeError for other fields than a candle's."""
    return [Candle(**one) for one in json.loads(text)]


def closed_candle(instrument: str, contract: str, timeframe: str, candle: Candle) -> bytes:
    """Return what frames tell of one candle that closed; see `candle_frame` and `candles_frames`."""
    names = {"instrument": instrument, "contract": contract, "timeframe": timeframe}
    return _compact({**names, "candle": asdict(candle)}).encode()


def candle_frame(closed: bytes) -> bytes:
    """Return the server's `candle` frame of a `closed_candle`."""
    return b'{"action":"candle",' + closed[1:]


def candles_frames(closed: Sequence[bytes]) -> list[bytes]:
    """Return the frames that tell several: `candles` of at most FRAME_BYTES each, `candle` for one."""
    frames: list[list[bytes]] = []
    size = FRAME_BYTES
    for one in closed:
        if size + len(one) + 1 > FRAME_BYTES:
            frames.append([])
            size = len(_together([]))
        frames[-1].append(one)
        size += len(one) + 1
    return [_together(some) for some in frames]


def _together(closed: Sequence[bytes]) -> bytes:
    if len(closed) == 1:
        return candle_frame(closed[0])
    return b'{"action":"candles","candles":[' + b",".join(closed) + b"]}"


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
