"""A running feed: every candle once, in order, whatever the terminal and the cloud do."""

from __future__ import annotations

import json
import logging
from dataclasses import replace

import pytest

from pregao_bridge.batch import post_id
from pregao_bridge.feed import spool as spooling
from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.outcome import Accepted, Transient
from pregao_bridge.state import StateDir
from tests.unit.local.bridge_desk import AWAY, FORBIDDEN, NO, START, STEP, WDO, WIN, Desk


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    made.run(1)  # the newest candle of the morning
    return made


@pytest.fixture(autouse=True)
def info(caplog):
    caplog.set_level(logging.INFO)


def said(caplog, part):
    return [record.getMessage() for record in caplog.records if part in record.getMessage()]


def test_a_candle_leaves_just_after_its_close(desk):
    """Within a tenth of a second; not one question more than the close needs."""
    desk.run(600)
    closes = [at + STEP for at in desk.cloud.times()]
    assert closes == [START, START + 300, START + 600]
    assert [
        round(now - close, 2) for (*_, now, _), close in zip(desk.cloud.heard[1:], closes[1:], strict=True)
    ] == [
        0.05,
        0.05,
    ]
    assert desk.cloud.kinds() == [(1, False)] * 3


def test_a_quiet_market_costs_a_question_in_five_seconds(desk):
    """A closed market has no next candle."""
    desk.market.time = replace(desk.time)  # its own time stands still
    asked = desk.market.asked
    desk.run(298)
    assert desk.market.asked - asked == 0
    desk.run(290)
    assert 56 <= desk.market.asked - asked <= 110


def test_after_an_absence_old_candles_go_as_history_and_the_fresh_one_apart(desk):
    """Older than two timeframes: historical."""
    desk.time.now += 10 * STEP
    desk.run(1)
    assert desk.cloud.kinds()[1:] == [(8, True), (2, False)]
    assert desk.cloud.times() == desk.closed(START - STEP)


def test_while_the_cloud_is_away_candles_wait_on_disk(desk, caplog):
    """Said once, then history and what is fresh, in order, nothing twice."""
    desk.cloud.answer = AWAY
    desk.run(5 * STEP)
    assert desk.feed.status.waiting == 5
    assert desk.feed.status.plain()["condition"] == "posting_failed"
    assert len(said(caplog, "did not answer")) == 1
    desk.cloud.answer = None
    desk.run(STEP)
    assert desk.cloud.times() == desk.closed(START - STEP)
    assert desk.feed.status.waiting == 0
    assert desk.feed.status.plain()["condition"] == "live"
    assert not list(StateDir(desk.config.state).room(WIN).path.glob("spool*"))
    assert len(said(caplog, "well again")) == 1


def test_what_the_terminal_forgets_or_rewrites_meanwhile_is_posted_as_it_was(desk):
    """A contract that expires, a series adjusted at the roll: the window stays the one seen at the close."""
    desk.cloud.answer = AWAY
    desk.run(2 * STEP + 1)
    desk.market.since, desk.market.shift = int(desk.time.now) // STEP * STEP - 272 * STEP, 5_000.0
    desk.begin()
    desk.cloud.answer = None
    desk.run(2)
    bodies = [said for *_, said in desk.cloud.heard[-2:]]
    assert [max(body["candles"]["close"]) < 101_000 for body in bodies] == [True, True]
    desk.run(STEP)
    assert min(desk.cloud.heard[-1][4]["candles"]["close"]) > 104_000
    assert desk.cloud.times() == desk.closed(START - STEP)


def test_at_its_bound_the_spool_leaves_new_candles_to_the_terminal(tmp_path, monkeypatch, caplog):
    """The oldest are never dropped; it is said; all come."""
    monkeypatch.setattr(spooling.Spool.__init__, "__defaults__", (60_000,))
    desk = Desk(tmp_path)
    desk.run(1)
    desk.cloud.answer = AWAY
    desk.run(12 * STEP)
    assert len(said(caplog, "spool is full")) == 1
    assert desk.feed.status.waiting >= 12
    desk.cloud.answer = None
    desk.run(STEP)
    assert desk.cloud.times() == desk.closed(START - STEP)


def test_retry_after_is_waited_out(desk):
    """The cloud says when."""
    desk.cloud.answer = Transient("HTTP 429", 3, retry_after=120.0)
    desk.run(STEP)
    posted = desk.cloud.posted
    desk.run(118)
    assert desk.cloud.posted - posted == 0
    desk.cloud.answer = Transient("HTTP 429", 3, retry_after=86_400.0)
    desk.run(5)
    assert desk.cloud.posted - posted == 1
    desk.run(310)
    assert desk.cloud.posted - posted == 2


