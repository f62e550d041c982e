"""Closed days compacted: every record once in one object a table, whatever breaks, and listed in a digest."""

from __future__ import annotations

import gzip
import json

import pytest

from local.audit.verify import verify_folder
from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.audit import closed_days
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import ACAO, ALERTAS, DAYS, ENTREGA, TABLES, day_after
from pregao.domain.audit.closed_days import PREFIX, read_closed, whole_days
from pregao.domain.audit.hourly_digest import hour_of, read_signed
from pregao.flow.archive import Done, archive_all, archive_hour, seal_hours
from pregao.flow.ports.audit import Closed
from pregao.flow.ports.refusals import OutOfTime
from pregao.flow.steps.audit.close import DayClosing, close_days
from pregao.flow.steps.audit.compact import ChangedArchive, Compaction, compact_days
from pregao.flow.steps.in_time import Failures, TimeLeft
from tests.archive_fakes import FakeSigner, an_archive
from tests.fakes import CANDLE, PLENTY, Clock, FakeAdmissionBook, FakeDayBook, Store, an_alert, an_entry

HOUR, DAY = 3600, 86_400
FIRST = "2026-11-23"
CALLS = [("vault", "put"), ("book", "compacted")]


class Desk:
    """Alerts of a few days, archived and signed hour after hour, compacted where the test asks for it."""

    def __init__(self):
        self.store, self.clock, self.count = Store(), Clock(), 0
        self.deps = an_archive(self.store, self.clock)
        self.compaction = Compaction(self.deps.book, self.deps.vault, self.clock)
        archive_all(self.deps, PLENTY)
        seal_hours(self.deps, PLENTY)

    def judge(self, count=1, contract="WINZ26"):
        book = FakeAdmissionBook(self.store)
        for _ in range(count):
            self.count += 1
            alert = an_alert(CANDLE + 300 * self.count, contract=contract)
            entry = an_entry(book.head(contract, self.clock.now), alert, Verdict.MUTED, self.clock.now)
            book.commit(entry, AdmissionRules(), self.clock.now)
            archive_all(self.deps, PLENTY)

    def days(self, count=1):
        """Let days pass and be closed, archived and signed."""
        for _ in range(count):
            self.clock.now += DAY
            failures = Failures()
            close_days(DayClosing(FakeDayBook(self.store), lambda _n: None, self.clock), PLENTY, failures)
            failures.tell("not every day is closed")
            archive_all(self.deps, PLENTY)
            self.sign()

    def sign(self):
        self.clock.now += HOUR
        while seal_hours(self.deps, PLENTY):
            pass

    def compact(self, time=PLENTY):
        return compact_days(self.compaction, time)

    def closed(self):
        return {key: body for key, body in self.deps.vault.objects.items() if key.startswith(PREFIX)}

    def verified(self, tmp_path, without=()):
        for key, body in self.deps.vault.objects.items():
            if not key.startswith(tuple(without)):
                (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / key).write_bytes(body)
        return verify_folder(tmp_path, FakeSigner().known(), hour_of(self.clock.now))


@pytest.fixture
def desk():
    return _a_day()


def _a_day():
    one = Desk()
    one.judge(3)
    one.judge(2, "WDOZ26")
    one.judge(1)
    one.days()
    return one


def records(body):
    return [json.loads(line) for line in gzip.decompress(body).splitlines()]


def test_a_closed_day_is_one_object_of_each_table(desk):
    """Chain after chain, each with its close, the day's own record last; an empty day has that record."""
    assert desk.compact() == 3
    found = {read_closed(key).table: records(body) for key, body in desk.closed().items()}
    assert {table: len(some) for table, some in found.items()} == {ALERTAS: 9, ENTREGA: 1, ACAO: 1}
    told = [(one["contract"], one["seq"], one["kind"]) for one in found[ALERTAS]]
    wdo = [("WDOZ26", seq, "alert") for seq in (1, 2)] + [("WDOZ26", 3, "close")]
    win = [("WINZ26", seq, "alert") for seq in (1, 2, 3, 4)] + [("WINZ26", 5, "close")]
    assert told == [*wdo, *win, (DAYS, 1, "day")]
    assert {one["day"] for some in found.values() for one in some} == {FIRST}


def test_it_holds_the_lines_of_the_small_objects_which_stay(desk):
    before = dict(desk.deps.vault.objects)
    desk.compact()
    small = [body for key, body in before.items() if (parts := read_key(key)) and parts.table == ALERTAS]
    (key,) = [key for key in desk.closed() if read_closed(key).table == ALERTAS]
    lines = [line for body in small for line in gzip.decompress(body).splitlines()]
    assert sorted(gzip.decompress(desk.closed()[key]).splitlines()) == sorted(lines)
    assert before.items() <= desk.deps.vault.objects.items()


def test_the_next_digest_lists_it(desk, tmp_path):
    desk.compact()
    desk.sign()
    newest = max(key for key in desk.deps.vault.objects if key.startswith("digest/"))
    listed = read_signed(desk.deps.vault.objects[newest]).read().objects
    assert {one.key for one in listed} == set(desk.closed())
    done = desk.verified(tmp_path)
    assert (done.findings, done.unsealed, done.records) == ([], 0, 11)


