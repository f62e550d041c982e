"""Whatever the day: a bridge that lives rings nothing, one that dies is heard of within two candles, once."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from pregao.domain.market.timeframe import seconds_of
from tests.fakes import a_heartbeat, a_mark
from tests.seeds import tries
from tests.unit.flow.steps.test_feeds import INSTRUMENTS, Desk

WIN = INSTRUMENTS["WIN"]
BEGIN = int(datetime(2026, 2, 9, tzinfo=UTC).timestamp())  # carnival is in the week after
POST_S = 2.0
"""How long after its close a candle is posted."""


def a_desk():
    """A desk that knows of no feed yet."""
    desk = Desk()
    desk.store.seen.clear()
    desk.store.feed_states.clear()
    return desk


def live(desk, timeframe, begin, end, phase, *, beats):
    """Minute by minute until `end`: candles as the calendar has them, heartbeats, the watch's round."""
    length, told, minute = seconds_of(timeframe), [], begin + phase
    candle = WIN.next_open(length, begin)
    while minute <= end:
        while candle + length + POST_S <= minute:
            before = WIN.last_open(length, candle - 1)
            desk.book.mark(a_mark(candle, timeframe=timeframe, before=before, now=candle + length + POST_S))
            candle = WIN.next_open(length, candle)
        if beats:
            desk.book.beat(a_heartbeat(feed={"timeframe": timeframe}), minute - 20)
        told += [(kind, minute) for kind in desk.watch(minute)]
        minute += 60
    return told, candle


@settings(max_examples=tries(12))
@given(
    timeframe=st.sampled_from(["M5", "M15", "M30", "H1"]),
    day=st.integers(0, 9),
    dies=st.integers(0, 86_399),
    phase=st.integers(0, 59),
    beats=st.booleans(),
)
def test_silence_is_noticed_within_two_candles_and_never_invented(timeframe, day, dies, phase, beats):
    desk, length = a_desk(), seconds_of(timeframe)
    death = BEGIN + day * 86_400 + dies
    told, missing = live(desk, timeframe, death - 2 * 86_400, death, phase, beats=beats)
    assert told == []
    if ("WIN", timeframe) not in desk.store.feed_states:
        return  # no session in those two days

    heard, minute = [], death + 60
    while minute < missing + 3 * length:
        heard += [(kind, minute) for kind in desk.watch(minute)]
        minute += 60
    ((kind, at),) = heard
    assert kind == "silent"
    assert (
        at - missing <= 2 * length
    )  # the missing candle opens when the last one closed, or with the session
    assert {mail.operator for mail in desk.mailbox.sent} == {"ana", "bruno"}
