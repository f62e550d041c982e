"""Windows of a terminal's candles: closed, in order, each once; what is asked of the terminal for them."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.lab.history import read
from pregao_bridge.batch import Gap, Stream, build
from pregao_bridge.market import Condition, MarketFault
from tests.unit.local.terminals import CANDLES, HISTORY, between, check, desk, follow, opens

REAL = Path(__file__).parents[4] / "shared" / "data" / "WIN_M5_2026-06_copyrates_maronezzi.csv"


def test_it_begins_at_the_newest_closed_candle():
    """Without a place the candle before the forming one is new, with its history before it."""
    made = desk()
    made.sure()
    window = made.window()
    check(window, made.clock())
    assert (window.columns.time[-1], window.new, window.new_from) == (opens(2, 9), 1, HISTORY)
    assert (window.contract, window.utc_offset_s) == ("WINZ26", -10_800)


def test_everything_after_the_place_in_order_then_nothing():
    """A place in the middle of the day gives the rest of it; at the newest there is nothing."""
    made = desk()
    made.sure()
    window = made.window(opens(2, 3))
    assert window.columns.time[window.new_from :] == [opens(2, at) for at in range(4, 10)]
    assert made.window(opens(2, 3), at_most=2).new == 2
    assert made.window(opens(2, 9)) is None


def test_new_candles_are_of_one_date():
    """A backlog from the day before ends with that day."""
    made = desk()
    made.sure()
    first = made.window(opens(1, 110))
    assert first.columns.time[first.new_from :] == [opens(1, 111), opens(1, 112)]
    second = made.window(first.columns.time[-1])
    assert second.columns.time[second.new_from :] == [opens(2, at) for at in range(10)]
    assert {first.contract, second.contract} == {"WINZ26"}


def test_two_days_followed_give_each_candle_once():
    """Every candle in order over a night. The day's last waits for the next one's first tick: it is at
    position 0 until then."""
    made = desk(opens(2, 90) + 20)
    accepted = follow(made, opens(3, 30), every_s=7)
    assert accepted == between(opens(2, 89), made.clock() - 7)


def test_a_quiet_market_costs_little():
    """Between two closes no candles are asked for; for a new one, a few."""
    made = desk()
    made.sure()
    made.window(opens(2, 9))
    before = made.calls("copy_rates_from_pos")
    for _ in range(100):
        made.clock.advance(1)
        assert made.window(opens(2, 9)) is None
    assert made.calls("copy_rates_from_pos") == before
    made.clock.now = opens(2, 11) + 1
    assert made.window(opens(2, 9)).columns.time[-1] == opens(2, 10)
    assert made.calls("copy_rates_from_pos") == before + 1


def test_a_closed_market_costs_little():
    """At night, when no tick comes, no candles are asked for either."""
    made = desk(opens(2, 112) + 20)
    made.sure()
    made.window(opens(2, 111))
    made.clock.now = opens(2, 112) + 400
    made.try_window(opens(2, 111))
    before = made.calls("copy_rates_from_pos")
    for _ in range(50):
        made.clock.advance(60)
        made.try_window(opens(2, 111))
    assert made.calls("copy_rates_from_pos") == before


@given(
    offset=st.floats(-2.0, 2.0),
    ahead=st.floats(0.0, 299.0),
    skew=st.floats(-20.0, 0.0),
    latency=st.tuples(st.floats(0.0, 1.5), st.floats(0.0, 1.5)),
    every_s=st.floats(0.2, 3.0),
    again=st.booleans(),
)
def test_a_forming_candle_never_leaves(offset, ahead, skew, latency, every_s, again):
    """Polled about a close, of a terminal that answers slowly and as if later: all is closed, and final."""
    made = desk(opens(2, 10) + 280)
    made.sure()
    made.terminal.answer_ahead(ahead)
    made.terminal.latency_s = latency
    made.terminal.skew_s = skew
    made.clock.now = max(made.clock.now, opens(2, 11) + offset)
    answered_at = [made.clock()]
    made.terminal.rates = noting(answered_at, made)
    for _ in range(8):
        if again:
            made.terminal.restart()
        said = made.try_window(opens(2, 5))
        if said is not None and not isinstance(said, MarketFault):
            check(said, answered_at[-1])
        made.clock.advance(every_s)


def test_a_fast_clock_of_ours_lets_nothing_out_early():
    """Twenty seconds ahead, before a terminal that is ahead too: the server's ticks say what time it is."""
    made = desk(opens(2, 10) + 200, fast_s=20)
    made.sure()
    made.terminal.answer_ahead(30)
    made.clock.now = opens(2, 11) - 15
    while made.clock() < opens(2, 11):
        assert made.window(opens(2, 9)) is None
        made.clock.advance(0.7)
    made.clock.advance(2)
    assert made.window(opens(2, 9)).columns.time[-1] == opens(2, 10)


