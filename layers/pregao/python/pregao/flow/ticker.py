"""New candles to every screen that watches their instrument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from pregao.domain.alert import Candle
from pregao.flow.ports import Screens
from pregao.wire.socket_v1 import candle_frame


@dataclass(frozen=True, slots=True)
class Series:
    """Whose candles: the instrument, the contract traded then, the timeframe."""

    instrument: str
    contract: str
    timeframe: str


def tick(kept: Iterable[tuple[Series, Candle]], screens: Screens, pool: Executor) -> int:
    """Post the newest candle of each series; returns how many frames were tried.

    A screen that finds a hole before it asks for the candles: a backfill of a day is no flood of frames.
    """
    newest = _newest(kept)
    if not newest:
        return 0
    posts = [
        (screen.connection_id, candle_frame(series.instrument, series.contract, series.timeframe, candle))
        for screen in screens.everyone()
        for series, candle in newest.items()
        if not {series.instrument, series.contract, "*"}.isdisjoint(screen.interest.symbols)
    ]
    return len(list(pool.map(lambda one: screens.post(*one), posts)))


def _newest(kept: Iterable[tuple[Series, Candle]]) -> Mapping[Series, Candle]:
    newest: dict[Series, Candle] = {}
    for series, candle in kept:
        if series not in newest or candle.time > newest[series].time:
            newest[series] = candle
    return newest
