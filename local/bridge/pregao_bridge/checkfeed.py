"""One feed's part of `check`: what the terminal has, what the cloud has accepted, what lies between."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pregao_bridge.cursor import CursorError
from pregao_bridge.feed import BACKLOG, HISTORY
from pregao_bridge.findings import Finding
from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.outlet import LATE
from pregao_bridge.remedies import remedy
from pregao_bridge.standing import Standing
from pregao_bridge.words import REFUSED, named, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao_bridge.batch import Window
    from pregao_bridge.config import FeedName
    from pregao_bridge.feed import Source
    from pregao_bridge.state import FeedRoom

LOADS = 5
"""Looks, a second apart, at a history on its way."""


def look(
    name: FeedName,
    source: Source,
    room: FeedRoom,
    language: str,
    *,
    running: bool,
    now: float,
    sleep: Callable[[float], None],
) -> tuple[Standing, Finding]:
    """Return how the feed stands and what to say of it; `running`: a bridge has the directory."""
    standing = Standing(name)
    try:
        standing.accepted = room.cursor.read()
        spool = room.spool()
    except CursorError as error:
        return standing, Finding(ok=False, name=str(name), seen=str(error))
    place = spool.newest or standing.accepted
    standing.newest, standing.waiting = place, len(spool)
    try:
        window = _window(source, place, sleep)
    except MarketFault as fault:
        standing.market, standing.detail = fault.condition, fault.detail
        return standing, _fault(name, fault, language)
    _see(standing, window)
    return standing, _judge(standing, room, language, running=running, now=now)


def _window(source: Source, place: int | None, sleep: Callable[[float], None]) -> Window | None:
    for _ in range(LOADS - 1):
        try:
            return source.window(place, HISTORY, BACKLOG)
        except MarketFault as fault:
            if fault.condition is not Condition.LOADING:
                raise
            sleep(1.0)
    return source.window(place, HISTORY, BACKLOG)


def _see(standing: Standing, window: Window | None) -> None:
    if window is not None:
        standing.newest, standing.contract = window.columns.time[-1], window.contract
        standing.utc_offset_s = window.utc_offset_s
        # Before its first post a feed has nothing behind it: it begins with what it is given.
        standing.waiting += window.new if standing.accepted is not None else 0


def _fault(name: FeedName, fault: MarketFault, language: str) -> Finding:
    seen = named(fault.condition, fault.detail, language)
    if fault.condition in {Condition.LOADING, Condition.NO_TRADES}:
        return Finding(ok=True, name=str(name), seen=seen)
    cure = remedy(fault.condition, fault.code, language)
    return Finding(ok=False, name=str(name), seen=seen, remedy=cure)


def _judge(standing: Standing, room: FeedRoom, language: str, *, running: bool, now: float) -> Finding:
    name, reasons = str(standing.name), room.reasons()
    if reasons:
        standing.posting, standing.trouble = REFUSED, reasons[0]
        cure = say("held", language, symbol=standing.name.symbol)
        return Finding(
            ok=False, name=name, seen=say("refused_seen", language, reason=reasons[0]), remedy=cure
        )
    seen = say(
        "feed",
        language,
        contract=standing.contract or "-",
        newest=standing.local(standing.newest) if standing.newest else "-",
        accepted=standing.local(standing.accepted) if standing.accepted else "-",
    )
    if standing.waiting and _behind(standing, now):
        cure = say("wait_for_cloud" if running else "start_bridge", language)
        waiting = say("waiting", language, count=standing.waiting)
        return Finding(ok=False, name=name, seen=f"{seen}; {waiting}", remedy=cure)
    return Finding(ok=True, name=name, seen=seen)


def _behind(standing: Standing, now: float) -> bool:
    """Whether the oldest candle that waits should have gone out by now."""
    seconds = standing.name.seconds
    return standing.accepted is None or now - (standing.accepted + seconds) > (LATE + 1) * seconds
