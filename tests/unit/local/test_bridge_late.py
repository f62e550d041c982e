"""History that comes late: the cursor passes nothing in silence, and what comes is posted as history."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from itertools import pairwise

import pytest

from pregao_bridge.batch import Gap, columns_of
from pregao_bridge.files import CursorError
from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.state import StateDir
from tests.unit.local.bridge_desk import AWAY, FORBIDDEN, START, STEP, WIN, Desk
from tests.unit.local.terminals import HISTORY, between, opens
from tests.unit.local.terminals import desk as terminal_desk

DAY = 86_400


@pytest.fixture(autouse=True)
def info(caplog):
    caplog.set_level(logging.INFO)


class Behind:
    """The desk's market whose terminal lacks some candles for a while."""

    def __init__(self, desk, *missing):
        self.desk, self.missing, self.plain = desk, set(missing), desk.market.window
        desk.market.window = self.window

    def window(self, after, history, at_most):
        window = self.plain(after, history + len(self.missing), at_most)
        if window is None:
            return None
        rows = [row for row in window.columns.rows() if row[0] not in self.missing]
        new = [row for row in rows if after is None or row[0] > after]
        if not new:
            return None
        count = len(new) if after is not None else window.new
        times = [row[0] for row in rows[-count - 1 :]]
        gaps = tuple(Gap(a, b) for a, b in pairwise(times) if b - a > STEP)
        return replace(window, columns=columns_of(rows[-count - history :]), new_from=history, gaps=gaps)


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    made.run(1)
    return made


def gaps(desk):
    path = StateDir(desk.config.state).room(WIN).late_file
    return json.loads(path.read_bytes())["gaps"] if path.exists() else []


def test_what_comes_late_is_posted_as_history_and_once(desk, caplog):
    """The candles behind it are judged meanwhile."""
    missing = [START + STEP, START + 2 * STEP]
    terminal = Behind(desk, *missing)
    desk.run(6 * STEP)
    assert desk.cloud.times() == [at for at in desk.closed(START - STEP) if at not in missing]
    assert [(one["after"], one["before"]) for one in gaps(desk)] == [(START, START + 3 * STEP)]
    terminal.missing = set()
    desk.run(40 * STEP)
    times = desk.cloud.times()
    assert sorted(times) == desk.closed(START - STEP)
    assert [(new, historical) for _, new, historical, *_ in desk.cloud.heard if new[0] in missing] == [
        (missing, True)
    ]
    assert "2 candle(s) that the terminal brought late" in caplog.text


def test_a_new_start_goes_on_looking(desk):
    """The gap is on disk before the cursor passes it."""
    terminal = Behind(desk, START + STEP)
    desk.run(4 * STEP)
    desk.begin()
    terminal.missing = set()
    desk.run(2 * STEP)
    assert sorted(desk.cloud.times()) == desk.closed(START - STEP)


def test_a_time_without_trades_is_forgotten_after_a_day(desk):
    """Looked for ever more rarely, then known not to exist."""
    Behind(desk, START + STEP)
    desk.run(4 * STEP)
    desk.run(2 * 3600)
    assert len(gaps(desk)) == 1
    desk.time.now += DAY
    desk.run(2 * 3600)
    assert gaps(desk) == []
    assert START + STEP not in desk.cloud.times()


@pytest.mark.parametrize("answer", [AWAY, FORBIDDEN])
def test_a_cloud_that_does_not_take_it_is_asked_later(desk, answer):
    """And the feed goes on meanwhile."""
    missing = START + STEP
    terminal = Behind(desk, missing)
    desk.run(4 * STEP)
    terminal.missing = set()
    desk.cloud.answer = lambda body: (
        answer if missing in body["candles"]["time"][body["new_from"] :] else None
    )
    desk.run(20 * STEP)
    assert desk.cloud.times() == [at for at in desk.closed(START - STEP) if at != missing]
    desk.cloud.answer = None
    desk.run(40 * STEP)
    assert sorted(desk.cloud.times()) == desk.closed(START - STEP)


def test_a_broken_file_says_what_to_do(desk):
    StateDir(desk.config.state).room(WIN).late_file.write_text("{}")
    with pytest.raises(CursorError, match="delete it"):
        desk.begin()


def test_a_slow_terminal_loses_nothing():
    """Short for nine minutes after a restart, twenty candles behind: every candle, in order."""
    made = terminal_desk(now=opens(3, 60) + 20)
    made.sure()
    after, got = opens(3, 39), []
    made.terminal.restart()
    made.terminal.load_only("WIN$N", 35)
    end = made.clock() + 540
    while made.clock() < end + 700:
        if made.clock() >= end:
            made.terminal.load_only("WIN$N", None)
        said = made.try_window(after)
        if said is not None and not isinstance(said, MarketFault):
            got += said.columns.time[HISTORY:]
            after = got[-1]
        made.clock.advance(3)
    assert got == between(opens(3, 40), made.clock() - 3)


def test_a_terminal_that_is_away_while_candles_are_owed_is_waited_for(desk):
    """Looks for them are due all the time it is away; a turn that came at once would take a whole core."""
    Behind(desk, START + STEP)
    desk.run(6 * STEP)
    assert gaps(desk)
    desk.feed.set_terminal_fault(MarketFault(Condition.BROKER_LOST, "no connection"))
    desk.time.now += DAY
    for _ in range(3):
        due = desk.feed.turn(desk.time.now)
        assert due > desk.time.now
        desk.time.now = due
