"""Is a feed silent? Decided by the instrument's calendar and hours, the candles that came, the heartbeats.

A candle is late when it has not come some time after its close. So silence is never a matter of the clock
alone: at night, on a holiday and before a late opening no candle closes, and none is late. A session's last
candle is not missed before the next session: until then its terminal takes it for one that may still change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pregao.domain.feeds.feed import KEPT_S, LIVE, Beat, FeedKey, Report, Seen, SetAside
from pregao.domain.feeds.told import Cause, Feeds, Filled, Outage
from pregao.domain.market.instrument import Instrument
from pregao.domain.market.timeframe import seconds_of

AT_LEAST_S = 45
"""No candle is late before that: a post takes its time, and so does a bridge that tries again."""
EXCUSED = 3
"""So many candles in a row may be set aside before a feed is silent: then nothing of it can be judged."""


@dataclass(frozen=True, slots=True)
class FeedRules:
    """Which feeds are expected, and when their candles are late.

    `expect` maps feeds that must be there, whether or not they were ever heard of, to the seconds after which
    their candles are late (None: as for all others). `ignore` are those that nobody misses.
    """

    instruments: Mapping[str, Instrument]
    late_after_candles: float = 0.5
    expect: Mapping[FeedKey, float | None] | None = None
    ignore: frozenset[FeedKey] = frozenset()

    def late_s(self, key: FeedKey) -> float:
        """Return how long after its close a candle of a feed is late."""
        own = (self.expect or {}).get(key)
        return own if own is not None else max(AT_LEAST_S, self.late_after_candles * seconds_of(key[1]))


@dataclass(frozen=True, slots=True)
class Expected:
    """A feed that should be there; `seen` is None where it was never heard of."""

    instrument: Instrument
    timeframe: str
    late_s: float
    seen: Seen | None
    beats: Sequence[Beat]
    """Of the bridges that carry it, the newest first; of all bridges where it was never heard of."""

    @property
    def key(self) -> FeedKey:
        """Return the feed."""
        return self.instrument.name, self.timeframe

    @property
    def timeframe_s(self) -> int:
        """Seconds of one candle."""
        return seconds_of(self.timeframe)

    def reports(self) -> Iterator[tuple[str, Report]]:
        """Return what the bridges that carry it say of it, by bridge, the newest heartbeat first."""
        for beat in self.beats:
            for one in beat.feeds:
                if _is(one.timeframe, one.symbol, one.contract, self):
                    yield beat.bridge_id, one

    def set_aside(self) -> dict[str, SetAside]:
        """Return the candles that lie aside, by bridge."""
        return {bridge: one.set_aside for bridge, one in self.reports() if one.set_aside}


class Truth(StrEnum):
    """How a feed is; UNSURE is neither: what was said of it before still holds."""

    WELL = "well"
    SILENT = "silent"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Judged:
    """A feed's truth; of a silent one since when (epoch seconds), why, and what its bridge says to that."""

    truth: Truth
    since: float = 0.0
    cause: Cause = Cause.UNEXPLAINED
    detail: str = ""


def expected_feeds(feeds: Feeds, rules: FeedRules, now: float) -> list[Expected]:
    """Return the feeds heard of within the last week and those that the configuration names, in order."""
    fresh = {key for key, seen in feeds.seen.items() if now - seen.received_at <= KEPT_S}
    keys = sorted((fresh | set(rules.expect or {})) - rules.ignore)
    return [_expected(key, feeds, rules) for key in keys if key[0] in rules.instruments]


def last_due(feed: Expected, now: float) -> int | None:
    """Return the open of the last candle that must have come by `now`."""
    return _last_due(feed, now - feed.late_s - feed.timeframe_s)


def judge(feed: Expected, now: float) -> Judged:
    """Return the truth about a feed at `now`."""
    due = last_due(feed, now)
    newest = feed.seen.newest if feed.seen else 0
    if due is not None and due > newest and not _excused(feed, due, newest):
        if not feed.seen and not _just(due, feed, now):
            return Judged(Truth.UNSURE)  # never seen, and missing for longer: no notice
        return Judged(Truth.SILENT, _silent_since(feed, due), *cause_of(feed, now))
    return _by_heartbeat(feed, now)


