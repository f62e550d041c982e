"""From which score an alert rings: by the sessions before its own, read once, never in an alert's way."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from local.cli.paths import CONFIG
from pregao.config.reader import load
from pregao.domain.alerts.alert import Attention
from pregao.domain.alerts.signal import Pattern
from pregao.domain.calibration.expected_range import Model
from pregao.domain.calibration.live import Calibration
from pregao.domain.delivery.attention import Scored, SessionScores
from pregao.flow.steps.sessions.thresholds import AGAIN_S, AttentionRules
from pregao.wire.calibration_v1 import Grid
from tests.fakes import CANDLE, NOW, FakeCalibrationBook, FakeScoresBook, Store, an_alert, an_operator

LOADED = load(CONFIG, env={})
GRID = Grid.of(LOADED.instrument_for("WIN"), "M5")
TODAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 20)
ALERT = an_alert(attention=Attention(1.0, "range"))
MODEL = Model(None, np.full((24, 2), np.nan))
DESK = (an_operator("ana"), an_operator("bruno"))


class Desk:
    def __init__(self):
        self.store, self.failed, self.asked = Store(), [], 0
        book = FakeScoresBook(self.store)
        self.rules = AttentionRules(LOADED, self, self.failed.append)
        self.book = book

    def between(self, first, last):
        self.asked += 1
        return self.book.between(first, last)

    def calibrate(self, session, score, grid=GRID):
        """Twenty sessions with seven opportunities each, the seventh of half the score."""
        one = [Scored(at, Pattern.LEVEL_BREAK, score if at < 6 else score / 2) for at in range(7)]
        scores = tuple(SessionScores(session - timedelta(back), tuple(one)) for back in range(19, -1, -1))
        known = Calibration(session, {}, {}, MODEL, scores=scores)
        FakeCalibrationBook(self.store).keep(grid, known, NOW)

    def least(self, alert=ALERT, now=NOW):
        return self.rules.thresholds(alert, DESK, now)


@pytest.fixture
def desk():
    return Desk()


def test_nothing_is_known_without_a_calibration(desk):
    assert desk.least() == {"ana": None, "bruno": None}
    assert desk.failed == []


def test_of_the_newest_session_before_the_alerts_own(desk):
    """Never of its own or a later one: a replay decides as the live run did."""
    for session, score in ((FRIDAY - timedelta(1), 1.1), (FRIDAY, 1.2), (TODAY, 1.3)):
        desk.calibrate(session, score)
    assert desk.least() == {"ana": 1.2, "bruno": 1.2}


def test_one_that_is_too_old_is_none(desk):
    desk.calibrate(FRIDAY - timedelta(8), 1.2)
    assert desk.least()["ana"] is None


def test_it_is_read_once_and_again_where_it_may_have_come_late(desk):
    assert [desk.least(now=NOW + at)["ana"] for at in (0, 1, AGAIN_S - 1)] == [None] * 3
    assert desk.asked == 1
    desk.calibrate(FRIDAY, 1.2)
    assert desk.least(now=NOW + AGAIN_S)["ana"] == 1.2
    assert desk.asked == 2


def test_an_alert_without_a_score_asks_nothing(desk):
    assert desk.least(an_alert()) == {}
    assert desk.asked == 0


def test_what_cannot_be_read_stops_no_alert(desk):
    desk.calibrate(FRIDAY, 1.2)
    desk.store.scores["WIN", "M5"][FRIDAY] = "AAAA"
    assert desk.least() == {}
    (error,) = desk.failed
    assert "not packed scores" in str(error)


def test_a_feed_that_nobody_trades_any_more_counts_for_nothing(desk):
    desk.calibrate(FRIDAY, 1.2)
    desk.calibrate(FRIDAY, 9.9, Grid("GONE", "M5", 1.0, "UTC"))
    assert desk.least()["ana"] == 1.2


def test_the_digest_is_due_when_the_session_is_over(desk):
    closes = LOADED.instrument_for("WIN").session_of(TODAY)[1]
    assert desk.rules.session_end(ALERT, NOW) == closes
    assert desk.rules.session_end(an_alert(CANDLE - 86_400 * 30), NOW) == NOW
    assert desk.rules.session_end(an_alert(contract="GONE"), NOW) == NOW
