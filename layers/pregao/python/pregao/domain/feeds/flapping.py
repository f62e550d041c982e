"""A feed whose silences follow one another: told once, then each hour, until it is whole for an hour.

Each of its silences goes to the screens and into the audit as before; e-mails tell of it as a whole, and of a
silence that becomes a long one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace

from pregao.domain.feeds.silence import Expected, Judged, Truth, last_due
from pregao.domain.feeds.told import FeedState, Flapping, Spell

TOO_MANY, WITHIN_S = 3, 3600
"""A feed flaps when so many silences are noticed within so many seconds."""
DIGEST_S = 3600
"""So often a digest tells of it."""
WHOLE_S = 3600
"""So many seconds of candles in a row, each in time, end it."""
LONG, LONG_AT_LEAST_S = 3.0, 900
"""A silence is long after so many times what it takes to notice one, and never before so many seconds.

Losing three of four candles is still flapping (four candles without one), losing four of five is not: the
long silence begins between, at four and a half candles. At two times a feed that loses two of three would
cross the bound with every silence. The seconds are for M1, where a long one could follow the other all day.
"""


@dataclass(frozen=True, slots=True)
class Tally:
    """How a feed was since the desk was told last: silences that began, candles missing of those expected."""

    silences: int
    missing: int
    expected: int


def is_long(feed: Expected, judged: Judged, now: float) -> bool:
    """Tell whether a silence lasts for so long that an e-mail tells of it, whatever came before."""
    return now - judged.since >= max(LONG_AT_LEAST_S, LONG * (feed.timeframe_s + feed.late_s))


def with_silence(feed: Expected, state: FeedState, judged: Judged, now: float) -> FeedState:
    """Return the state with one silence more, flapping where these are too many."""
    kept = state.spells if state.flapping else _of_the_hour(state.spells, now)
    spells = (*kept, Spell(judged.since, now, judged.cause, _missing_from(feed, judged, now)))
    begins = state.flapping is None and len(spells) >= TOO_MANY
    flapping = Flapping(spells[0].since) if begins else state.flapping
    return replace(state, spells=spells, flapping=flapping)


def with_missing(feed: Expected, state: FeedState, judged: Judged, now: float) -> FeedState | None:
    """Return the state of a silence that was only the heartbeats' once candles are late too, else None."""
    since = _missing_from(feed, judged, now)
    if not since or not state.spells or state.spells[-1].missing_from:
        return None
    return _with_last(state, replace(state.spells[-1], missing_from=since))


def without_silence(feed: Expected, state: FeedState, now: float) -> FeedState:
    """Return the state once its silence is over: what was missing is counted."""
    if not state.spells or feed.seen is None:
        return state  # a silence from before silences were counted
    last = state.spells[-1]
    missing = _missing(feed, last, _due(feed, feed.seen.received_at))
    state = _with_last(state, replace(last, missing=missing))
    if state.flapping is None:
        return state
    return replace(state, flapping=replace(state.flapping, whole_from=_due(feed, now)))


def is_to_be_told(state: FeedState) -> bool:
    """Tell whether the desk does not know yet that the feed flaps."""
    return state.flapping is not None and not state.flapping.told_at


def is_digest_due(state: FeedState, now: float) -> bool:
    """Tell whether the desk was told last an hour ago."""
    flapping = state.flapping
    return flapping is not None and flapping.told_at > 0 and now - flapping.told_at >= DIGEST_S


def is_steady(feed: Expected, state: FeedState, judged: Judged, now: float) -> bool:
    """Tell whether a feed that flapped has been whole for an hour of its session."""
    flapping = state.flapping
    if flapping is None or state.silent or judged.truth is not Truth.WELL:
        return False
    whole = feed.instrument.opens_between(feed.timeframe_s, flapping.whole_from, _due(feed, now))
    return whole * feed.timeframe_s >= WHOLE_S


def tallied(feed: Expected, state: FeedState, flapping: Flapping, now: float) -> Tally:
    """Return how the feed was since the desk was told last."""
    due, spells = _due(feed, now), state.spells
    missing = sum(one.missing for one in spells)
    if state.silent:
        missing += _missing(feed, spells[-1], due)
    after = flapping.counted_to if flapping.told_at else flapping.since - 1
    expected = feed.instrument.opens_between(feed.timeframe_s, after, due)
    return Tally(sum(one.noticed_at > flapping.told_at for one in spells), missing, expected)


def summed(flapping: Flapping, tally: Tally) -> Tally:
    """Return how the feed was since its first silence."""
    return Tally(
        flapping.silences + tally.silences,
        flapping.missing + tally.missing,
        flapping.expected + tally.expected,
    )


def told_up_to(feed: Expected, state: FeedState, flapping: Flapping, tally: Tally, now: float) -> FeedState:
    """Return the state once the desk is told what is tallied; what lasts of a silence is counted anew."""
    due, total = _due(feed, now), summed(flapping, tally)
    told = replace(flapping, told_at=now, counted_to=due, **asdict(total))
    lasting = state.spells[-1:] if state.silent else ()
    spells = [replace(one, missing_from=due + 1) if one.missing_from else one for one in lasting]
    return replace(state, flapping=told, spells=tuple(spells))


def _due(feed: Expected, at: float) -> int:
    """Return the last candle due; where no session is near, none is expected after that moment either."""
    return last_due(feed, at) or int(at)


def _of_the_hour(spells: tuple[Spell, ...], now: float) -> tuple[Spell, ...]:
    return tuple(one for one in spells if now - one.noticed_at <= WITHIN_S)


def _missing_from(feed: Expected, judged: Judged, now: float) -> int:
    """Return the open of the first candle that is late, 0 where none is: only heartbeats do not come."""
    due, newest = last_due(feed, now), feed.seen.newest if feed.seen else 0
    return int(judged.since) if due is not None and due > newest else 0


def _missing(feed: Expected, spell: Spell, due: int) -> int:
    """Count the candles of a silence that were late, up to the one that is due."""
    if not spell.missing_from:
        return 0
    return feed.instrument.opens_between(feed.timeframe_s, spell.missing_from - 1, due)


def _with_last(state: FeedState, spell: Spell) -> FeedState:
    return replace(state, spells=(*state.spells[:-1], spell))
