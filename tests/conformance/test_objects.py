"""S3: written once, versions, Object Lock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.conformance.refusals import code, known, refusal, status

DENIED = "AccessDenied"


@pytest.fixture(scope="module")
def s3(target):
    return target.client("s3")


@pytest.fixture(scope="module")
def plain(make):
    return make.bucket()


@pytest.fixture(scope="module")
def locked(make, s3):
    """A bucket that keeps everything for a day, in governance mode: whoever may bypass it can clean up."""
    bucket = make.bucket(ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    return bucket


@pytest.fixture
def kept(s3, locked):
    """An object version under the bucket's lock, as the parameters that name it."""
    key = uuid4().hex
    version = s3.put_object(Bucket=locked, Key=key, Body=b"kept")["VersionId"]
    return {"Bucket": locked, "Key": key, "VersionId": version}


def until(**ahead):
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**ahead)


def test_a_name_is_written_once(s3, plain):
    """A put with If-None-Match "*" succeeds under a free name and gets 412 under one that is taken.

    Source: Amazon S3 User Guide, Conditional writes (conditional-writes).
    """
    key = uuid4().hex
    s3.put_object(Bucket=plain, Key=key, Body=b"first", IfNoneMatch="*")
    refused = refusal(s3.put_object, Bucket=plain, Key=key, Body=b"second", IfNoneMatch="*")
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert refused["Error"]["Code"] == "PreconditionFailed"
    assert s3.get_object(Bucket=plain, Key=key)["Body"].read() == b"first"


def test_a_missing_object_is_no_such_key(s3, plain):
    """Getting an object that is not there gets NoSuchKey.

    Source: Amazon S3 API Reference, GetObject.
    """
    assert code(s3.get_object, Bucket=plain, Key=uuid4().hex) == "NoSuchKey"


@pytest.fixture(scope="module")
def somebody(make, target):
    """A client of a user who may do anything with S3: what stops them is the bucket's own policy."""
    return target.client_as(make.user({"Effect": "Allow", "Action": "s3:*", "Resource": "*"}), "s3")


