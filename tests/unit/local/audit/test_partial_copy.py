# ruff: noqa: N803 the names of boto3's arguments
"""What a query copies from the bucket verifies as it is, and what is changed in it is found."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from io import BytesIO

import pytest

from local.audit import copy_note
from local.audit.archive_copy import copy_days
from local.audit.copy_note import Coverage
from local.audit.verdict import sentences
from local.audit.verify import verify_folder
from pregao.aws.archive.files import archive_root
from pregao.domain.audit.archive_days import ArchiveError, Days
from tests.archive_fakes import FakeSigner
from tests.audited import honest

BUCKET = "pregao-audit"
AUDIT = honest(0)
DAY = {n: Days(date(2026, 11, n), date(2026, 11, n)) for n in range(24, 30)}


@dataclass
class Bucket:
    """A stack whose bucket is a dictionary."""

    objects: dict
    outputs: dict = field(default_factory=lambda: {"AuditBucket": BUCKET})

    def client(self, _service):
        return self

    def list_objects_v2(self, Prefix, StartAfter="", MaxKeys=1000, **_):
        keys = sorted(one for one in self.objects if one.startswith(Prefix) and one > StartAfter)
        return {"Contents": [{"Key": one} for one in keys[:MaxKeys]]}

    def get_paginator(self, _name):
        return self

    def paginate(self, **asked):
        yield self.list_objects_v2(**asked, MaxKeys=10**6)

    def get_object(self, Key, **_):
        return {"Body": BytesIO(self.objects[Key])}


def verified(folder, asked=None):
    covered = Coverage(copy_note.read(folder), asked or Days())
    return verify_folder(folder, FakeSigner().known(), covered.as_of, covered=covered)


@pytest.fixture
def copied(tmp_path):
    """Copy days as a query does, from the bucket as it is at the end or was before."""

    def copy(days, objects=AUDIT.objects, at=AUDIT.as_of):
        return copy_days(Bucket(objects), days, tmp_path, at).folder

    return copy


@pytest.mark.parametrize("day", DAY)
def test_an_untouched_copy_of_a_day_holds_and_says_that_it_is_one(copied, day):
    done = verified(copied(DAY[day]))
    assert done.findings == []
    assert not done.whole
    assert {done.first, done.last} <= {DAY[day].first.isoformat(), ""}


def test_days_copied_one_after_the_other_as_they_pass_hold(copied):
    """Each day from the bucket as it was then: digests that came after list later objects of a day."""
    for at, (objects, when) in enumerate(AUDIT.before[::7]):
        day = date(2026, 11, 24) + timedelta(at % 3)
        folder = copied(Days(day, day), objects, when)
        assert verified(folder).findings == [], (at, day)


def test_a_whole_copy_and_a_later_part_hold(copied):
    objects, when = AUDIT.before[len(AUDIT.before) // 2]
    assert verified(copied(Days(), objects, when)).findings == []
    folder = copied(DAY[28])
    assert verified(folder).findings == []


def test_a_copy_that_was_broken_off_gets_the_digests_that_it_lacks(copied, tmp_path):
    folder = copied(DAY[24])
    digests = sorted((folder / "digest").rglob("*.json"))
    for path in digests[5:9]:
        path.unlink()
    assert verified(folder).findings
    assert verified(copied(DAY[24])).findings == []


def test_what_is_taken_out_of_a_partial_copy_or_changed_in_it_is_found(copied):
    folder = copied(Days(date(2026, 11, 24), date(2026, 11, 25)))
    objects = sorted(folder.rglob("*.jsonl.gz"))
    for path in objects[::5]:
        content = path.read_bytes()
        path.unlink()
        done = verified(folder)
        assert any(path.name in one.where for one in done.findings)
        assert not done.unproved
        path.write_bytes(gzip.compress(gzip.decompress(content)[:-3] + b"9}\n", mtime=0))
        assert not verified(folder).sound
        path.write_bytes(content)
    assert verified(folder).sound


def test_a_note_that_was_shortened_shows_in_the_days_that_were_verified(copied):
    folder = copied(Days(date(2026, 11, 24), date(2026, 11, 25)))
    note = json.loads((folder / "copy.json").read_text())
    note["parts"][0]["last"] = "2026-11-24"
    (folder / "copy.json").write_text(json.dumps(note))
    done = verified(folder)
    assert (done.sound, done.first, done.last, done.whole) == (True, "2026-11-24", "2026-11-24", False)


def test_a_copy_without_digests_is_not_proved_and_not_called_tampered(copied):
    """As queries made them before digests came along."""
    folder = copied(DAY[24])
    for path in (folder / "digest").rglob("*.json"):
        path.unlink()
    done = verified(folder)
    assert done.unproved
    assert not done.sound


def test_a_folder_of_another_bucket_of_that_name_is_begun_anew(copied):
    copied(Days())
    other = honest(1)
    done = verified(copied(Days(), other.objects, other.as_of))
    assert done.findings == []
    assert done.objects == sum(one.startswith("table=") for one in other.objects)


CLOSED = honest(3, compacts=True)
"""Objects of closed days beside the small ones, as in a bucket of some days."""


def by_hand(tmp_path, kept, asked=None, audit=CLOSED):
    """Verify a folder that somebody copied by hand: the objects of these keys, and all digests."""
    folder = tmp_path / "by-hand"
    shutil.rmtree(folder, ignore_errors=True)
    for key, body in audit.objects.items():
        if key.startswith("digest/") or kept(key):
            (folder / key).parent.mkdir(parents=True, exist_ok=True)
            (folder / key).write_bytes(body)
    covered = Coverage((), asked or Days())
    return verify_folder(folder, FakeSigner().known(), audit.as_of, covered=covered)


def of_days(*days):
    return lambda key: any(f"/day={day}/" in key for day in days)


@pytest.mark.parametrize("audit", [AUDIT, CLOSED], ids=["small", "closed"])
@pytest.mark.parametrize(
    "kept",
    [
        of_days(25, 26),
        of_days(22, 23, 24, 25),
        of_days(27, 28),
        lambda key: "table=entrega_audit/" in key,
        lambda key: "table=entrega_audit/" in key and of_days(24, 25)(key),
    ],
    ids=["middle", "begin", "end", "a table", "a table's days"],
)
def test_some_days_copied_by_hand_are_called_incomplete_not_tampered(tmp_path, kept, audit):
    done = by_hand(tmp_path, kept, audit=audit)
    assert done.incomplete
    assert not done.sound
    said = sentences(done, [], audit.as_of)
    assert "INCOMPLETO" in said["pt"]
    assert "cópia parcial" in said["pt"]
    assert "--from" in said["en"]
    assert "DOES NOT HOLD" not in said["en"]


def test_closed_days_copied_alone_are_incomplete_and_hold_by_their_days(tmp_path):
    kept = lambda key: key.startswith("closed/")  # noqa: E731
    assert by_hand(tmp_path, kept).incomplete
    assert by_hand(tmp_path, kept, Days(date(2026, 11, 24), date(2026, 11, 26))).sound


def test_some_days_copied_by_hand_hold_where_they_are_named(tmp_path):
    asked = Days(date(2026, 11, 25), date(2026, 11, 26))
    assert by_hand(tmp_path, of_days(25, 26), asked).findings == []
    assert not by_hand(tmp_path, of_days(25), asked).incomplete, "it was said to be there"


def test_a_day_taken_out_between_others_is_no_copy_of_some_days(tmp_path):
    done = by_hand(tmp_path, lambda key: not of_days(26)(key))
    assert not done.sound
    assert not done.incomplete


def test_an_object_taken_out_of_some_days_copied_by_hand_is_told(tmp_path):
    gone = min(key for key in AUDIT.objects if of_days(25)(key) and "table=alertas_audit" in key)
    done = by_hand(tmp_path, lambda key: of_days(25, 26)(key) and key != gone, audit=AUDIT)
    assert not done.incomplete
    assert any(one.where == gone for one in done.findings)


def test_nothing_of_the_days_asked_about_is_no_proof(tmp_path):
    done = by_hand(tmp_path, lambda _key: True, Days(date(2027, 1, 1), date(2027, 1, 1)))
    assert done.unproved
    assert "não há nada desses dias aqui" in sentences(done, [], CLOSED.as_of)["pt"]


def test_the_folder_of_closed_days_is_no_copy_of_its_own(tmp_path):
    by_hand(tmp_path, of_days(25, 26))
    assert archive_root(tmp_path) == tmp_path / "by-hand"
    with pytest.raises(ArchiveError, match=f"--folder {tmp_path / 'by-hand'}$"):
        archive_root(tmp_path / "by-hand" / "closed")