def noting(answered_at, made):
    """Return the terminal's answer with the true time of each noted."""
    answer = made.terminal.rates

    def noted(*asked):
        answered_at.append(made.clock())
        return answer(*asked)

    return noted


def test_the_last_millisecond():
    """A terminal that already has the next candle at 0 shows the forming one as if it were final: not yet."""
    made = desk(opens(2, 10) + 290)
    made.sure()
    made.clock.now = opens(2, 11) - 0.001
    made.terminal.answer_ahead(0.001)
    assert made.terminal.rates(made.terminal.books["WIN$N"], 1, 1)["time"] == opens(2, 10) - 10_800
    assert made.window(opens(2, 9)) is None
    made.terminal.restart()  # all is read anew
    assert made.window(opens(2, 8)).columns.time[-1] == opens(2, 9)
    made.clock.advance(1)
    assert made.window(opens(2, 9)).columns.time[-1] == opens(2, 10)


def test_no_number_of_numpys_leaves():
    """Plain ints and floats: the body is JSON."""
    made = desk()
    made.sure()
    window = made.window()
    assert json.loads(build(Stream("mesa", "WIN$N", "M5"), window, historical=False).body)
    for one in fields(window.columns):
        kind = float if one.name in {"open", "high", "low", "close"} else int
        assert {type(value) for value in getattr(window.columns, one.name)} == {kind}
    assert type(window.utc_offset_s) is int


def test_a_rewritten_history_is_read_anew():
    """The overlap disagrees: the window has the server's present prices throughout."""
    made = desk()
    made.sure()
    made.window(opens(2, 8))
    made.terminal.rewrite("WIN$N", 500)
    made.clock.now = opens(2, 11) + 2
    window = made.window(opens(2, 9))
    at = CANDLES.time.tolist().index(window.columns.time[0])
    assert window.columns.close == (CANDLES.close[at : at + HISTORY + 1] + 500).tolist()


def test_candles_said_twice_are_taken_once():
    """An exact repetition is no candle; of two that differ the later stands, and the other is named."""
    made = desk()
    made.sure()
    made.terminal.double("WIN$N", opens(2, 8))
    made.terminal.restart()
    check(made.window(opens(2, 6)), made.clock())
    made.terminal.double("WIN$N", opens(2, 8), contradict=True)
    made.terminal.restart()
    window = made.window(opens(2, 6))
    (first,) = window.aside
    at = window.columns.time.index(opens(2, 8))
    assert (first.time, first.row[4] + 5) == (opens(2, 8), window.columns.close[at])
    assert window.columns.time[HISTORY:] == [opens(2, 7), opens(2, 8), opens(2, 9)]


def test_a_candle_off_the_grid_is_refused():
    """A stamp between two opens is nobody's candle."""
    made = desk()
    made.sure()
    made.terminal.books["WIN$N"].stamps[:] += 60
    made.terminal.restart()
    assert "grid" in made.fault().detail


def test_candles_still_on_their_way_are_waited_for():
    """After a return the terminal has the present before what it missed: nothing is passed over."""
    made = desk()
    made.sure()
    missed = [opens(2, at) for at in range(5, 8)]
    made.terminal.miss("WIN$N", *missed)
    made.terminal.restart()
    fault = made.fault(opens(2, 4))
    assert (fault.condition, "missing" in fault.detail) == (Condition.LOADING, True)
    made.clock.advance(5)
    made.terminal.miss("WIN$N")
    assert made.window(opens(2, 4)).columns.time[HISTORY:] == [opens(2, at) for at in range(5, 10)]


