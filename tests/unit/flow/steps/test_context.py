"""What alerts know of their contract: read once, beside the chain, and only where something fired."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.config.reader import load
from pregao.domain.alerts.admission import AdmissionRules
from pregao.domain.market.bulletin import oldest_useful
from pregao.flow.bulletin import keep_all
from pregao.flow.detect import Admission, admit
from pregao.flow.ports.refusals import Contended
from pregao.flow.steps.context import AlertContextLoader
from tests.fakes import (
    CANDLE,
    EVIDENCE,
    NOW,
    PLENTY,
    AtOnce,
    FakeAdmissionBook,
    FakeAlertQueue,
    FakeBulletinBook,
    Store,
    a_bulletin,
    an_alert,
)

CONFIG = load(Path(__file__).resolve().parents[4] / "config", env={})
WIN = CONFIG.instrument_for("WIN")
DAY_S = 86_400


class Desk:
    """The story of detect with the exchange's bulletins beside it."""

    def __init__(self, *bulletins):
        self.store, self.queue = Store(), FakeAlertQueue()
        self.asked = []
        book = FakeBulletinBook(self.store)
        between = book.between
        book.between = lambda *range_: self.asked.append(range_) or between(*range_)
        for one in bulletins:
            book.keep(one, None)
        self.contexts = AlertContextLoader(book, AtOnce())
        self.deps = Admission(
            FakeAdmissionBook(self.store), self.queue, AdmissionRules(), lambda _attempt: None
        )

    def admit(self, *alerts, instrument=WIN, now=NOW, replay=False):
        contexts = self.contexts.of(alerts, instrument, now)
        return admit(
            alerts,
            instrument,
            self.deps,
            now,
            PLENTY,
            replay=replay,
            provenance=lambda _: EVIDENCE,
            contexts=contexts,
        )


def test_alert_record_and_answer_say_the_same():
    desk = Desk(a_bulletin(), a_bulletin("2026-11-18", open_interest=1_000_000))
    (judged,) = desk.admit(an_alert())
    assert (judged.alert.context.trade_date, judged.alert.context.open_interest_change) == (
        "2026-11-19",
        200_000,
    )
    assert desk.queue.sent == [judged.alert]
    (record,) = desk.store.records["alertas_audit"]
    assert record["alert"]["context"]["settlement"] == 130_180.0


def test_a_record_leaves_out_what_is_not_known():
    desk = Desk(a_bulletin(settlement=None))
    desk.admit(an_alert())
    (record,) = desk.store.records["alertas_audit"]
    assert record["alert"]["context"] == {
        "trade_date": "2026-11-19",
        "open_interest": 1_200_000,
        "volume": 14_000_000,
    }


def test_a_refused_alert_has_it_too():
    desk = Desk(a_bulletin())
    (judged,) = desk.admit(an_alert(), now=NOW + 3600)
    assert (judged.verdict, judged.alert.context.settlement) == ("stale", 130_180.0)


def test_asked_once_for_all_alerts_each_with_its_own_day():
    """A backfill's alerts of several days: each knows the day before its own."""
    desk = Desk(*(a_bulletin(day, settlement=float(day[-2:])) for day in ("2026-11-19", "2026-11-23")))
    monday, tuesday = an_alert(), an_alert(CANDLE + DAY_S)
    found = desk.admit(monday, tuesday, now=NOW + 2 * DAY_S, replay=True)
    assert [one.alert.context.settlement for one in found] == [19.0, 23.0]
    assert desk.asked == [("WINZ26", date(2026, 11, 12), date(2026, 11, 23))]


def test_a_quiet_post_and_an_instrument_without_contracts_ask_nobody():
    desk = Desk()
    assert desk.admit() == []
    (judged,) = desk.admit(an_alert(contract="EURUSD"), instrument=CONFIG.instrument_for("EURUSD"))
    assert (judged.alert.context, desk.asked) == (None, [])


def test_it_is_asked_once_however_often_the_commit_is_tried():
    desk = Desk(a_bulletin())
    desk.store.faults.before("commit", Contended(), Contended())
    (judged,) = desk.admit(an_alert())
    assert (judged.alert.context.settlement, len(desk.asked)) == (130_180.0, 1)


def test_what_goes_wrong_is_raised_and_nothing_is_judged():
    desk = Desk(a_bulletin())
    desk.store.faults.before("between", TimeoutError())
    with pytest.raises(ExceptionGroup):
        desk.admit(an_alert())
    assert (desk.queue.sent, desk.store.records["alertas_audit"]) == ([], [])
    (judged,) = desk.admit(an_alert())
    assert judged.alert.context is not None


DATES = [date(2026, 11, day) for day in (12, 13, 16, 17, 18, 19, 23, 24)]
arrivals = st.tuples(st.just("bulletin"), st.sampled_from(DATES), st.integers(0, 3))
alerts = st.tuples(st.just("alert"), st.sampled_from([0, DAY_S, -4 * DAY_S, -7 * DAY_S]), st.integers(0, 3))


@given(st.lists(arrivals | alerts, max_size=30))
def test_no_alert_knows_its_own_day_or_later_whatever_arrives_when(events):
    """Versions of every day come in any order, alerts of any day in between, live or long after."""
    desk, standing = Desk(), {}
    for moment, (kind, when, number) in enumerate(events):
        now = NOW + 10 * DAY_S + moment
        if kind == "bulletin":
            one = a_bulletin(when.isoformat(), made_at=float(number), settlement=1000.0 * when.day + number)
            keep_all([one], desk.contexts.book, now, lambda _attempt: None)
            standing[when] = max(standing.get(when, 0.0), one.settlement)
            continue
        alert = an_alert(CANDLE + when + 300 * number)
        day = WIN.local_date(alert.candle.time)
        told = desk.contexts.of([alert], WIN, now)(alert)
        known = [one for one in standing if oldest_useful(day, WIN.sessions.days) <= one < day]
        assert (told and told.trade_date) == (max(known).isoformat() if known else None)
        assert (told and told.settlement) == (standing[max(known)] if known else None)
