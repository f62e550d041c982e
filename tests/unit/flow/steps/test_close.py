"""The end of a day: chains closed, days in a row, whoever dies in between."""

from __future__ import annotations

import pytest

from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.audit import merkle
from pregao.domain.audit.chain import ALERTAS, ENTREGA, GENESIS, TABLES, broken_at, line
from pregao.flow.ports.refusals import Contended
from pregao.flow.steps.audit.close import GRACE_S, DayClosing, close_days
from pregao.flow.steps.in_time import Failures
from tests.fakes import CANDLE, NOW, PLENTY, Clock, FakeAdmissionBook, FakeDayBook, Store, an_alert, an_entry

DAY = 86_400
MIDNIGHT = NOW - NOW % DAY + DAY


class Desk:
    def __init__(self):
        self.store, self.clock, self.pauses = Store(), Clock(), []
        self.days = FakeDayBook(self.store)

    def judge(self, count=1, contract="WINZ26", now=None):
        book, now = FakeAdmissionBook(self.store), now or self.clock.now
        for _ in range(count):
            alert = an_alert(CANDLE + 300 * len(self.store.claims), contract=contract)
            book.commit(an_entry(book.head(contract, now), alert, Verdict.MUTED, now), AdmissionRules(), now)

    def close(self, at):
        self.clock.now = at
        failures = Failures()
        ended = close_days(DayClosing(self.days, self.pauses.append, self.clock), PLENTY, failures)
        failures.tell("not all")
        return ended

    def chain(self, name, table=ALERTAS):
        return self.store.chains[table, name]


@pytest.fixture
def desk():
    return Desk()


def test_each_chain_ends_with_its_count_and_root_and_the_day_lists_them(desk):
    desk.judge(3)
    desk.judge(1, "WDOZ26")
    desk.close(MIDNIGHT + GRACE_S)
    *records, close = desk.chain("WINZ26#2026-11-23")
    assert (close["kind"], close["seq"], close["count"]) == ("close", 4, 3)
    assert close["root"] == merkle.root(line(one) for one in records).hex()
    assert broken_at([*records, close]) is None
    (day,) = desk.chain("_days#2026-11-23")
    assert set(day["chains"]) == {"WINZ26#2026-11-23", "WDOZ26#2026-11-23"}
    assert day["chains"]["WINZ26#2026-11-23"] == {"count": 3, "root": close["root"], "hash": close["hash"]}
    assert (day["prev_hash"], day["table"]) == (GENESIS, ALERTAS)


def test_an_empty_day_has_its_record_and_carries_the_day_before(desk):
    desk.close(NOW)
    desk.judge(1)
    assert desk.close(MIDNIGHT + 3 * DAY) == 3 * len(TABLES)
    first, second, third = (desk.chain(f"_days#2026-11-{day}")[0] for day in (23, 24, 25))
    assert second["chains"] == third["chains"] == {}
    assert (second["prev_hash"], third["prev_hash"]) == (first["hash"], second["hash"])
    assert desk.chain("_days#2026-11-25", ENTREGA)[0]["chains"] == {}


def test_not_before_the_grace_is_over_and_never_twice(desk):
    desk.close(NOW)
    desk.judge(1)
    assert desk.close(MIDNIGHT + GRACE_S - 1) == 0
    assert desk.close(MIDNIGHT + GRACE_S) == len(TABLES)
    assert desk.close(MIDNIGHT + GRACE_S + 60) == 0


def test_the_first_round_finds_the_days_before_it(desk):
    desk.judge(1)
    desk.close(MIDNIGHT + 5 * DAY)
    assert desk.chain("WINZ26#2026-11-23")[-1]["kind"] == "close"
    assert desk.store.ended[ALERTAS].day == "2026-11-27"


def test_a_long_absence_is_made_up_for_in_rounds(desk):
    desk.close(NOW)
    rounds = [desk.close(MIDNIGHT + 100 * DAY) for _ in range(3)]
    assert rounds == [60 * 3, 40 * 3, 0]


def test_somebody_who_writes_while_the_chain_is_closed_is_in_it(desk):
    desk.judge(1)
    desk.store.faults.before("close_chain", Contended())
    original = desk.days.close_chain

    def later(table, record):
        if not desk.pauses:
            desk.judge(1, now=NOW)
        original(table, record)

    desk.days.close_chain = later
    desk.close(MIDNIGHT + GRACE_S)
    assert [one["kind"] for one in desk.chain("WINZ26#2026-11-23")] == ["alert", "alert", "close"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["close_chain", "end_day"])
def test_dying_in_between_costs_a_round(desk, call, when):
    desk.judge(2)
    desk.judge(1, "WDOZ26")
    getattr(desk.store.faults, when)(call, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        desk.close(MIDNIGHT + GRACE_S)
    desk.close(MIDNIGHT + GRACE_S + 60)
    for name in ("WINZ26#2026-11-23", "WDOZ26#2026-11-23"):
        assert [one["kind"] for one in desk.chain(name)].count("close") == 1
        assert broken_at(desk.chain(name)) is None
    assert len(desk.chain("_days#2026-11-23")) == 1


def test_a_day_that_somebody_else_ended_is_told(desk):
    """The record of a day stands and nobody noted it: not ours, and never overwritten."""
    desk.close(NOW)
    desk.store.chains[ALERTAS, "_days#2026-11-23"].append({"kind": "day", "hash": "f" * 64})
    with pytest.raises(ExceptionGroup) as told:
        desk.close(MIDNIGHT + GRACE_S)
    assert told.group_contains(Contended)


class TestIsolation:
    def test_a_chain_that_cannot_be_closed_keeps_its_day_open_and_no_other_chain_or_table(self, desk):
        desk.judge(1)
        desk.judge(1, "WDOZ26")
        desk.store.faults.before("close_chain", *[ConnectionError()])
        with pytest.raises(ExceptionGroup):
            desk.close(MIDNIGHT + GRACE_S)
        ends = [desk.chain(f"{name}#2026-11-23")[-1]["kind"] for name in ("WDOZ26", "WINZ26")]
        assert sorted(ends) == ["alert", "close"]
        assert desk.chain("_days#2026-11-23") == []
        assert desk.store.ended[ENTREGA].day == "2026-11-23"
        assert desk.close(MIDNIGHT + GRACE_S + 60) == 1
