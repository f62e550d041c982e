"""How the feeds and the bridges are, for /health and metrics: open to anybody, without text of a bridge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregao.domain.feeds.silence import Expected, FeedRules, Truth, expected_feeds, judge

if TYPE_CHECKING:
    from pregao.domain.feeds.feed import Beat, FeedKey
    from pregao.domain.feeds.told import Feeds, FeedState


@dataclass(frozen=True, slots=True)
class Ages:
    """Seconds that feeds in their session, and the bridge heard of longest ago, have said nothing.

    A feed's count from the close of its newest candle or from its session's open, whichever is later: a night
    is no silence. `bridge` is None where none is known.
    """

    feeds: Mapping[FeedKey, float]
    bridge: float | None


@dataclass(frozen=True, slots=True)
class FeedsTold:
    """What is said of feeds and bridges as of `at` (epoch seconds).

    `silent`: so many are in their session; `known`: so many feeds were heard of, also of instruments that
    are not traded any more.
    """

    at: float
    silent: int
    told: Mapping[str, Any]
    known: int


def feed_ages(feeds: Feeds, rules: FeedRules, now: float) -> Ages:
    """Return for how long nothing came."""
    ages = {}
    for one in expected_feeds(feeds, rules, now):
        session = one.instrument.session_at(now)
        if session:
            closed = one.seen.newest + one.timeframe_s if one.seen else 0
            ages[one.key] = max(0.0, now - max(closed, session[0]))
    return Ages(ages, max((now - one.received_at for one in feeds.beats), default=None))


def feeds_health(feeds: Feeds, rules: FeedRules, now: float) -> FeedsTold:
    """Return what to say of each feed and bridge."""
    told = [_feed(one, feeds.states.get(one.key), now) for one in expected_feeds(feeds, rules, now)]
    silent = sum(one["in_session"] and one["silent"] is not None for one in told)
    bridges = sorted(feeds.beats, key=lambda one: one.bridge_id)
    said = {"feeds": told, "bridges": [_bridge(one, now) for one in bridges]}
    return FeedsTold(now, silent, said, len(feeds.seen))


def feeds_unsteady(feeds: Feeds, rules: FeedRules, now: float) -> int:
    """Count the feeds that are silent in their session, and those that flap."""
    told = feeds_health(feeds, rules, now).told["feeds"]
    return sum(one["in_session"] and bool(one["silent"] or one["flapping"]) for one in told)


def _feed(feed: Expected, state: FeedState | None, now: float) -> dict[str, Any]:
    judged, seen = judge(feed, now), feed.seen
    flapping = state.flapping if state else None
    silent = judged.truth is Truth.SILENT
    closed = seen.newest + feed.timeframe_s if seen else None
    return {
        "instrument": feed.instrument.name,
        "timeframe": feed.timeframe,
        "contract": seen.contract if seen else None,
        "newest": seen.newest if seen else None,
        "age_s": None if closed is None else round(now - closed, 1),
        "in_session": feed.instrument.in_session(int(now)),
        "silent": {"since": judged.since, "cause": judged.cause.value} if silent else None,
        "flapping": {"since": flapping.since} if flapping else None,
        "set_aside": _set_aside(feed),
    }


def _set_aside(feed: Expected) -> dict[str, int] | None:
    """Return how many candles lie aside at the bridge that has most of them, and the newest of any bridge."""
    aside = feed.set_aside().values()
    if not aside:
        return None
    return {"count": max(one.count for one in aside), "newest": max(one.newest for one in aside)}


def _bridge(beat: Beat, now: float) -> dict[str, Any]:
    return {
        "bridge_id": beat.bridge_id,
        "age_s": round(now - beat.received_at, 1),
        "mute": beat.mute(now),
        "terminal": beat.condition,
        "skew_s": beat.skew_s,
    }
