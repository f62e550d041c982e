"""A bucket tampered with on moto: versions written over, hidden, deleted; names that lead elsewhere."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from local.audit.verify import verify_folder
from local.audit.verify_stack import bring
from tests.archive_fakes import FakeSigner
from tests.audited import honest
from tests.cloud import REGION

BUCKET = "audit"
AUDIT = honest(2, days=1)
"""Each test writes it into a bucket and reads it again: a day is enough to tell what was tampered with."""


@pytest.fixture
def s3():
    with mock_aws():
        client = boto3.client("s3", region_name=REGION)
        client.create_bucket(Bucket=BUCKET)
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        for key, body in AUDIT.objects.items():
            client.put_object(Bucket=BUCKET, Key=key, Body=body)
        yield client


@pytest.fixture
def brought(s3, tmp_path):
    """What is found in the bucket as it is now."""

    def verify(number=0):
        folder = tmp_path / str(number)
        there = bring(s3, BUCKET, folder)
        done = verify_folder(folder, FakeSigner().known(), AUDIT.as_of, elsewhere=there.keys)
        return there.findings, done.findings

    return verify


class TestBucket:
    def test_an_honest_one(self, brought):
        assert brought() == ([], [])

    def test_overwritten_the_first_version_is_what_is_verified(self, s3, brought, dice):
        key = dice.choice(sorted(AUDIT.objects))
        for body in (b"forged", b"forged again"):
            s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        over, findings = brought()
        assert [(one.where, one.what) for one in over] == [(key, "was written 3 times")]
        assert findings == []

    def test_hidden_by_a_delete_marker(self, s3, brought, dice):
        keys = dice.sample(sorted(AUDIT.objects), 5)
        for key in keys:
            s3.delete_object(Bucket=BUCKET, Key=key)
        over, findings = brought()
        assert [one.where for one in over] == sorted(keys)
        assert findings == []

    def test_versions_deleted_for_good(self, s3, brought, dice):
        keys = dice.sample(sorted(AUDIT.objects), 5)
        for key in keys:
            (one,) = s3.list_object_versions(Bucket=BUCKET, Prefix=key)["Versions"]
            s3.delete_object(Bucket=BUCKET, Key=key, VersionId=one["VersionId"])
        over, findings = brought()
        assert over == []
        assert findings

    def test_the_first_version_replaced(self, s3, brought, dice):
        key = dice.choice([one for one in sorted(AUDIT.objects) if one.startswith("digest/")])
        (first,) = s3.list_object_versions(Bucket=BUCKET, Prefix=key)["Versions"]
        s3.put_object(Bucket=BUCKET, Key=key, Body=AUDIT.objects[key][:-9] + b'00000000"')
        s3.delete_object(Bucket=BUCKET, Key=key, VersionId=first["VersionId"])
        assert brought()[1]

    @pytest.mark.parametrize(
        "key",
        [
            "../../escape",
            "/etc/escape",
            "table=alertas_audit/../escape",
            "table=alertas_audit",
            "table=alertas_audit/",
            "digest/",
            "x" * 1000,
            "digest//year=2026/month=11/day=24/2026-11-24T10Z.json",
            "./{object}",
            "{object}/more",
        ],
    )
    def test_names_that_lead_elsewhere_are_told_and_not_followed(self, s3, brought, tmp_path, key):
        one = next(one for one in sorted(AUDIT.objects) if one.startswith("table="))
        s3.put_object(Bucket=BUCKET, Key=key.format(object=one), Body=b"escaped")
        over, findings = brought()
        assert [one.what for one in over] == ["is no object of the archive"]
        assert findings == []
        assert not list(tmp_path.rglob("*escape*"))
        assert not (tmp_path.parent / "escape").exists()