def denying(target, bucket, **statement):
    objects = {"Effect": "Deny", "Principal": "*", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return target.policy(objects | statement)


def test_a_buckets_policy_denies(s3, make, target, somebody):
    """What a bucket's policy denies is refused, whatever the caller's own policies allow.

    Source: Amazon S3 User Guide, Bucket policies (bucket-policies).
    """
    bucket = make.bucket()
    known(target, somebody.put_object, Bucket=bucket, Key="kept", Body=b"x")
    s3.put_bucket_policy(Bucket=bucket, Policy=denying(target, bucket, Action="s3:DeleteObject"))
    assert status(somebody.delete_object, Bucket=bucket, Key="kept") == 403


def test_a_policy_can_ask_for_conditional_writes(s3, make, target, somebody):
    """A policy that denies puts without If-None-Match refuses those and lets the others through.

    Source: Amazon S3 User Guide, Enforce conditional writes (conditional-writes-enforce).
    """
    bucket, unconditional = make.bucket(), {"Null": {"s3:if-none-match": "true"}}
    known(target, somebody.put_object, Bucket=bucket, Key="before", Body=b"x")
    policy = denying(target, bucket, Action="s3:PutObject", Condition=unconditional)
    s3.put_bucket_policy(Bucket=bucket, Policy=policy)
    somebody.put_object(Bucket=bucket, Key="first", Body=b"x", IfNoneMatch="*")
    assert status(somebody.put_object, Bucket=bucket, Key="second", Body=b"x") == 403


def test_a_lock_brings_versions(s3, locked):
    """A bucket made with Object Lock has versioning enabled by itself.

    Source: Amazon S3 User Guide, Object Lock (object-lock).
    """
    assert s3.get_bucket_versioning(Bucket=locked)["Status"] == "Enabled"


def test_versions_of_a_locked_bucket_are_not_suspended(s3, make):
    """Versioning cannot be suspended in a bucket with Object Lock.

    Source: Amazon S3 User Guide, Object Lock (object-lock).
    """
    bucket = make.bucket(ObjectLockEnabledForBucket=True)
    off = {"VersioningConfiguration": {"Status": "Suspended"}}
    assert code(s3.put_bucket_versioning, Bucket=bucket, **off) == "InvalidBucketState"


def test_a_new_object_takes_the_buckets_retention(s3, kept):
    """An object version written without a retention of its own gets the bucket's mode and period.

    Source: Amazon S3 User Guide, Object Lock (object-lock).
    """
    found = s3.head_object(**kept)
    assert found["ObjectLockMode"] == "GOVERNANCE"
    written, left = found["LastModified"], found["ObjectLockRetainUntilDate"]
    assert abs(left - written - timedelta(days=1)) < timedelta(minutes=1)


def test_a_versions_retention_can_be_read(s3, kept):
    """GetObjectRetention tells mode and end, also where both came from the bucket's default.

    Source: Amazon S3 API Reference, GetObjectRetention.
    """
    found = s3.get_object_retention(**kept)["Retention"]
    assert (found["Mode"], found["RetainUntilDate"] > until(hours=23)) == ("GOVERNANCE", True)


def test_a_locked_version_is_not_deleted(s3, kept):
    """Deleting a version by its id while it is under retention is refused.

    Source: Amazon S3 User Guide, Object Lock (object-lock).
    """
    assert code(s3.delete_object, **kept) == DENIED
    assert s3.get_object(**kept)["Body"].read() == b"kept"


def test_a_plain_deletion_hides_and_keeps(s3, kept):
    """A deletion without a version id puts a delete marker on top; the version under it can still be read.

    Source: Amazon S3 User Guide, Working with delete markers (DeleteMarker).
    """
    name = {"Bucket": kept["Bucket"], "Key": kept["Key"]}
    assert s3.delete_object(**name)["DeleteMarker"] is True
    assert code(s3.get_object, **name) == "NoSuchKey"
    assert s3.get_object(**kept)["Body"].read() == b"kept"


def test_another_object_under_the_name_is_another_version(s3, kept):
    """A put under a name that is taken adds a version; the listing of versions shows both, the newer one as
    latest.

    Source: Amazon S3 User Guide, Retaining multiple versions of objects (Versioning).
    """
    name = {"Bucket": kept["Bucket"], "Key": kept["Key"]}
    newer = s3.put_object(**name, Body=b"newer")["VersionId"]
    listed = s3.list_object_versions(Bucket=kept["Bucket"], Prefix=kept["Key"])["Versions"]
    assert {one["VersionId"]: one["IsLatest"] for one in listed} == {kept["VersionId"]: False, newer: True}


def test_a_retention_is_not_shortened(s3, kept):
    """Without the right to bypass being used, a version's retention cannot be made shorter.

    Source: Amazon S3 User Guide, Object Lock (object-lock).
    """
    shorter = {"Mode": "GOVERNANCE", "RetainUntilDate": until(hours=1)}
    assert code(s3.put_object_retention, **kept, Retention=shorter) == DENIED


def test_a_retention_can_be_extended(s3, kept):
    """A version's retention can be made longer by anyone who may set one.

    Source: Amazon S3 User Guide, Object Lock (object-lock).
    """
    longer = {"Mode": "GOVERNANCE", "RetainUntilDate": until(days=2)}
    s3.put_object_retention(**kept, Retention=longer)
    assert s3.head_object(**kept)["ObjectLockRetainUntilDate"] == longer["RetainUntilDate"]


@pytest.fixture
def complied(s3, locked):
    """A version in compliance mode for a minute: nothing takes it away before."""
    end = until(minutes=1)
    made = {"Bucket": locked, "Key": uuid4().hex}
    lock = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": end}
    return made | {"VersionId": s3.put_object(**made, Body=b"kept", **lock)["VersionId"]}, end


def test_compliance_lets_nobody_delete(s3, complied):
    """A version in compliance mode is deleted by nobody before its time, bypass or not.

    Source: Amazon S3 User Guide, Object Lock (object-lock).
    """
    version, _ = complied
    assert code(s3.delete_object, **version, BypassGovernanceRetention=True) == DENIED


def test_compliance_is_not_shortened(s3, complied):
    """A retention in compliance mode cannot be shortened by anyone.

    Source: Amazon S3 User Guide, Object Lock (object-lock).
    """
    version, end = complied
    shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": end - timedelta(seconds=1)}
    asked = {"Retention": shorter, "BypassGovernanceRetention": True}
    assert code(s3.put_object_retention, **version, **asked) == DENIED


def test_compliance_is_not_turned_into_governance(s3, complied):
    """The mode of a version in compliance mode cannot be changed by anyone.

    Source: Amazon S3 User Guide, Object Lock (object-lock).
    """
    version, _ = complied
    softer = {"Mode": "GOVERNANCE", "RetainUntilDate": until(days=1)}
    asked = {"Retention": softer, "BypassGovernanceRetention": True}
    assert code(s3.put_object_retention, **version, **asked) == DENIED
