"""What the desk is told of a feed next: decided here, committed and told by flow/steps/feeds.py.

One thing at a time: nothing new is decided before what is pending has been told, or is no longer so.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from pregao.domain.feeds.feed import Seen, SetAside
from pregao.domain.feeds.flapping import (
    Tally,
    is_digest_due,
    is_long,
    is_steady,
    is_to_be_told,
    summed,
    tallied,
    told_up_to,
    with_missing,
    with_silence,
    without_silence,
)
from pregao.domain.feeds.silence import Expected, Judged, Truth, filled
from pregao.domain.feeds.told import FeedState, Flapping, Kind, Notice, Outage
from pregao.domain.market.instrument import MONTH_LETTERS

TELLING_S = 55
"""How long telling may take (seconds): longer than the function may run, shorter than two rounds."""


def next_state(feed: Expected, state: FeedState | None, judged: Judged, now: float) -> FeedState | None:
    """Return how a feed's state changes now, None where it does not."""
    if state is None:
        state = FeedState(*feed.key, contract=feed.seen.contract if feed.seen else "")
        return _next_notice(feed, state, judged, now) or (_changed(state) if feed.seen else None)
    if state.pending is None:
        return _next_notice(feed, state, judged, now)
    if now < state.telling_until:
        return None
    if _is_no_longer_so(state.pending, judged):
        return _next_notice(feed, replace(state, pending=None, mailed=()), judged, now)
    return _changed(state, telling_until=now + TELLING_S)  # the round that was to tell it crashed or failed


def _is_no_longer_so(notice: Notice, judged: Judged) -> bool:
    """Tell whether a feed is the other way by now: what is told next says all of it."""
    ended = {Kind.SILENT: Truth.WELL, Kind.STILL_SILENT: Truth.WELL, Kind.RECOVERED: Truth.SILENT}
    return ended.get(notice.kind) is judged.truth


def all_notified(state: FeedState) -> FeedState:
    """Return the state once its pending notice has reached everybody."""
    return _changed(state, pending=None, telling_until=0.0, mailed=(), screens_only=False)


def partly_notified(state: FeedState, mailed: tuple[str, ...]) -> FeedState:
    """Return the state when screens and these operators have been told, others not: try again soon."""
    return _changed(state, telling_until=0.0, mailed=mailed)


def _next_notice(feed: Expected, state: FeedState, judged: Judged, now: float) -> FeedState | None:
    seen = feed.seen
    if seen and state.contract and _later(seen.contract, state.contract):
        notice = _notice(feed, state, Kind.ROLLED, seen.received_at, now)
        return _tell(state, replace(notice, previous=state.contract), now, contract=seen.contract)
    if state.flapping and (is_to_be_told(state) or is_digest_due(state, now)):
        return _flapping_next(feed, state, state.flapping, now)
    if judged.truth is Truth.SILENT and (silence := _silence_next(feed, state, judged, now)):
        return silence
    if judged.truth is Truth.WELL and state.silent and seen:
        notice = _notice(feed, state, Kind.RECOVERED, state.silent.since, now)
        notice = replace(notice, cause=state.silent.cause, filled=filled(state.silent, seen))
        counted = without_silence(feed, state, now)
        return _tell(counted, notice, now, screens_only=not state.silent.mailed, silent=None)
    if state.flapping and is_steady(feed, state, judged, now):
        total = summed(state.flapping, tallied(feed, state, state.flapping, now))
        notice = _tally_notice(feed, state, Kind.STEADY, state.flapping.since, total, now)
        return _tell(state, notice, now, flapping=None, spells=())
    if seen and not state.contract:
        return _changed(state, contract=seen.contract)
    return _set_aside_next(feed, state, now)


def _silence_next(feed: Expected, state: FeedState, judged: Judged, now: float) -> FeedState | None:
    """Return how the state of a feed that is silent changes.

    Where silences follow one another, one is told on the screens alone, and by e-mail once it is a long one.
    """
    if not state.silent:
        counted = with_silence(feed, state, judged, now)
        newest, mailed = feed.seen.newest if feed.seen else 0, counted.flapping is None
        outage = Outage(judged.since, newest, judged.cause, mailed)
        notice = _silence_notice(feed, state, Kind.SILENT, outage, judged, now)
        return _tell(counted, notice, now, screens_only=not mailed, silent=outage)
    if not state.silent.mailed and is_long(feed, judged, now):
        notice = _silence_notice(feed, state, Kind.STILL_SILENT, state.silent, judged, now)
        return _tell(state, notice, now, silent=replace(state.silent, mailed=True))
    late = with_missing(feed, state, judged, now)
    return _changed(late) if late else None


