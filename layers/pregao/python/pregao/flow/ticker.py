"""New candles: kept for the charts, the newest told to every screen that asked for its instrument's.

A screen that takes several in a frame gets one for all of a batch that it asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pregao.flow.steps.broadcast import post_all
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.wire.ticks_v1 import candle_frame, candles_frames, closed_candle

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Screen
    from pregao.domain.market.candle import Candle
    from pregao.flow.ports.desk import CandleBook, Series
    from pregao.flow.ports.screens import Screens

AT_ONCE = 25
"""Candles kept by one call."""
SIDE_BY_SIDE = 16
"""Calls at once."""
PART_S = 10.0
"""Time budget in seconds of calls side by side, of posting to the screens, if every call times out."""


@dataclass(frozen=True, slots=True)
class Ticker:
    """Dependencies of `tick`; `clock` gives epoch seconds."""

    book: CandleBook
    screens: Screens
    pool: Executor
    clock: Callable[[], float]


def tick(came: Iterable[tuple[Series, Sequence[Candle]]], deps: Ticker, time: TimeLeft) -> int:
    """Keep all, then post the newest candle of each series; returns how many frames were tried.

    A screen that lacks earlier candles asks for them, so a day's backfill does not post every candle, and
    history that nobody judges none.
    Candles that cannot be kept do not stop the others: raises an ExceptionGroup after all were tried.
    """
    failures = Failures()
    newest: dict[Series, Candle] = {}
    for series, part in _kept(came, deps, time, failures):
        last = max(part, key=lambda one: one.time)
        if series.judged and (series not in newest or last.time > newest[series].time):
            newest[series] = last
    tried = 0
    with failures.kept():
        tried = _tell(newest, deps, time, failures) if newest else 0
    failures.tell("not all candles were kept and told")
    return tried


def _kept(
    came: Iterable[tuple[Series, Sequence[Candle]]], deps: Ticker, time: TimeLeft, failures: Failures
) -> Iterator[tuple[Series, Sequence[Candle]]]:
    """Keep candles, several parts side by side; yields what is kept."""
    parts = [
        (series, candles[start : start + AT_ONCE])
        for series, candles in came
        for start in range(0, len(candles), AT_ONCE)
    ]
    groups = (parts[start : start + SIDE_BY_SIDE] for start in range(0, len(parts), SIDE_BY_SIDE))
    for group in failures.each(groups, PART_S, time):
        answers = [deps.pool.submit(deps.book.keep, *part, deps.clock()) for part in group]
        for part, answer in zip(group, answers, strict=True):
            with failures.kept():
                answer.result()  # raises where this part was not kept
                yield part


def _tell(newest: Mapping[Series, Candle], deps: Ticker, time: TimeLeft, failures: Failures) -> int:
    told = {one: closed_candle(one.instrument, one.contract, one.timeframe, newest[one]) for one in newest}
    posts = [
        (screen.connection_id, frames)
        for screen in deps.screens.everyone()
        if (frames := _frames(screen, told))
    ]
    post_all(posts, deps.screens, deps.pool, time, failures)
    return sum(len(frames) for _, frames in posts)


def _frames(screen: Screen, told: Mapping[Series, bytes]) -> list[bytes]:
    wanted = [closed for series, closed in told.items() if _wants(screen, series)]
    return candles_frames(wanted) if screen.interest.together else [candle_frame(one) for one in wanted]


def _wants(screen: Screen, series: Series) -> bool:
    named = {series.instrument, series.contract, "*"}
    return screen.interest.candles and not named.isdisjoint(screen.interest.symbols)
