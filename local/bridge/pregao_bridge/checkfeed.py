"""One feed's part of `check`: what the terminal has, what the cloud has accepted, what lies between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pregao_bridge.cursor import CursorError
from pregao_bridge.feed import BACKLOG, HISTORY
from pregao_bridge.findings import Finding
from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.outlet import LATE
from pregao_bridge.standing import Standing
from pregao_bridge.words import REFUSED, named, remedy, say

if TYPE_CHECKING:
    from pregao_bridge.batch import Window
    from pregao_bridge.config import FeedName
    from pregao_bridge.feed import Source
    from pregao_bridge.state import FeedRoom

LOADS = 5
"""Looks, a second apart, at a history on its way."""


@dataclass(frozen=True, slots=True)
class Around:
    """`running`: a bridge has the directory; `terminal` is its condition; the offset is the exchange's."""

    language: str
    running: bool
    terminal: Condition
    now: float
    utc_offset_s: int
    sleep: Callable[[float], None]


def look(name: FeedName, source: Source, room: FeedRoom, around: Around) -> tuple[Standing, Finding]:
    """Return how the feed stands and what to say of it."""
    standing = Standing(name, utc_offset_s=around.utc_offset_s)
    try:
        standing.accepted = room.cursor.read()
        spool = room.spool()
    except CursorError as error:
        return standing, Finding(ok=False, name=str(name), seen=str(error))
    place = spool.newest or standing.accepted
    standing.newest, standing.waiting = place, len(spool)
    try:
        # The known candle again: what proves that the terminal gives any.
        window = _window(source, place and place - name.seconds, around.sleep)
    except MarketFault as fault:
        standing.market, standing.detail = fault.condition, fault.detail
        return standing, _fault(name, fault, around)
    _see(standing, window, place)
    return standing, _judge(standing, room, around)


def _window(source: Source, place: int | None, sleep: Callable[[float], None]) -> Window | None:
    for _ in range(LOADS - 1):
        try:
            return source.window(place, HISTORY, BACKLOG)
        except MarketFault as fault:
            if fault.condition is not Condition.LOADING:
                raise
            sleep(1.0)
    return source.window(place, HISTORY, BACKLOG)


def _see(standing: Standing, window: Window | None, place: int | None) -> None:
    if window is not None:
        standing.newest, standing.contract = window.columns.time[-1], window.contract
        standing.utc_offset_s = window.utc_offset_s
        # Before its first post a feed has nothing behind it: it begins with what it is given.
        standing.waiting += window.after(place).new if standing.accepted is not None else 0


def _fault(name: FeedName, fault: MarketFault, around: Around) -> Finding:
    seen = named(fault.condition, fault.detail, around.language)
    if fault.condition in {Condition.LOADING, Condition.NO_TRADES}:
        return Finding(ok=True, name=str(name), seen=seen)
    cured = fault.condition is around.terminal  # the terminal's line has the remedy
    cure = "" if cured else remedy(fault.condition, fault.code, around.language)
    return Finding(ok=False, name=str(name), seen=seen, remedy=cure)


def _judge(standing: Standing, room: FeedRoom, around: Around) -> Finding:
    name, reasons, language = str(standing.name), room.reasons(), around.language
    if reasons:
        standing.posting, standing.trouble = REFUSED, reasons[0]
        seen = say("refused_seen", language, reason=reasons[0])
        cure = say("held", language, symbol=standing.name.symbol)
        return Finding(ok=False, name=name, seen=seen, remedy=cure)
    seen = _places(standing, language)
    if standing.waiting and _behind(standing, around.now):
        cure = say("wait_for_cloud" if around.running else "start_bridge", language)
        waiting = say("waiting", language, count=standing.waiting)
        return Finding(ok=False, name=name, seen=f"{seen}; {waiting}", remedy=cure)
    return Finding(ok=True, name=name, seen=seen)


def _places(standing: Standing, language: str) -> str:
    parts = [say("contract", language, contract=standing.contract)] if standing.contract else []
    if standing.newest:
        parts.append(say("newest", language, time=standing.local(standing.newest)))
    if standing.accepted:
        parts.append(say("accepted_up_to", language, time=standing.local(standing.accepted)))
    else:
        parts.append(say("none_yet", language))
    return ", ".join(parts)


def _behind(standing: Standing, now: float) -> bool:
    """Whether the oldest candle that waits should have gone out by now."""
    seconds = standing.name.seconds
    return standing.accepted is None or now - (standing.accepted + seconds) > (LATE + 1) * seconds
