"""Questions and proofs over an archive whose closed days are compacted: as over its small objects."""

from __future__ import annotations

from datetime import date

import pytest

from local.audit.archive_copy import copy_days
from pregao.aws.archive.files import files_in
from pregao.aws.archive.find_alert import find_alert
from pregao.aws.archive.prove import prove
from pregao.aws.archive.sql import ArchiveSql
from pregao.domain.audit.archive_days import Days
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.archive_schema import TABLES
from pregao.domain.audit.chain import ALERTAS
from pregao.domain.audit.closed_days import PREFIX
from tests.audited import honest
from tests.unit.local.audit.test_partial_copy import Bucket, verified

AUDIT = honest(0, compacts=True)
SMALL = {key: body for key, body in AUDIT.objects.items() if not key.startswith(PREFIX)}
SOME = Days(date(2026, 11, 25), date(2026, 11, 27))


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The bucket's copy, and the same without closed days' objects."""
    both = []
    for name, objects in (("compacted", AUDIT.objects), ("before", SMALL)):
        root = tmp_path_factory.mktemp(name)
        for key, body in objects.items():
            (root / key).parent.mkdir(parents=True, exist_ok=True)
            (root / key).write_bytes(body)
        both.append(root)
    return both


def answered(files, instrument=""):
    """Every record of every table, and how many were searched."""
    with ArchiveSql(files) as sql:
        if instrument:
            sql.only(instrument)
        return {
            table: (
                sorted(sql.run(f"SELECT chain, seq, hash, year FROM {table}").rows),  # noqa: S608
                sql.records(table),
            )
            for table in TABLES
        }


@pytest.mark.parametrize("days", [Days(), SOME], ids=str)
@pytest.mark.parametrize("instrument", ["", "WIN", "WDOZ26"])
def test_every_record_is_answered_once(folders, days, instrument):
    compacted, before = (answered(files_in(folder, days), instrument) for folder in folders)
    assert compacted == before
    assert compacted[ALERTAS][1] > 0


def test_a_closed_day_is_read_from_its_own_objects_alone(folders):
    read = [path.relative_to(folders[0]).as_posix() for path in files_in(folders[0], SOME)[ALERTAS]]
    assert len(read) == 3
    assert all(key.startswith(PREFIX) for key in read)
    path = folders[0] / read[1]
    body = path.read_bytes()
    path.unlink()
    again = [path.relative_to(folders[0]).as_posix() for path in files_in(folders[0], SOME)[ALERTAS]]
    path.write_bytes(body)
    days = [parts.day for key in again if (parts := read_key(key))]
    assert set(days) == {"2026-11-26"}  # from its small ones, where its own is missing


def test_instruments_are_those_of_the_records(folders):
    with ArchiveSql(files_in(folders[0], Days())) as sql:
        assert sql.instruments() == {"WIN", "WDO"}
        assert sql.instruments("WINZ26") == sql.instruments("WIN") == {"WIN"}
        assert sql.instruments("PETR4") == set()


def test_a_copy_has_closed_days_objects_and_verifies(tmp_path):
    copied = copy_days(Bucket(AUDIT.objects), Days(), tmp_path, AUDIT.as_of)
    keys = [path.relative_to(copied.folder).as_posix() for one in copied.files.values() for path in one]
    assert sum(key.startswith(PREFIX) for key in keys) >= 12
    assert {parts.day for key in keys if (parts := read_key(key))} <= {"2026-11-28", "2026-11-29"}
    assert copied.strange == ()
    assert verified(copied.folder).findings == []
    assert answered(copied.files) == answered(files_in(copied.folder, Days()))


def test_a_copy_of_a_day_from_before_it_was_compacted_goes_on_to_hold(tmp_path):
    objects, when = next(
        (some, at)
        for some, at in AUDIT.before
        if at.day == 25 and at.hour == 10  # a day open, one closed
    )
    day = Days(date(2026, 11, 25), date(2026, 11, 25))
    assert verified(copy_days(Bucket(objects), day, tmp_path, when).folder).findings == []
    later = Days(date(2026, 11, 27), date(2026, 11, 27))
    folder = copy_days(Bucket(AUDIT.objects), later, tmp_path, AUDIT.as_of).folder
    assert verified(folder).findings == []


def test_a_proof_is_the_same(folders):
    (alert, *_) = (
        row[0]
        for row in ArchiveSql(files_in(folders[1], SOME))
        .run("SELECT alert_id FROM entrega_audit WHERE alert_id IS NOT NULL ORDER BY alert_id")
        .rows
    )
    compacted, before = (prove(folder, alert) for folder in folders)
    order = lambda proof: sorted(proof["records"], key=lambda one: (one["object"], one["line"]))  # noqa: E731
    assert order(compacted) == order(before)
    assert len(compacted["records"]) > 1
    assert find_alert(folders[0], alert, None) == find_alert(folders[1], alert, None)
