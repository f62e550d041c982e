"""Looks at the audit are records of it: ended, archived, signed and verified as the others are."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from local.audit.verify import verify_folder
from pregao.aws.archive.files import files_in
from pregao.aws.archive.sql import ArchiveSql
from pregao.domain.audit.archive_days import WHOLE
from pregao.domain.audit.chain import ACAO, canonical
from pregao.flow.archive import archive_all, seal_hours
from pregao.flow.compliance import BadQuestion
from pregao.flow.steps.audit.close import DayClosing, close_days
from pregao.flow.steps.in_time import Failures
from tests.archive_fakes import FakeSigner, an_archive
from tests.fakes import PLENTY, Clock, FakeDayBook, Store
from tests.officers import CARLA, FakeLookBook, compliance, officer_token

NOON = 1_764_072_000.0  # 2025-11-25, UTC
DAY = "2025-11-25"


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    """A folder with the archive of a day on which an officer asked three times, and nothing else happened."""
    store, clock = Store(), Clock(NOON)
    served = compliance({}, store, NOON, tmp_path_factory.mktemp("kept"))
    served = replace(served, looks=FakeLookBook(store), clock=clock)
    for question, query in (("page", {}), ("suppressed", {}), ("shown", {"operator": "ana"})):
        served(officer_token(), question, query, PLENTY)
    archive = an_archive(store, clock)
    for hour in range(16):
        clock.now = NOON + 3600 * hour
        close_days(DayClosing(FakeDayBook(store), lambda _attempt: None, clock), PLENTY, Failures())
        archive_all(archive, PLENTY)
        while seal_hours(archive, PLENTY):
            pass
    folder = tmp_path_factory.mktemp("archive")
    for key, body in archive.vault.objects.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(body)
    return folder, store, clock


def verified(looked):
    folder, _, clock = looked
    return verify_folder(folder, FakeSigner().known(), datetime.fromtimestamp(clock.now, UTC))


def test_the_chain_of_looks_verifies_and_is_asked_for(looked):
    folder, store, _ = looked
    done = verified(looked)
    assert (done.sound, done.findings) == (True, [])
    looks = [one for one in store.records[ACAO] if one["kind"] == "access"]
    assert [one["question"] for one in looks] == ["page", "suppressed", "shown"]
    asked = f"SELECT question, audit_id, alert_id, operator, day FROM {ACAO} WHERE kind = 'access'"  # noqa: S608
    with ArchiveSql(files_in(folder, WHOLE)) as sql:
        found = list(sql.run(asked).rows)
    assert found == [(one["question"], CARLA.audit_id, None, None, None) for one in looks]


def test_a_look_that_is_changed_or_taken_away_is_found(looked):
    folder, _, _ = looked
    (path,) = [
        one
        for one in folder.rglob("*.jsonl.gz")
        if "_access" in one.name and b"suppressed" in gzip.decompress(one.read_bytes())
    ]
    body = path.read_bytes()
    records = [json.loads(one) for one in gzip.decompress(body).splitlines()]
    try:
        records[1]["question"] = "silences"
        path.write_bytes(gzip.compress(b"".join(canonical(one) + b"\n" for one in records)))
        assert "_access" in str(verified(looked).findings[0])
        path.unlink()
        assert "_access" in str(verified(looked).findings[0])
    finally:
        path.write_bytes(body)
    assert verified(looked).sound


def test_what_is_refused_as_no_question_is_no_look(looked, tmp_path):
    store = Store()
    served = replace(compliance({}, store, NOON, tmp_path), looks=FakeLookBook(store))
    for question, query in (("drop", {}), ("shown", {}), ("shown", {"operator": "Zoe Dias"})):
        with pytest.raises(BadQuestion):
            served(officer_token(), question, query, PLENTY)
    assert store.records[ACAO] == []