def test_again_changes_nothing(desk):
    desk.compact()
    before = dict(desk.deps.vault.objects)
    assert desk.compact() == 0
    assert desk.deps.vault.objects == before


def test_a_day_waits_for_its_records_digest():
    other = Desk()
    other.judge()
    other.clock.now += DAY
    other.sign()
    failures = Failures()
    close_days(DayClosing(FakeDayBook(other.store), lambda _n: None, other.clock), PLENTY, failures)
    archive_all(other.deps, PLENTY)
    assert other.compact() == 0
    other.sign()
    assert other.compact() == 3


def test_an_older_archive_is_compacted_from_its_first_day(desk, tmp_path):
    desk.judge(1)
    desk.days(5)
    count = desk.compact()
    days = sorted({read_closed(key).day for key in desk.closed()})
    assert days == [day_after(FIRST, past) for past in range(len(days))]
    assert count == 3 * len(days) > 3 * 5
    assert desk.verified(tmp_path).findings == []


def test_a_day_too_large_for_one_object_has_several(desk, tmp_path, monkeypatch):
    monkeypatch.setattr(closed_days, "RECORDS_AT_MOST", 4)
    desk.compact()
    desk.sign()
    parts = [read_closed(key) for key in sorted(desk.closed()) if ALERTAS in key]
    assert [(one.first, one.last, one.of) for one in parts] == [(1, 4, 9), (5, 8, 9), (9, 9, 9)]
    assert len(whole_days(desk.closed())) == 3
    assert desk.verified(tmp_path).findings == []


def dies_at(call, at):
    """What the fakes ask before or after each of their calls: the one of that number is the last."""
    seen = []

    def ask(name):
        if name == call:
            seen.append(name)
            if len(seen) > at:
                raise KeyboardInterrupt

    return ask


@pytest.mark.parametrize("when", ["enter", "leave"])
@pytest.mark.parametrize(("port", "call"), CALLS)
@pytest.mark.parametrize("at", range(4))
def test_killed_at_any_call_and_run_again(desk, tmp_path, monkeypatch, port, call, when, at):
    """The same objects as without dying: nothing twice, nothing missing, all of it in digests."""
    monkeypatch.setattr(closed_days, "RECORDS_AT_MOST", 4)
    honest = _a_day()
    honest.compact()
    with monkeypatch.context() as patch:
        patch.setattr(getattr(desk.deps, port).faults, when, dies_at(call, at))
        with pytest.raises(KeyboardInterrupt):
            desk.compact()
    desk.compact()
    assert desk.closed() == honest.closed()
    desk.sign()
    done = desk.verified(tmp_path)
    assert (done.findings, done.unsealed, done.records) == ([], 0, 11)


def test_what_there_is_no_time_for_is_the_next_runs(desk, monkeypatch):
    monkeypatch.setattr(closed_days, "RECORDS_AT_MOST", 4)
    with pytest.raises(ExceptionGroup) as late:
        desk.compact(TimeLeft(lambda: 1.0))
    assert any(isinstance(one, OutOfTime) for one in late.value.exceptions)
    before = len(desk.closed())
    assert 0 < before < 5
    assert before + desk.compact() == 5


def test_what_has_become_of_the_tables_since_changes_nothing(desk, tmp_path):
    """A record deleted or written over after it was archived: the object has what the archive has."""
    chain = desk.store.chains[ALERTAS, f"WINZ26#{FIRST}"]
    chain[1] = {**chain[1], "verdict_reason": "another"}
    del chain[2]
    assert desk.compact() == 3
    assert desk.verified(tmp_path).findings == []


def test_a_changed_archive_is_not_compacted(desk):
    """The other tables are; the next days of this one wait, and it is told each time."""
    key = next(key for key in desk.deps.vault.objects if (parts := read_key(key)) and parts.table == ALERTAS)
    body = desk.deps.vault.objects[key]
    desk.deps.vault.objects[key] = gzip.compress(gzip.decompress(body).replace(b"muted", b"moved"))
    desk.days()
    for objects in (4, 4):
        with pytest.raises(ExceptionGroup) as told:
            desk.compact()
        (error,) = told.value.exceptions
        assert isinstance(error, ChangedArchive)
        assert key in str(error)
        assert len(desk.closed()) == objects
    desk.deps.vault.objects[key] = body
    assert desk.compact() == 2


def test_a_digest_that_is_gone_is_told(desk):
    first = next(
        key
        for key, body in sorted(desk.deps.vault.objects.items())
        if key.startswith("digest/") and any("WIN" in one.chain for one in read_signed(body).read().objects)
    )
    del desk.deps.vault.objects[first]
    with pytest.raises(ExceptionGroup, match="not every closed day") as told:
        desk.compact()
    (error,) = told.value.exceptions
    assert "do not list all records" in str(error)


def test_the_hour_compacts_after_it_has_signed(desk):
    desk.clock.now += HOUR
    assert archive_hour(desk.deps, PLENTY) == Done(digests=1, closed=3)
    assert desk.deps.book.closed(ALERTAS) == Closed(FIRST, 9, 9)
    assert {*desk.deps.book.closings} == set(TABLES)
