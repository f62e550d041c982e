"""What an alert may know of the exchange's bulletins, and which of two stands."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.config.reader import load
from pregao.domain.market.bulletin import Context, Fate, context_of, fate_of, oldest_useful, problem_of
from tests.fakes import NOW, a_bulletin

DAYS = load(Path(__file__).resolve().parents[4] / "config", env={}).calendars["b3"].days
MONDAY = date(2026, 11, 23)  # the Friday before is a holiday


def context(*bulletins, day=MONDAY, price=131_250.0, now=NOW):
    return context_of(price, day, bulletins, DAYS, now)


class TestContext:
    def test_of_the_trading_day_before(self):
        before = a_bulletin("2026-11-18", open_interest=1_190_000)
        assert context(a_bulletin(), before) == Context(
            trade_date="2026-11-19",
            settlement=130_180.0,
            settlement_distance=1070.0,
            settlement_distance_pct=0.8219,
            open_interest=1_200_000,
            open_interest_change=10_000,
            volume=14_000_000,
        )

    def test_below_it_the_distance_is_negative(self):
        assert context(a_bulletin(), price=130_000.0).settlement_distance == -180.0

    def test_a_change_is_against_the_trading_day_before_or_unknown(self):
        """Over a hole it would be a change of two days."""
        for others in ((), (a_bulletin("2026-11-17"),), (a_bulletin("2026-11-18", open_interest=None),)):
            assert context(a_bulletin(), *others).open_interest_change is None
        over_the_weekend = a_bulletin("2026-11-23"), a_bulletin("2026-11-19", open_interest=1)
        assert context(*over_the_weekend, day=date(2026, 11, 24)).open_interest_change == 1_199_999

    def test_what_a_bulletin_does_not_say_is_none(self):
        empty = a_bulletin(settlement=None, open_interest=None, volume=None)
        assert context(empty) == Context("2026-11-19")

    def test_of_its_own_day_or_later_nothing(self):
        assert context(a_bulletin("2026-11-23"), a_bulletin("2026-11-24")) is None

    def test_what_was_not_received_yet_is_not_known(self):
        late = a_bulletin(received_at=NOW + 1)
        assert context(late) is None
        assert context(late, a_bulletin("2026-11-18")).trade_date == "2026-11-18"
        assert context(late, now=NOW + 1).trade_date == "2026-11-19"

    def test_five_trading_days_are_old_enough(self):
        """Of 2026-11-23: 19, 18, 17, 16 and 13 November; the 20th is a holiday."""
        assert oldest_useful(MONDAY, DAYS) == date(2026, 11, 13)
        assert context(a_bulletin("2026-11-13")).trade_date == "2026-11-13"
        assert context(a_bulletin("2026-11-12")) is None

    def test_nothing_of_nothing(self):
        assert context() is None


dates = st.integers(-12, 12).map(lambda n: MONDAY + timedelta(n))
bulletins = st.builds(
    lambda day, received, settlement, interest: replace(
        a_bulletin(), trade_date=day, received_at=received, settlement=settlement, open_interest=interest
    ),
    dates,
    st.floats(NOW - 1e6, NOW + 1e6),
    st.none() | st.floats(1.0, 1e6),
    st.none() | st.integers(0, 10**9),
)


class TestNeverLater:
    @given(st.lists(bulletins, max_size=25), dates, st.floats(NOW - 1e6, NOW + 1e6), st.randoms())
    def test_whatever_is_stored_in_whatever_order(self, stored, day, now, dice):
        """Without all of that day or later, or received later, it is the same; in any order too."""
        stored = list({one.trade_date: one for one in stored}.values())
        found = context(*stored, day=day, now=now)
        past = [one for one in stored if one.trade_date < day and one.received_at <= now]
        dice.shuffle(past)
        assert context(*past, day=day, now=now) == found
        if found:
            assert date.fromisoformat(found.trade_date) == max(one.trade_date for one in past)

    @given(st.lists(bulletins, max_size=25), dates)
    def test_a_later_life_of_the_store_changes_no_alert_of_before(self, stored, day):
        """What comes in afterwards, of whatever day, is received afterwards."""
        stored = list({one.trade_date: one for one in stored}.values())
        then = [replace(one, received_at=NOW - 1) for one in stored[::2]]
        later = [replace(one, received_at=NOW + 1) for one in stored[1::2]]
        assert context(*then, *later, day=day) == context(*then, day=day)


class TestFate:
    def test_the_first_is_stored_and_the_same_changes_nothing(self):
        assert fate_of(a_bulletin(), None) is Fate.STORED
        assert fate_of(a_bulletin(received_at=NOW), a_bulletin(received_at=1.0)) is Fate.UNCHANGED

    @pytest.mark.parametrize(
        ("made", "stands", "fate"),
        [
            (2.0, 1.0, Fate.REPLACED),
            (1.0, 1.0, Fate.REPLACED),
            (1.0, 2.0, Fate.OLDER),
            (None, 1.0, Fate.OLDER),
            (1.0, None, Fate.REPLACED),
            (None, None, Fate.REPLACED),
        ],
    )
    def test_the_one_made_later_wins(self, made, stands, fate):
        assert fate_of(a_bulletin(made_at=made, volume=1), a_bulletin(made_at=stands)) is fate


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, None),
        ({"low": 1.0, "high": 1.5, "settlement": 1.2}, None),
        ({"trade_date": MONDAY}, None),
        ({"trade_date": date(2026, 11, 24)}, "still to come"),
        ({"trade_date": date(2026, 11, 20)}, "no trading day"),
        ({"trade_date": date(2026, 11, 21)}, "no trading day"),
        ({"low": 131_000.0, "high": 130_000.0}, "above its highest"),
        ({"settlement": 130.18, "last": 130_200.0}, "is a decimal mark misplaced"),
        ({"previous_settlement": 1.0}, "is a decimal mark misplaced"),
    ],
)
def test_what_cannot_be_true_is_told(changes, why):
    told = problem_of(a_bulletin(**changes), DAYS, MONDAY)
    assert (told is None) if why is None else (why in told)
