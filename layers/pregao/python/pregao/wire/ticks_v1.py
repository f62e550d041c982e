"""The candles of a post as the state table holds them until the ticker has read them."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ConfigDict, TypeAdapter

from pregao.domain.market.candle import Candle

_CANDLES = TypeAdapter(list[Candle], config=ConfigDict(defer_build=True))


def dump_candles(candles: Sequence[Candle]) -> str:
    """Return candles as compact JSON."""
    return _CANDLES.dump_json(list(candles)).decode()


def load_candles(text: str) -> list[Candle]:
    """Read candles; raises pydantic.ValidationError (a ValueError)."""
    return _CANDLES.validate_json(text)