def _flapping_next(feed: Expected, state: FeedState, flapping: Flapping, now: float) -> FeedState:
    """Return the state that tells how a feed flaps; an hour without a new silence is told to nobody."""
    tally = tallied(feed, state, flapping, now)
    told = told_up_to(feed, state, flapping, tally, now)
    if not tally.silences:
        return _changed(told)
    kind, since = Kind.FLAPPING_DIGEST, flapping.told_at
    if not flapping.told_at:
        kind, since = Kind.FLAPPING, flapping.since
    return _tell(told, _tally_notice(feed, state, kind, since, tally, now), now)


def _silence_notice(
    feed: Expected, state: FeedState, kind: Kind, outage: Outage, judged: Judged, now: float
) -> Notice:
    notice = _notice(feed, state, kind, outage.since, now)
    return replace(notice, cause=judged.cause, detail=judged.detail or None)


def _tally_notice(
    feed: Expected, state: FeedState, kind: Kind, since: float, tally: Tally, now: float
) -> Notice:
    """Return what tells how a feed was; its cause is the newest silence's."""
    cause = state.spells[-1].cause if state.spells else None
    notice = replace(_notice(feed, state, kind, since, now), cause=cause)
    return replace(notice, count=tally.silences, missing=tally.missing, expected=tally.expected)


def _set_aside_next(feed: Expected, state: FeedState, now: float) -> FeedState | None:
    """Return the state that tells of candles newly set aside, None where nothing has changed.

    Two bridges that set the same candle aside are one thing to tell.
    """
    aside, before = feed.set_aside(), state.set_aside
    if {bridge: (one.count, one.newest) for bridge, one in aside.items()} == {
        bridge: (one.count, one.newest) for bridge, one in before.items()
    }:
        return None
    known = {one.newest for one in before.values()}
    fresh = {bridge: _fresh(one, before.get(bridge), known) for bridge, one in aside.items()}
    count, bridge = max(((count, bridge) for bridge, count in fresh.items()), default=(0, ""))
    if count == 0:
        return _changed(state, set_aside=aside)
    newest = aside[bridge]
    notice = _notice(feed, state, Kind.SET_ASIDE, float(newest.newest), now)
    told = replace(notice, detail=newest.reason or None, count=count)
    return _tell(state, told, now, set_aside=aside)


def _fresh(now: SetAside, before: SetAside | None, known: Set[int]) -> int:
    """Return how many candles of a bridge are newly aside."""
    if before is None:
        return 0 if now.newest in known else now.count
    if now.newest > before.newest and now.newest not in known:
        return max(1, now.count - before.count)
    return max(0, now.count - before.count) if now.newest == before.newest else 0


def _notice(feed: Expected, state: FeedState, kind: Kind, since: float, now: float) -> Notice:
    seen: Seen | None = feed.seen
    front = feed.instrument.contract_on(feed.instrument.local_date(int(now)))
    contract = seen.contract if seen else state.contract or front
    symbol = seen.symbol if seen else feed.instrument.name
    return Notice(kind, feed.instrument.name, contract, feed.timeframe, symbol, since, now)


def _tell(
    state: FeedState, notice: Notice, now: float, *, screens_only: bool = False, **changes: object
) -> FeedState:
    told = {"pending": notice, "telling_until": now + TELLING_S, "mailed": (), "screens_only": screens_only}
    return _changed(state, **told, **changes)


def _changed(state: FeedState, **changes: object) -> FeedState:
    return replace(state, version=state.version + 1, **changes)  # type: ignore[arg-type]


def _later(contract: str, than: str) -> bool:
    """Tell whether a contract expires after another of the same instrument ("WINZ26" after "WINV26").

    A feed that goes back, as when two bridges do not roll on the same day, rolls nothing.
    """
    return _expiry(contract) > _expiry(than)


def _expiry(contract: str) -> tuple[str, int]:
    return contract[-2:], MONTH_LETTERS.find(contract[-3:-2])
