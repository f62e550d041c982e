"""The stages of an alert's way, and which of them took longer than they may."""

from __future__ import annotations

from pregao.domain.delivery.budgets import BUDGET_MS, Stage, delivered_way, judged_way, missed
from tests.fakes import an_alert

ALERT = an_alert()
CLOSED, DETECTED = ALERT.candle_closed_at, ALERT.detected_at


def test_the_stages_from_the_post_to_the_screens_make_half_a_second():
    assert sum(BUDGET_MS[one] for one in [*Stage][1:]) == 500


def test_every_stage_runs_from_where_the_one_before_it_ended():
    posted = DETECTED - 0.05
    way = judged_way(ALERT, posted, live=True) | delivered_way(
        ALERT, DETECTED + 0.03, DETECTED + 0.04, DETECTED + 0.06, DETECTED + 0.09
    )
    assert [*way] == [*Stage]
    whole = (DETECTED + 0.09 - CLOSED) * 1000
    assert abs(sum(way.values()) - whole) < 1
    assert way[Stage.POSTED_TO_JUDGED] == 50.0
    assert way[Stage.COMMITTED_TO_SCREENS] == 30.0


def test_what_is_not_known_is_left_out():
    """A replay's close, a post's and a queue's time that nobody told, an alert without a screen."""
    assert judged_way(ALERT, None, live=True) == {}
    assert [*judged_way(ALERT, DETECTED, live=False)] == [Stage.POSTED_TO_JUDGED]
    way = delivered_way(ALERT, None, DETECTED + 1, DETECTED + 2, None)
    assert way == {Stage.TAKEN_TO_COMMITTED: 1000.0}


def test_a_stage_that_took_longer_is_named_with_its_budget():
    way = delivered_way(ALERT, DETECTED + 0.02, DETECTED + 0.12, DETECTED + 0.532, DETECTED + 0.6)
    assert missed(way) == {"taken_to_committed": {"took_ms": 412.0, "budget_ms": 100.0}}
    assert missed({}) == {}