def test_refused_candles_hold_the_feed_until_somebody_decides(desk, caplog):
    """Kept with the reason, said once, never skipped; the decision is written, and then the rest follows."""
    bad = START + STEP
    desk.cloud.answer = lambda body: NO if bad in body["candles"]["time"][body["new_from"] :] else None
    desk.run(5 * STEP)
    room = StateDir(desk.config.state).room(WIN)
    assert desk.cloud.times() == [START - STEP, START]
    assert desk.feed.status.plain()["condition"] == "refused"
    assert "below low" in str(desk.feed.status.plain()["detail"])
    assert json.loads(room.held().read_text())["reasons"] == list(NO.reasons)
    assert len(said(caplog, "backfill --skip-refused")) == 1
    desk.begin()
    desk.run(60)
    assert desk.cloud.times() == [START - STEP, START]
    assert room.pass_over() == bad
    desk.run(6)
    assert room.held() is None
    assert desk.cloud.times() == [at for at in desk.closed(START - STEP) if at != bad]
    assert room.pass_over() is None


def test_refused_candles_that_the_cloud_takes_later_are_not_skipped(desk):
    """Its configuration was corrected."""
    desk.cloud.answer = NO
    desk.run(2 * STEP)
    desk.cloud.answer = None
    desk.run(STEP)
    assert desk.cloud.times() == desk.closed(START - STEP)
    assert StateDir(desk.config.state).room(WIN).held() is None


def test_a_refused_signature_is_tried_again_every_two_minutes(desk, caplog):
    """Nothing is kept aside: the candles are not at fault."""
    desk.cloud.answer = FORBIDDEN
    desk.run(2 * STEP)
    assert 3 <= desk.cloud.posted - 1 <= 6
    assert StateDir(desk.config.state).room(WIN).held() is None
    assert len(said(caplog, "ask your administrator for a new key")) == 1
    desk.cloud.answer = None
    desk.run(STEP)
    assert desk.cloud.times() == desk.closed(START - STEP)


def test_a_clock_minutes_off_is_named_as_the_cause(desk, caplog):
    """SigV4 allows five."""
    desk.skew.seconds = 290.0
    desk.cloud.answer = FORBIDDEN
    desk.run(STEP)
    assert said(caplog, "clock is 290 s ahead")


def test_a_fault_of_the_terminal_is_said_once_and_its_end(desk, caplog):
    """With the remedy's words; nothing is lost."""
    desk.market.fault = MarketFault(Condition.BROKER_LOST, "no connection", -10_004)
    desk.run(3 * STEP)
    assert len(said(caplog, "no connection to the broker")) == 1
    assert desk.feed.status.plain()["condition"] == "broker_lost"
    desk.market.fault = None
    desk.run(STEP)
    assert desk.cloud.times() == desk.closed(START - STEP)
    assert len(said(caplog, "well again")) == 1


def test_a_candle_of_the_future_stays(desk):
    """The adapter's mistake is not the cloud's: nothing leaves before its close."""
    desk.market.time = replace(desk.time, now=desk.time.now + 3 * STEP)
    desk.run(2)
    assert desk.cloud.times() == [START - STEP]
    desk.run(STEP)
    assert desk.cloud.times() == [START - STEP, START]
    assert desk.feed.status.plain()["condition"] == "clock_unsure"


def test_one_feeds_poison_does_not_keep_the_others(tmp_path):
    """The cloud answers 500 to one symbol for ever; the other's candles come within seconds."""
    desk = Desk(tmp_path, (WIN, WDO))
    desk.cloud.answer = lambda body: AWAY if body["symbol"] == WIN.symbol else None
    desk.run(6 * STEP + 10)
    assert desk.cloud.times(WDO.symbol) == desk.closed(START - STEP)
    delays = [now - new[-1] - STEP for symbol, new, _, now, _ in desk.cloud.heard[1:] if symbol == WDO.symbol]
    assert max(delays) < 10


def test_a_new_contract_is_announced(desk, caplog):
    """The roll."""
    window = desk.market.window
    desk.market.window = lambda *asked: (got := window(*asked)) and replace(got, contract="WINM26")
    desk.run(STEP)
    assert said(caplog, "the contract is WINM26 now (was WINJ26)")


def test_the_log_names_each_post_and_each_alert_as_the_clouds_does(desk, caplog):
    ids = []

    def answer(body):
        ids.append(post_id(json.dumps(body, separators=(",", ":")).encode()))
        new = body["candles"]["time"][body["new_from"] :]
        return Accepted(len(new), ({"id": "a" * 64, "verdict": "admitted"},), new[-1], 0.0, 0.0)

    desk.cloud.answer = answer
    caplog.clear()
    desk.run(2 * STEP)
    assert len(ids) == 2
    assert [line.rpartition("post ")[2] for line in said(caplog, "accepted up to")] == ids
    assert len(said(caplog, f"alert {'a' * 64}: admitted")) == len(ids)