def test_a_hole_that_stays_is_the_markets():
    """Times nobody traded in hold the feed up for a while; not at all in a market that is followed."""
    made = desk()
    made.sure()
    made.terminal.miss("WIN$N", opens(2, 6), opens(2, 12))
    made.terminal.restart()
    assert made.fault(opens(2, 4)).condition == Condition.LOADING
    window = made.settle(opens(2, 4))
    assert window.gaps == (Gap(opens(2, 5), opens(2, 7)),)
    assert window.columns.time[HISTORY:] == [opens(2, at) for at in (5, 7, 8, 9)]
    assert follow(made, opens(2, 14) + 2, after=opens(2, 9))[-2:] == [opens(2, 11), opens(2, 13)]


def test_a_short_history_ends_in_what_there_is():
    """A contract's first day: when the answer stays short, the first candle with a warm-up is new."""
    made = desk(opens(0, 60) + 20)
    made.sure()
    before = opens(0, 10) - 1  # no candle's open: nothing was judged there
    assert made.fault(before).condition == Condition.LOADING
    window = made.settle(before)
    assert window.gaps == (Gap(before, opens(0, 30)),)
    assert window.columns.time[0] == opens(0, 0)
    assert window.columns.time[HISTORY] == opens(0, 30)
    made.clock.now = opens(0, 61) + 2
    assert made.window(opens(0, 59)).columns.time[-1] == opens(0, 60)


def test_history_that_must_exist_is_waited_for_ten_minutes():
    """A candle that was judged had its history: a terminal without it has not loaded it yet."""
    made = desk(opens(3, 60) + 20)
    made.sure()
    made.terminal.restart()
    made.terminal.load_only("WIN$N", 36)
    assert made.settle(opens(3, 40), seconds=580, every_s=10).condition == Condition.LOADING
    made.terminal.load_only("WIN$N", None)
    assert made.window(opens(3, 40)).columns.time[HISTORY] == opens(3, 41)


def test_history_that_does_not_come_is_a_gap():
    """The feed goes on with what can be judged, and names the times whose candles may still come."""
    made = desk(opens(3, 60) + 20)
    made.sure()
    made.terminal.restart()
    made.terminal.load_only("WIN$N", 40)
    window = made.settle(opens(3, 40), seconds=640, every_s=10)
    (gap,) = window.gaps
    assert gap == Gap(opens(3, 40), window.columns.time[HISTORY])
    assert gap.before > opens(3, 41)


def test_fewer_candles_than_a_warm_up_are_no_window():
    """And no error."""
    made = desk(opens(0, 20) + 20)
    made.sure()
    assert made.settle(opens(0, 10) - 1) is None


def test_no_more_than_the_terminals_maximum_is_asked_for():
    """maxbars caps the answer; the feed goes on from the oldest candle that can be judged."""
    made = desk(maxbars=50)
    made.sure()
    window = made.window(opens(0, 5))
    assert len(window.columns) <= 50
    assert window.columns.time[-1] <= opens(2, 9)


@pytest.mark.parametrize("timeframe", ["M7", "m5", "D1", ""])
def test_an_unknown_timeframe_is_the_callers_mistake(timeframe):
    """At once, with the ones there are."""
    with pytest.raises(ValueError, match="M1, M2, M3"):
        desk().market.source("WIN$N", timeframe)


def test_a_backlog_of_days_without_the_cloud():
    """The same place asked for again and again gives the same window, while the market goes on."""
    made = desk()
    made.sure()
    first = made.window(opens(2, 5), at_most=3)
    made.clock.now = opens(2, 40) + 2
    assert made.window(opens(2, 5), at_most=3) == first
    assert first.columns.time[HISTORY] == opens(2, 6)


def test_a_real_market_through_the_terminal():
    """Candles that a terminal gave once, given again: as the file has them, each once."""
    if not REAL.exists():
        pytest.skip("../shared/data is not beside the checkout")
    candles = read(REAL, "America/Sao_Paulo")
    times = candles.time.tolist()
    made = desk(times[100] + 20, candles={"WIN$N": candles, "WINM26": candles})
    accepted, contracts = [], set()
    while made.clock() < times[240]:
        said = made.try_window(accepted[-1] if accepted else times[98])
        if said is not None and not isinstance(said, MarketFault):
            accepted += said.columns.time[HISTORY:]
            contracts.add(said.contract)
            at = times.index(said.columns.time[-1])
            assert said.columns.close[-1] == candles.close[at]
        made.clock.advance(20)
    assert accepted == times[99 : 99 + len(accepted)]
    assert accepted[-1] >= times[238]
    assert contracts == {"WINM26"}
