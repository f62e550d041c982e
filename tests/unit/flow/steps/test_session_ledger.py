"""A session that is over: outcomes on record, what rang held against a scan, planted differences named."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import pytest

from local.cli.paths import CONFIG
from local.lab.history import judged_candles, read_for
from local.load.file_source import FileSource
from local.load.history_first import first_of
from pregao import clock
from pregao.aws.archive.files import files_in
from pregao.aws.archive.sql import ArchiveSql
from pregao.config.reader import load
from pregao.domain.alerts.outcome import outcome_of
from pregao.domain.audit.archive_days import Days
from pregao.domain.audit.chain import ALERTAS, broken_at, canonical
from pregao.domain.audit.named_queries import named_query
from pregao.domain.calibration.parity import Cause
from pregao.flow.calibrate import candles_of, sessions_of
from pregao.flow.detect import detect
from pregao.flow.ports.desk import KeptCandle
from pregao.flow.ports.refusals import Contended
from pregao.flow.steps.sessions.session_ledger import close_session
from pregao.wire.alert_v1 import load_recorded_alert
from pregao_bridge.batch import Stream, build
from tests.fakes import PLENTY, Store
from tests.judged import HISTORY, LOADED, calibrated, detecting
from tests.unit.domain.calibration.test_size import lively
from tests.unit.domain.detectors.market import ROOT
from tests.unit.flow.test_calibrate import KeptCandles, closing
from tests.unit.local.audit.archives import put

WIN = LOADED.instrument_for("WIN$N")

MARKET = lively(5, 14, 100)
"""Long sessions: several alerts in one."""
REAL = ROOT.parent / "shared" / "data" / "WINJ20_M5_2020Q1_profit_arthurmb98.csv"
MIRRORED = {"high": "low", "low": "high", "close": "close"}
"""Prices of a candle that goes the other way."""


@dataclass
class KeptFeed:
    """flow.ports.desk.CandleBook over rows that a test may spoil."""

    rows: list[KeptCandle]

    def kept(self, _instrument, _timeframe, start, limit):
        return [one for one in self.rows if one.candle.time >= start][:limit]


@dataclass
class World:
    """A session that was posted candle by candle, and what closes it."""

    store: Store
    session: date
    feed: KeptFeed
    now: float
    config: Any = LOADED

    @property
    def candles(self):
        return candles_of(one.candle for one in self.feed.rows)

    def close(self):
        deps = replace(closing(self.store, self.feed, lambda: self.now), config=self.config)
        return close_session(WIN, "M5", self.session, self.candles, deps)

    def outcomes(self):
        return [one for one in self.store.records[ALERTAS] if one["kind"] == "outcome"]

    def rang(self):
        return {one["alert_id"] for one in self.store.records[ALERTAS] if one["kind"] == "alert"}


def posted(candles, first, symbol="WIN$N", at_once=1):
    """What is on record when the bridge has posted the candles from index `first` on, so many at once."""
    store = Store()
    calibrated(store, candles, WIN)
    deps = detecting(store, allow_replay=True)
    stream = Stream("b", symbol, "M5")
    source, after = FileSource(candles, WIN, HISTORY), int(candles.time[first - 1])
    while window := source.window(after, HISTORY, at_once):
        detect(build(stream, window, historical=True).body, None, deps, PLENTY)
        after = window.columns.time[-1]
    rows = KeptCandles(candles).rows
    session = WIN.local_date(rows[-1].time)
    came = {one.time: one.time + 300.5 for one in rows}
    kept = [KeptCandle(one, came[one.time], WIN.local_date(one.time) == session) for one in rows]
    return World(store, session, KeptFeed(kept), clock.now())


@pytest.fixture(scope="module")
def judged():
    """The last session of the market, judged; unchanged by who copies it."""
    return posted(MARKET, len(MARKET) - 100)


@pytest.fixture
def world(judged):
    return copy.deepcopy(judged)


def test_every_alert_has_its_outcome_once(world):
    ledger = world.close()
    assert {one["alert_id"] for one in world.outcomes()} == world.rang()
    assert len(world.rang()) > 5
    assert ledger.differences == []
    assert {one.alert_id for one in ledger.rows} == world.rang()
    by_id = {one["alert_id"]: one["outcome"] for one in world.outcomes()}
    for row in ledger.rows:
        assert by_id[row.alert_id]["result"] == row.result
        assert (row.r is None) == (row.result in {"missed", "came", "did_not"})
    rows = [one.candle for one in world.feed.rows]
    for record in (one for one in world.store.records[ALERTAS] if one["kind"] == "alert"):
        alert = load_recorded_alert(record["alert"])
        assert outcome_of(alert, rows, WIN.local_date, over=True) == by_id[alert.id]["result"], "as the page"
    assert broken_at(world.outcomes()) is None
    again = world.close()
    assert (again, len(world.outcomes())) == (ledger, len(world.rang()))


def test_what_turns_out_otherwise_is_a_further_record_that_names_the_first(world):
    ledger = world.close()
    row = next(one for one in ledger.rows if one.result in {"target", "stop", "expired"})
    place = next(at for at, one in enumerate(world.feed.rows) if one.candle.time == row.time)
    after = world.feed.rows[place + 1]
    world.feed.rows[place + 1] = replace(
        after, candle=replace(after.candle, open=10.0, low=5.0, high=10.0**6)
    )
    before = {one["alert_id"]: one["hash"] for one in world.outcomes()}
    world.close()
    further = [one for one in world.outcomes() if "corrects" in one["outcome"]]
    assert {one["alert_id"]: one["outcome"]["corrects"] for one in further}.items() <= before.items()
    assert row.alert_id in {one["alert_id"] for one in further}


def test_the_named_query_tells_the_later_outcome(world, tmp_path):
    ledger = world.close()
    records = world.store.records[ALERTAS]
    day = records[0]["day"]
    put(tmp_path, ALERTAS, day, "WIN", [json.loads(canonical(one)) for one in records])
    query, days = named_query("outcomes"), Days(date.fromisoformat(day), date.fromisoformat(day))
    with ArchiveSql(files_in(tmp_path, query.reads(days))) as sql:
        answer = sql.ask(query.sql.replace("'admitted'", "a.verdict"), query.values(days, {}))
        rows = [dict(zip(answer.columns, row, strict=True)) for row in answer.rows]
    told = {one["alert_id"]: (one["result"], one["r"], one["outcomes"]) for one in rows}
    assert told == {one.alert_id: (one.result, one.r, 1) for one in ledger.rows}


def test_a_lost_race_for_the_chain_is_run_again(world):
    world.store.faults.before("record", Contended())
    world.close()
    assert len(world.outcomes()) == len(world.rang())


class TestParity:
    """Each planted difference is named."""

    def causes(self, world):
        return {one.cause for one in world.close().differences}

    def candle_of_an_alert(self, world):
        times = {one["alert"]["candle"]["time"] for one in world.store.records[ALERTAS]}
        return next(at for at, one in enumerate(world.feed.rows) if one.candle.time == max(times))

    def without(self, world, place):
        """Take the records of a candle's alerts away, as if they had never been judged."""
        time = world.feed.rows[place].candle.time
        for records in (*world.store.chains.values(), world.store.records[ALERTAS]):
            records[:] = [one for one in records if one["alert"]["candle"]["time"] != time]

    def test_a_hole_in_what_is_kept(self, world):
        del world.feed.rows[self.candle_of_an_alert(world)]
        assert self.causes(world) == {Cause.HOLE}

    def test_a_candle_that_came_again_with_other_prices(self, world):
        place = self.candle_of_an_alert(world)
        row = world.feed.rows[place]
        at = row.candle.open
        prices = {name: 2 * at - getattr(row.candle, other) for name, other in MIRRORED.items()}
        world.feed.rows[place] = replace(row, candle=replace(row.candle, **prices))
        assert self.causes(world) == {Cause.LATE_CANDLE}

    def test_a_candle_that_came_after_its_followers(self, world):
        place = self.candle_of_an_alert(world)
        row = world.feed.rows[place - 3]
        world.feed.rows[place - 3] = replace(row, came_at=row.came_at + 7200)
        self.without(world, place)
        assert self.causes(world) == {Cause.LATE_CANDLE}

    def test_candles_that_came_together_after_a_restart(self, world):
        place = self.candle_of_an_alert(world)
        back = world.feed.rows[place].candle.time + 1800.0
        for at in range(place - 2, len(world.feed.rows)):
            row = world.feed.rows[at]
            world.feed.rows[at] = replace(row, came_at=max(row.came_at, back))
        self.without(world, place)
        assert self.causes(world) == {Cause.RESTART}

    def test_a_changed_configuration(self, world):
        world.config = load(CONFIG, ["detectors.level_break.lookback=5"], env={})
        assert self.causes(world) == {Cause.CHANGED_CONFIGURATION}

    def test_a_short_window(self, world):
        world.feed.rows = world.feed.rows[-200:]
        assert self.causes(world) == {Cause.SHORT_WINDOW}

    def test_history_that_nobody_judged_is_no_difference(self, world):
        place = self.candle_of_an_alert(world)
        self.without(world, place)
        world.feed.rows[place] = replace(world.feed.rows[place], judged=False)
        assert self.causes(world) == set()

    def test_an_alert_that_is_simply_gone_is_unexplained(self, world):
        self.without(world, self.candle_of_an_alert(world))
        ledger = world.close()
        assert {one.cause for one in ledger.differences} == {Cause.UNEXPLAINED}
        assert not any(one.rang for one in ledger.differences)
        assert ledger.differing("unexplained") == len(ledger.differences)


@pytest.mark.skipif(not REAL.exists(), reason="the real candle files are not beside the repository")
def test_real_sessions_differ_in_nothing():
    """Posted as the bridge posts them: outcomes for all, and every session as a scan gives it."""
    instrument = LOADED.instrument_for("WINJ20")
    candles = judged_candles(read_for(REAL, instrument, "WINJ20"))
    sessions = sessions_of(candles, instrument)[-3:]
    first = first_of(candles, instrument, sessions[0])
    world = posted(candles, first, "WINJ20", at_once=20)
    world.feed.rows = [replace(one, judged=at >= first) for at, one in enumerate(world.feed.rows)]
    for world.session in sessions:
        ledger = world.close()
        assert ledger.rows
        assert all(one.result for one in ledger.rows)
        assert ledger.differences == []
