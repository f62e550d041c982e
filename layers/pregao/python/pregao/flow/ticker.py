"""New candles: kept for the charts, the newest told to every screen that asked for its instrument's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from pregao.domain.market.candle import Candle
from pregao.flow.ports.delivery import Screens
from pregao.flow.ports.desk import CandleBook, Series
from pregao.wire.socket_v1 import candle_frame


@dataclass(frozen=True, slots=True)
class Ticker:
    """What the story works with; `clock` gives epoch seconds."""

    book: CandleBook
    screens: Screens
    pool: Executor
    clock: Callable[[], float]


def tick(came: Iterable[tuple[Series, Sequence[Candle]]], deps: Ticker) -> int:
    """Keep all, then post the newest candle of each series; returns how many frames were tried.

    A screen that finds a hole before it asks for the candles: a backfill of a day is no flood of frames.
    """
    newest: dict[Series, Candle] = {}
    for series, candles in came:
        deps.book.keep(series, candles, deps.clock())
        last = max(candles, key=lambda one: one.time, default=None)
        if last and (series not in newest or last.time > newest[series].time):
            newest[series] = last
    return _tell(newest, deps) if newest else 0


def _tell(newest: Mapping[Series, Candle], deps: Ticker) -> int:
    posts = [
        (screen.connection_id, candle_frame(series.instrument, series.contract, series.timeframe, candle))
        for screen in deps.screens.everyone()
        for series, candle in newest.items()
        if screen.interest.candles
        and not {series.instrument, series.contract, "*"}.isdisjoint(screen.interest.symbols)
    ]
    return len(list(deps.pool.map(lambda one: deps.screens.post(*one), posts)))
