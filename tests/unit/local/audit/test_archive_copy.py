"""The bucket's objects brought here: those of the days, each once, each checked, none half."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from local.audit.archive_copy import copy_days, prefixes
from pregao.aws.archive.files import files_in
from pregao.domain.audit.archive_days import ArchiveError, Days
from tests.unit.local.audit.archives import DAYS, Maker, put

BUCKET = "pregao-audit"
NOW = datetime(2029, 3, 1, tzinfo=UTC)
LEAP = Days(date(2028, 2, 29), date(2028, 2, 29))


@dataclass
class Account:
    """A stack whose bucket is moto's; counts what is fetched."""

    s3: object
    outputs: dict = field(default_factory=lambda: {"AuditBucket": BUCKET})
    fetched: list = field(default_factory=list)

    def client(self, _service):
        return self

    def get_paginator(self, name):
        return self.s3.get_paginator(name)

    def list_objects_v2(self, **asked):
        return self.s3.list_objects_v2(**asked)

    def get_object(self, **asked):
        self.fetched.append(asked["Key"])
        return self.s3.get_object(**asked)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return Maker(3, alerts=2).write(tmp_path_factory.mktemp("archive"))


@pytest.fixture
def account(root, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=BUCKET)
        for path in root.rglob("*"):
            if path.is_file():
                s3.put_object(Bucket=BUCKET, Key=path.relative_to(root).as_posix(), Body=path.read_bytes())
        yield Account(s3)


def keys(files, folder):
    return {path.relative_to(folder).as_posix() for paths in files.values() for path in paths}


def test_the_copy_is_the_bucket(root, account, tmp_path):
    copied = copy_days(account, Days(), tmp_path, NOW)
    assert keys(copied.files, tmp_path / BUCKET) == keys(files_in(root, Days()), root)
    assert copied.files == files_in(tmp_path / BUCKET, Days())
    for paths in copied.files.values():
        for path in paths:
            assert path.read_bytes() == (root / path.relative_to(tmp_path / BUCKET)).read_bytes()
    assert not [path for path in tmp_path.rglob("*") if ".copy-" in path.name or "digest" in path.name]


def test_only_the_days_asked_for_come_and_each_object_once(root, account, tmp_path):
    first = copy_days(account, LEAP, tmp_path, NOW)
    assert sorted(account.fetched) == sorted(keys(files_in(root, LEAP), root))
    assert first.fetched == len(account.fetched)
    again = copy_days(account, LEAP.widened(0, 1), tmp_path, NOW)
    assert len(account.fetched) == len(set(account.fetched))
    assert keys(again.files, tmp_path / BUCKET) == keys(files_in(root, LEAP.widened(0, 1)), root)


def test_progress_ends_with_all(account, tmp_path):
    told = []
    copied = copy_days(account, Days(), tmp_path, NOW, lambda done, of: told.append((done, of)))
    assert told == [(done, copied.fetched) for done in range(1, copied.fetched + 1)]


def test_an_object_that_is_not_what_its_name_says_is_refused_and_not_kept(root, account, tmp_path):
    victim = min(keys(files_in(root, LEAP), root))
    for content in (gzip.compress(b'{"kind":"alert"}\n'), b"no gzip", b""):
        account.s3.put_object(Bucket=BUCKET, Key=victim, Body=content)
        with pytest.raises(ArchiveError, match="is not what its name says") as told:
            copy_days(account, LEAP, tmp_path, NOW)
        assert victim in str(told.value)
        assert not (tmp_path / BUCKET / victim).exists()
        assert not list(tmp_path.rglob(".copy-*"))


def test_what_another_bucket_of_that_name_left_is_not_read(account, tmp_path):
    left = put(tmp_path / BUCKET, "entrega_audit", DAYS[1], "WIN", [{"chain": "OLD#1", "seq": 1}])
    assert left not in copy_days(account, LEAP, tmp_path, NOW).files["entrega_audit"]


def test_a_key_that_is_no_object_is_told_and_left_out(root, account, tmp_path):
    strange = "table=entrega_audit/year=2028/month=02/day=29/instrument=WIN/../../../../../../escape.jsonl.gz"
    account.s3.put_object(Bucket=BUCKET, Key=strange, Body=b"x")
    copied = copy_days(account, LEAP, tmp_path, NOW)
    assert copied.strange == (strange,)
    assert keys(copied.files, tmp_path / BUCKET) == keys(files_in(root, LEAP), root)
    assert strange not in account.fetched


def test_a_stack_without_an_archive_names_the_remedy(account, tmp_path):
    account.outputs.clear()
    with pytest.raises(ArchiveError, match="deploy this version"):
        copy_days(account, LEAP, tmp_path, NOW)


def test_a_bucket_that_is_gone_is_named(account, tmp_path):
    account.outputs["AuditBucket"] = "pregao-nowhere"
    with pytest.raises(ArchiveError, match="pregao-nowhere"):
        copy_days(account, LEAP, tmp_path, NOW)


@given(st.dates(date(2027, 1, 1), date(2029, 12, 31)), st.integers(0, 800))
def test_listings_cover_each_day_once_and_no_other(first, more):
    days = Days(first, first + timedelta(more))
    listed = list(prefixes("t", days))
    for day in (first + timedelta(shift) for shift in range(-40, more + 41)):
        key = f"table=t/year={day:%Y}/month={day:%m}/day={day:%d}/x"
        assert sum(map(key.startswith, listed)) == (day.isoformat() in days)
    assert len(listed) <= 62 + more // 28


def test_a_whole_month_and_a_whole_archive_are_one_listing_each():
    assert list(prefixes("t", Days(date(2028, 2, 1), date(2028, 2, 29)))) == ["table=t/year=2028/month=02/"]
    assert list(prefixes("t", Days())) == ["table=t/"]
