"""Who is rung: one ring an opportunity and operator, conflicts told and not rung, a budget kept."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pregao.domain.alerts.alert import Attention as Score
from pregao.domain.alerts.alert import Opportunity, attention_of
from pregao.domain.alerts.opportunity import opportunity_id
from pregao.domain.alerts.signal import Chance, Outlook, Pattern, Severity
from pregao.domain.delivery.attention import (
    FEWEST,
    SESSIONS,
    FeedScores,
    Scored,
    SessionScores,
    attend,
    preview,
    threshold,
)
from pregao.domain.delivery.operators import Interest
from pregao.domain.delivery.ring_decision import Told, Why
from tests.fakes import CANDLE, an_alert, an_operator

ANA = an_operator("ana")
OWN = opportunity_id("WINZ26", "M5", CANDLE)


def told_of(alert, least=None, told=None, on_conflict="list", operator=ANA):
    one = attend(alert, operator, told or Told(), least, on_conflict)
    return one.ring.value, one.why


def scored(score, **changes):
    return an_alert(**{"attention": Score(score, "range"), "opportunity": Opportunity(OWN)} | changes)


class TestRing:
    def test_from_the_threshold_on(self):
        assert told_of(scored(1.2), 1.2) == ("rung", Why.REACHED)
        assert told_of(scored(1.19), 1.2) == ("listed", Why.BELOW)

    def test_all_where_nothing_is_known(self):
        """Without a calibration: no score, or no threshold."""
        assert told_of(scored(0.1)) == ("rung", Why.NO_CALIBRATION)
        assert told_of(an_alert(opportunity=Opportunity(OWN)), 1.2) == ("rung", Why.NO_CALIBRATION)
        assert told_of(an_alert()) == ("rung", Why.NO_CALIBRATION)

    def test_all_with_a_budget_of_nought(self):
        assert told_of(scored(0.1), 1.2, operator=replace(ANA, budget=0)) == ("rung", Why.NO_BUDGET)

    def test_once_an_opportunity(self):
        """Also the one that was only listed before: later ones update the row."""
        for seen in (Told(1, {"ana": "x"}, {"ana": "x"}), Told(1, {"ana": "x"})):
            assert told_of(scored(9.0), 1.2, seen) == ("listed", Why.JOINS)
        assert told_of(scored(9.0), 1.2, Told(1, {"bruno": "x"}, {"bruno": "x"})) == ("rung", Why.REACHED)

    def test_a_delivery_that_starts_over_rings_again(self):
        alert = scored(1.5)
        rung, listed = Told(1, {"ana": alert.id}, {"ana": alert.id}), Told(1, {"ana": alert.id})
        assert told_of(alert, 1.2, rung) == ("rung", Why.REACHED)
        assert told_of(alert, 1.7, listed) == ("listed", Why.BELOW)

    def test_and_does_as_before_though_another_threshold_is_known_now(self):
        alert = scored(1.5)
        assert told_of(alert, 1.7, Told(1, {"ana": alert.id}, {"ana": alert.id})) == ("rung", Why.AGAIN)
        assert told_of(alert, 1.2, Told(1, {"ana": alert.id})) == ("listed", Why.AGAIN)

    def test_both_sides_on_the_first_candle_are_listed(self):
        both = scored(9.0, opportunity=Opportunity(OWN, (), ("x",)))
        assert told_of(both, 1.2) == told_of(both) == ("listed", Why.CONFLICT)
        assert told_of(both, 1.2, on_conflict="ring") == ("rung", Why.REACHED)

    def test_the_other_side_of_a_later_candle_rings_whom_nothing_was_told_before(self):
        """Somebody who takes only `high`, where the candle before had a `medium` of the other side."""
        later = scored(1.5, opportunity=Opportunity("f" * 64, (), ("x",)))
        assert told_of(later, 1.2) == ("rung", Why.REACHED)
        assert told_of(later, 1.2, Told(1, {"ana": "x"})) == ("listed", Why.JOINS)

    def test_an_unusual_range_always_rings_but_not_twice(self):
        wide = an_alert(pattern=Pattern.UNUSUAL_RANGE, opportunity=Opportunity(OWN, ("x",)))
        assert told_of(wide, 9.0) == ("rung", Why.ALWAYS)
        assert told_of(wide, 9.0, Told(1, {"ana": "x"})) == ("rung", Why.ALWAYS)
        assert told_of(wide, 9.0, Told(1, {"ana": "x"}, {"ana": "x"})) == ("listed", Why.JOINS)


def test_range_comes_before_chance():
    """The next range against the usual one, to two decimals; the chance decides where that is the same."""

    def score(low, high, p):
        return attention_of(
            Outlook(12, low, high, 100.0, 0.8), Chance(p, p, p, 9, 0.4, "2026-01-01") if p else None
        ).score

    ranked = [
        score(80, 100, 0.9),
        score(80, 102, 0.1),
        score(80, 102, 0.4),
        score(80.1, 102.1, 0.5),
        score(80, 104, 0.1),
    ]
    assert ranked == sorted(ranked)
    assert len(set(ranked)) == 5
    assert score(80, 102, None) == 0.91
    assert attention_of(None, None) is None


def test_the_model_s_prediction_is_scored_whatever_its_band_is():
    narrow, wide = (Outlook(12, 90.0 / by, 90.0 * by, 100.0, 0.8, 93.0) for by in (1.1, 3.0))
    assert attention_of(narrow, None) == attention_of(wide, None) == Score(0.93, "range")


def days(alerts_of):
    """Sessions, one a day, with these alerts."""
    first = date(2026, 3, 2)
    return [SessionScores(first + timedelta(at), tuple(some)) for at, some in enumerate(alerts_of)]


def feed(alerts_of, names=("WIN", "WIN$N"), severity=Severity.HIGH):
    return FeedScores(names, dict.fromkeys(Pattern, severity), days(alerts_of))


def plain(scores):
    return [Scored(at, Pattern.LEVEL_BREAK, one) for at, one in enumerate(scores)]


class TestThreshold:
    def test_would_have_rung_the_budget(self):
        market = feed([plain([1 + at / 10 for at in range(9)])] * SESSIONS)
        for budget in (1, 3, 6):
            least = threshold([market], replace(ANA, budget=budget))
            rung = sum(one.score >= least for day in market.sessions for one in day.alerts)
            assert rung == budget * SESSIONS
        assert threshold([market], replace(ANA, budget=9)) == 0.0

    @pytest.mark.parametrize("drift", [-0.03, 0.03])
    def test_holds_the_budget_where_scores_drift(self, drift):
        """Each session scores more, or less, than the one before: their quantile alone misses it."""
        dice = random.Random(3)
        market = feed([plain([dice.uniform(5, 7) + day * drift for _ in range(20)]) for day in range(60)])
        for budget in (4, 6):
            assert preview([market], ANA, budget).mean == pytest.approx(budget, rel=0.25)

    def test_is_made_by_the_rings_of_its_own_thresholds(self):
        """Session by session in loops."""
        dice = random.Random(5)
        days = [plain([round(dice.gauss(1 + day / 30, 0.2), 2) for _ in range(9)]) for day in range(33)]
        aim, seen = 3.0, days[-SESSIONS:]
        for at in range(FEWEST, SESSIONS + 1):
            ranked = sorted((one.score for day in seen[:at] for one in day), reverse=True)
            least = ranked[round(aim * at) - 1]
            if at < SESSIONS:
                aim += 0.3 * (3 - len([one for one in seen[at] if one.score >= least]))
                aim = max(0.75, min(6.0, aim))
        assert threshold([feed(days)], replace(ANA, budget=3)) == least

    def test_after_a_wild_session_the_next_still_rings(self):
        wild = [*[plain([1.0])] * (SESSIONS - 1), plain([9.0] * 90)]
        assert threshold([feed(wild)], replace(ANA, budget=4)) == 9.0

    def test_is_of_the_newest_sessions_alone(self):
        quiet, loud = [plain([0.1] * 20)] * 30, [plain([2.0, 1.0])] * SESSIONS
        assert threshold([feed(quiet + loud)], replace(ANA, budget=1)) == 2.0

    def test_too_few_sessions_make_none(self):
        assert threshold([feed([plain([1.0])] * (FEWEST - 1))], ANA) is None
        assert threshold([feed([plain([None])] * SESSIONS)], ANA) is None
        assert threshold([], ANA) is None
        assert threshold([feed([plain([1.0])] * FEWEST)], ANA) == 0.0

    def test_counts_the_feeds_together_that_concern_the_operator(self):
        two = [feed([plain([1.0, 2.0])] * 9), feed([plain([3.0, 4.0])] * 9, ("WDO",))]
        one = replace(ANA, budget=1)
        assert threshold(two, one) == 4.0
        assert threshold(two, replace(one, interest=Interest(("WIN$N",)))) == 2.0
        choosy = replace(one, interest=Interest(min_severity=Severity.CRITICAL))
        assert threshold(two, choosy) == 0.0

    def test_an_opportunity_counts_once_by_the_first_that_concerns_the_operator(self):
        some = [Scored(0, Pattern.ENGULFING, 5.0), Scored(0, Pattern.LEVEL_BREAK, 3.0)]
        market = feed([[*some, Scored(1, Pattern.LEVEL_BREAK, 1.0)]] * 9)
        one = replace(ANA, budget=1)
        assert threshold([market], one) == 5.0
        assert threshold([market], replace(one, interest=Interest(patterns=("level_break",)))) == 3.0

    def test_conflicts_do_not_count_and_unusual_ranges_always_do(self):
        some = [
            Scored(0, Pattern.LEVEL_BREAK, 9.0, conflict=True),
            Scored(1, Pattern.UNUSUAL_RANGE, None),
            Scored(2, Pattern.LEVEL_BREAK, 2.0),
            Scored(3, Pattern.LEVEL_BREAK, 1.0),
        ]
        assert threshold([feed([some] * 9)], replace(ANA, budget=2)) == 2.0
        assert threshold([feed([some] * 9)], replace(ANA, budget=1)) > 9.0


@given(
    shape=st.lists(
        st.lists(st.floats(0, 5).map(lambda one: round(one, 2)), max_size=14), min_size=6, max_size=40
    ),
    budget=st.integers(1, 9),
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_preview_is_what_rings(shape, budget):
    """Each session of a preview rings what `attend` rings with the threshold of the sessions before."""
    market = feed([plain(one) for one in shape])
    told = preview([market], ANA, budget)
    operator = replace(ANA, budget=budget)
    for one in told.sessions:
        before = [day for day in market.sessions if day.session < one.session]
        assert threshold([replace(market, sessions=before)], operator) == one.threshold
        (today,) = (day.alerts for day in market.sessions if day.session == one.session)
        rung = [told_of(scored(alert.score), one.threshold, operator=operator)[0] for alert in today]
        assert (rung.count("rung"), rung.count("listed")) == (one.rings, one.listed)


def test_a_preview_of_nothing():
    assert preview([], ANA, 6).mean is None
    assert preview([feed([plain([1.0, 2.0])] * 9)], ANA, 0).mean == pytest.approx(2.0)
