"""The account of sessions: counted by hand, and honest and dishonest chances told apart."""

from __future__ import annotations

import random
from datetime import date, timedelta

from pregao.domain.calibration.account import account, reliability
from pregao.domain.calibration.ledger import LISTED, Difference, Row, SessionLedger, Told

MONDAY = date(2026, 11, 23)


def row(name="a", **changes):
    told = {"alert_id": name, "time": 0, "hour": 10, "pattern": "engulfing", "direction": "long"}
    return Row(**told | {"severity": "high", "verdict": "admitted"} | changes)


def ledger(*rows, session=MONDAY, differences=()):
    return SessionLedger("WIN", "M5", session, rows, differences)


def test_of_nothing_nothing():
    assert account([]).sessions == []
    assert account([ledger()]).patterns == []


def test_counted_by_hand():
    seen, listed, out = Told(seen=True, decision="executed"), Told(LISTED), Told()
    made = account(
        [
            ledger(
                row(people={"ana": seen, "bia": listed}, result="target", r=1.0),
                row("b", people={"ana": listed, "bia": listed}, result="missed"),
                row("c", people={"ana": out}, result="stop", r=-1.0, hour=11, pattern="level_break"),
                row("d", verdict="rate_limited", result="stop", r=-1.0),
                differences=[Difference(0, "engulfing", "long", True, "hole")],
            ),
            ledger(row("e", people={"ana": Told()}, result="expired", r=0.5), session=MONDAY + timedelta(1)),
        ]
    )
    engulfing, level_break = made.patterns
    assert (engulfing.alerts, engulfing.rung, engulfing.listed) == (4, 2, 1)
    assert (engulfing.seen, engulfing.decided, engulfing.entered, engulfing.r) == (1, 1, 2, 0.75)
    assert engulfing.results == {"target": 1, "missed": 1, "expired": 1}
    assert (level_break.rung, level_break.decided, level_break.r) == (1, 0, -1.0)
    assert [(one.name, one.alerts) for one in made.hours] == [("10", 4), ("11", 1)]
    ana, bia = made.operators
    assert (ana.name, ana.rung, ana.listed, ana.seen, ana.decided) == ("ana", 3, 1, 1, 1)
    assert (bia.rung, bia.listed, bia.decided) == (0, 2, 0)
    assert [(one.operator, one.sessions, one.mean, one.most) for one in made.rings] == [
        ("ana", 2, 1.5, 2),
        ("bia", 1, 0.0, 0),
    ]
    assert made.differences == {"hole": 1}


def test_an_outlook_is_covered_with_both_its_ends():
    band = {"low": 100.0, "high": 200.0}
    rows = [row(str(reached), covered=reached, **band) for reached in (99.0, 100.0, 200.0, 201.0, None)]
    made = account([ledger(*rows)])
    assert (made.told, made.covered) == (4, 2)


def said(lie, sessions=60, per=20):
    dice = random.Random(7)
    rows = []
    for day in range(sessions):
        for _ in range(per):
            p = dice.uniform(0.3, 0.6)
            rows.append(
                (
                    MONDAY + timedelta(day),
                    row(p=p, baseline=0.45, target_first=dice.random() < p + lie),
                )
            )
    return reliability(rows)


def test_a_true_chance_lies_in_its_interval_in_each_fifth_and_beats_the_constant():
    told = said(lie=0.0)
    assert [one.cases for one in told.fifths] == [240] * 5
    assert all(one.low <= 0.0 <= one.high for one in told.fifths)
    assert told.brier < told.brier_baseline


def test_a_chance_that_promises_too_much_shows():
    assert all(one.high < 0.0 for one in said(lie=-0.2).fifths)


def test_what_said_nothing_of_its_chance_does_not_count():
    assert reliability([(MONDAY, row(target_first=True))]).fifths == ()
    (one,) = reliability([(MONDAY, row(p=0.4, baseline=0.4, target_first=True))]).fifths
    assert (one.cases, one.low) == (1, None)
