"""The archive's story: every record once, whatever breaks; every hour signed, empty ones too."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.audit.verify import verify_folder
from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.audit.chain import ALERTAS, TABLES
from pregao.domain.audit.hourly_digest import hour_of, read_signed
from pregao.flow import archive
from pregao.flow.archive import (
    MissingRecords,
    archive_all,
    archive_chains,
    archive_grown,
    archive_hour,
    seal_hours,
)
from pregao.flow.ports.refusals import Contended
from pregao.flow.steps.audit.close import DayClosing, close_days
from pregao.flow.steps.in_time import Failures
from tests.archive_fakes import FakeArchiveBook, FakeSigner, FakeVault, an_archive
from tests.fakes import CANDLE, PLENTY, Clock, FakeAdmissionBook, FakeDayBook, Store, an_alert, an_entry

HOUR = 3600
DAY = 86_400
CHAIN = "WINZ26#2026-11-23"


class Desk:
    """Alerts that are judged, days that end, an archive that follows."""

    def __init__(self):
        self.store, self.clock = Store(), Clock()
        self.deps = an_archive(self.store, self.clock)
        self.count = 0

    def judge(self, count=1, contract="WINZ26"):
        book = FakeAdmissionBook(self.store)
        for _ in range(count):
            self.count += 1
            alert = an_alert(CANDLE + 300 * self.count, contract=contract)
            head = book.head(contract, self.clock.now)
            book.commit(
                an_entry(head, alert, Verdict.MUTED, self.clock.now), AdmissionRules(), self.clock.now
            )

    def close(self):
        failures = Failures()
        close_days(DayClosing(FakeDayBook(self.store), lambda _n: None, self.clock), PLENTY, failures)
        failures.tell("not every day is closed")

    def hour(self):
        archive_all(self.deps, PLENTY)
        seal_hours(self.deps, PLENTY)

    def lines(self):
        """What the vault holds, by chain, each line as often as it is there."""
        found = {}
        for key, body in sorted(self.deps.vault.objects.items()):
            if not key.startswith("digest/"):
                for line in gzip.decompress(body).splitlines():
                    record = json.loads(line)
                    found.setdefault(record["chain"], []).append(record["seq"])
        return found

    def digests(self):
        keys = sorted(key for key in self.deps.vault.objects if key.startswith("digest/"))
        return [read_signed(self.deps.vault.objects[key]).read() for key in keys]

    def verified(self, tmp_path):
        for key, body in self.deps.vault.objects.items():
            path = tmp_path / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        return verify_folder(tmp_path, FakeSigner().known(), hour_of(self.clock.now))


@pytest.fixture
def desk():
    return Desk()


def test_what_the_stream_tells_of_is_archived_once(desk):
    desk.judge(3)
    assert archive_chains([(ALERTAS, CHAIN), (ALERTAS, CHAIN)], desk.deps, PLENTY) == 3
    assert archive_chains([(ALERTAS, CHAIN)], desk.deps, PLENTY) == 0
    desk.judge(2)
    assert archive_chains([(ALERTAS, CHAIN)], desk.deps, PLENTY) == 2
    assert desk.lines() == {CHAIN: [1, 2, 3, 4, 5]}


def test_the_hour_archives_what_no_stream_told_of(desk):
    desk.judge(2)
    desk.judge(1, "WDOZ26")
    desk.clock.now += DAY
    desk.close()
    desk.judge(1)
    assert archive_all(desk.deps, PLENTY) == 3 + 2 + 1 + len(TABLES)  # two closes, a day of each table
    assert archive_all(desk.deps, PLENTY) == 0
    assert desk.lines()["WINZ26#2026-11-24"] == [1]
    assert desk.lines()[CHAIN] == [1, 2, 3]


def test_a_day_that_is_in_whole_is_not_looked_at_again(desk):
    desk.judge(1)
    desk.clock.now += DAY
    desk.close()
    archive_all(desk.deps, PLENTY)
    asked = []
    chains = desk.deps.days.chains
    desk.deps.days.chains = lambda table, day: asked.append(day) or chains(table, day)
    archive_all(desk.deps, PLENTY)
    assert set(asked) == {"2026-11-24"}


def test_a_days_record_comes_after_all_that_it_speaks_of(desk):
    """Its chains to their closes, and the days before it, whatever the stream told of first."""
    desk.judge(1)
    desk.clock.now += 3 * DAY
    desk.close()
    told = [(table, "_days#2026-11-25") for table in TABLES]
    assert (
        archive_chains(told, desk.deps, PLENTY) == 2 + 3 + 1 + 1
    )  # tables without records begin with yesterday
    keys = list(desk.deps.vault.objects)
    alertas = [key.split("/instrument=")[0][-2:] + key.split("/")[-1][:5] for key in keys if ALERTAS in key]
    assert alertas == ["23WINZ2", "23_days", "24_days", "25_days"]


def test_a_long_chain_goes_in_stretches(desk, monkeypatch):
    monkeypatch.setattr(archive, "LINES_AT_MOST", 4)
    desk.judge(10)
    assert archive_chains([(ALERTAS, CHAIN)], desk.deps, PLENTY) == 10
    assert desk.lines() == {CHAIN: list(range(1, 11))}
    assert len(desk.deps.vault.objects) == 3


def test_records_that_are_gone_are_not_passed_over(desk):
    desk.judge(3)
    del desk.store.chains[ALERTAS, CHAIN][1]
    desk.judge(1, "WDOZ26")
    with pytest.raises(ExceptionGroup) as failed:
        archive_all(desk.deps, PLENTY)
    (table,) = failed.value.exceptions
    assert isinstance(table, MissingRecords)
    assert desk.lines() == {"WDOZ26#2026-11-23": [1]}


class TestHours:
    def test_each_has_one_digest_empty_ones_too(self, desk):
        desk.judge(1)
        archive_all(desk.deps, PLENTY)
        desk.clock.now += HOUR
        assert seal_hours(desk.deps, PLENTY) == 1
        desk.clock.now += 5 * HOUR
        assert seal_hours(desk.deps, PLENTY) == 5
        assert seal_hours(desk.deps, PLENTY) == 0
        first, *rest = desk.digests()
        assert [one.count for one in first.objects] == [1]
        assert all(not one.objects for one in rest)
        assert first.before is None
        assert [one.before.key for one in rest] == [one.key for one in desk.digests()[:-1]]

    def test_what_comes_after_the_hour_is_in_the_next(self, desk):
        desk.judge(1)
        desk.clock.now = hour_of(desk.clock.now).timestamp() + HOUR + 10
        archive_all(desk.deps, PLENTY)
        seal_hours(desk.deps, PLENTY)
        desk.clock.now += HOUR
        seal_hours(desk.deps, PLENTY)
        assert [len(one.objects) for one in desk.digests()] == [0, 1]

    def test_after_an_absence_nothing_old_waits_for_another_hour(self, desk, tmp_path):
        """The first run that comes, though told of one chain alone, archives all and lists it in the last."""
        desk.judge(2)
        archive_all(desk.deps, PLENTY)
        seal_hours(desk.deps, PLENTY)
        desk.judge(1, "WDOZ26")
        desk.clock.now += DAY / 2
        archive_chains([(ALERTAS, CHAIN)], desk.deps, PLENTY)
        assert seal_hours(desk.deps, PLENTY) == 12
        assert [len(one.objects) for one in desk.digests()] == [0, 1, *[0] * 10, 1]
        assert desk.verified(tmp_path).unsealed == 0


class TestDying:
    """Killed before or after any call, then run again: the same bytes, nothing twice, nothing missing."""

    CALLS = (
        ("vault", "put", "before"),
        ("vault", "put", "after"),
        ("book", "plan", "before"),
        ("book", "plan", "after"),
        ("book", "archived", "before"),
        ("book", "archived", "after"),
        ("book", "seal", "before"),
        ("book", "seal_move", "before"),
        ("book", "seal", "after"),
    )

    @pytest.mark.parametrize(("port", "call", "when"), CALLS)
    def test_at_any_call(self, desk, tmp_path, port, call, when):
        desk.judge(3)
        archive_all(desk.deps, PLENTY)
        desk.judge(2)
        getattr(getattr(desk.deps, port).faults, when)(call, KeyboardInterrupt())
        desk.clock.now += HOUR
        with pytest.raises(KeyboardInterrupt):
            desk.hour()
        desk.judge(2)
        archive_all(desk.deps, PLENTY)
        seal_hours(desk.deps, PLENTY)
        desk.clock.now += HOUR
        seal_hours(desk.deps, PLENTY)
        assert desk.lines() == {CHAIN: [1, 2, 3, 4, 5, 6, 7]}
        done = desk.verified(tmp_path)
        assert done.findings == []
        assert (done.records, done.unsealed) == (7, 0)

    @given(st.lists(st.tuples(st.sampled_from(CALLS), st.integers(0, 4)), max_size=12), st.data())
    def test_again_and_again_over_days(self, tmp_path_factory, plan, data):
        desk = Desk()
        for (port, call, when), judged in plan:
            desk.judge(judged)
            getattr(getattr(desk.deps, port).faults, when)(call, KeyboardInterrupt())
            desk.clock.now += data.draw(st.sampled_from([60, HOUR, DAY / 2, 2 * DAY]))
            desk.close()
            try:
                archive_chains(
                    [(ALERTAS, chain) for table, chain in desk.store.chains if table == ALERTAS],
                    desk.deps,
                    PLENTY,
                )
                archive_all(desk.deps, PLENTY)
                seal_hours(desk.deps, PLENTY)
            except KeyboardInterrupt:
                pass
        desk.deps = replace(
            desk.deps,
            book=replace(desk.deps.book, faults=FakeArchiveBook().faults),
            vault=replace(desk.deps.vault, faults=FakeVault().faults),
        )
        desk.close()
        archive_all(desk.deps, PLENTY)
        desk.clock.now += HOUR
        while seal_hours(desk.deps, PLENTY):
            pass
        stored = {name: len(records) for (_, name), records in desk.store.chains.items() if records}
        assert {name: len(set(seqs)) for name, seqs in desk.lines().items() if "_days" not in name} == {
            name: count for name, count in stored.items() if "_days" not in name
        }
        done = desk.verified(tmp_path_factory.mktemp("archive"))
        assert done.findings == []
        assert done.records == sum(map(len, desk.store.chains.values()))


@pytest.mark.parametrize("call", ["plan", "archived", "seal"])
def test_what_another_run_is_at_is_left_to_it(desk, call):
    """Streams and the hour meet: no error, nothing lost, the next run finds all done or does it."""
    desk.judge(3)
    desk.clock.now += HOUR
    desk.deps.book.faults.before(call, Contended())
    archive_grown([(ALERTAS, CHAIN)], desk.deps, PLENTY)
    archive_hour(desk.deps, PLENTY)
    assert desk.lines() == {CHAIN: [1, 2, 3]}
    assert len(desk.digests()) == 1