def cause_of(feed: Expected, now: float) -> tuple[Cause, str]:
    """Return why a feed's candles do not come and the bridge's own words, by the newest heartbeat."""
    if not feed.beats or feed.beats[0].mute(now):
        return Cause.BRIDGE_SILENT, ""
    beat = feed.beats[0]
    own = next((one for one in beat.feeds if _is(one.timeframe, one.symbol, one.contract, feed)), None)
    told = [(beat.condition, beat.detail), *([(own.condition, own.detail)] if own else [])]
    wrong = [(Cause(condition), detail) for condition, detail in told if condition != LIVE]
    aside = own.set_aside if own else None
    if not wrong and aside and aside.newest > (feed.seen.newest if feed.seen else 0):
        return Cause.SET_ASIDE, aside.reason
    return wrong[0] if wrong else (Cause.UNEXPLAINED, "")


def filled(outage: Outage, seen: Seen) -> Filled:
    """Return what became of the candles of a silence that is over."""
    if seen.gap_to <= outage.newest:
        return Filled.BACKFILLED if seen.backfilled_to > outage.newest else Filled.WHOLE
    return Filled.BACKFILLED if seen.backfilled_to >= seen.gap_to else Filled.MISSING


def _expected(key: FeedKey, feeds: Feeds, rules: FeedRules) -> Expected:
    seen, instrument = feeds.seen.get(key), rules.instruments[key[0]]
    bare = Expected(instrument, key[1], rules.late_s(key), seen, ())
    carrying = [one for one in feeds.beats if seen is None or _carries(one, bare)]
    newest_first = sorted(carrying, key=lambda one: one.received_at, reverse=True)
    return Expected(instrument, key[1], bare.late_s, seen, newest_first)


def _carries(beat: Beat, feed: Expected) -> bool:
    posted = feed.seen is not None and beat.bridge_id == feed.seen.bridge_id
    return posted or any(_is(one.timeframe, one.symbol, one.contract, feed) for one in beat.feeds)


def _is(timeframe: str, symbol: str, contract: str, feed: Expected) -> bool:
    named = symbol == feed.instrument.name or feed.instrument.owns_contract(contract or symbol)
    seen = feed.seen is not None and feed.seen.symbol == symbol
    return timeframe == feed.timeframe and (named or seen)


def _by_heartbeat(feed: Expected, now: float) -> Judged:
    """Judge a feed whose candles are in time: without a live bridge the next one will not come."""
    session = feed.instrument.session_at(now)
    if not feed.beats or not feed.seen or not feed.beats[0].mute(now):
        return Judged(Truth.WELL if feed.seen else Truth.UNSURE)
    last = feed.beats[0]
    if session is None or not last.mute(now, since=session[0]):
        return Judged(Truth.UNSURE)
    return Judged(Truth.SILENT, max(last.received_at, session[0]), Cause.BRIDGE_SILENT)


def _last_due(feed: Expected, until: float) -> int | None:
    """Return the last candle that must have come of those that open at or before `until`.

    Not a session's last: a terminal calls a candle closed when the next one begins, and that is tomorrow's.
    """
    due = feed.instrument.last_open(feed.timeframe_s, until)
    if due is None or feed.instrument.in_session(due + feed.timeframe_s):
        return due
    return feed.instrument.last_open(feed.timeframe_s, due - 1)


def _excused(feed: Expected, due: int, newest: int) -> bool:
    """Tell whether the candles that are missing came and were set aside: few of them are no silence."""
    aside = max((one.newest for one in feed.set_aside().values()), default=0)
    opened: int | None = due
    for _ in range(EXCUSED):
        opened = feed.instrument.last_open(feed.timeframe_s, opened - 1) if opened else None
    return aside >= due and opened is not None and opened <= newest


def _silent_since(feed: Expected, due: int) -> float:
    """Return when the first candle that is missing opened: from then on nobody heard the market."""
    after = feed.seen.newest if feed.seen else due - 1
    first = feed.instrument.next_open(feed.timeframe_s, after) or due
    if first < due and not feed.instrument.in_session(first + feed.timeframe_s):
        first = feed.instrument.next_open(feed.timeframe_s, first) or due
    return float(first)


def _just(due: int, feed: Expected, now: float) -> bool:
    return now - due <= 3 * feed.timeframe_s + feed.late_s
