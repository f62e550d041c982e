"""Small resources that the tests make for themselves, each removed when its module's tests are over."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tests.conformance.naming import a_name, the_tags
from tests.conformance.targets import Target

if TYPE_CHECKING:
    import boto3

KEYS = [("pk", "HASH"), ("sk", "RANGE")]
TEXT_KEYS = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name, _ in KEYS],
    "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in KEYS],
    "BillingMode": "PAY_PER_REQUEST",
}


class Maker:
    """Makes resources at a target; what `removals` hold takes them away again, last made first."""

    def __init__(self, target: Target, removals: ExitStack) -> None:
        self.target = target
        self.removals = removals
        self._tags = {one["Key"]: one["Value"] for one in the_tags()}

    def table(self, **more: Any) -> str:
        """Make a table with keys pk and sk; returns its name."""
        dynamo, name = self.target.client("dynamodb"), a_name()
        dynamo.create_table(TableName=name, **TEXT_KEYS | more, Tags=the_tags())
        self.removals.callback(_delete_table, dynamo, name)
        dynamo.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        return name

    def queue(self, dead_after: int = 0, **attributes: str) -> str:
        """Make a queue, with a dead-letter queue behind it where asked; returns its URL."""
        if dead_after:
            dead = self.arn(self.queue())
            policy = {"deadLetterTargetArn": dead, "maxReceiveCount": dead_after}
            attributes["RedrivePolicy"] = json.dumps(policy)
        sqs = self.target.client("sqs")
        url = sqs.create_queue(QueueName=a_name(), Attributes=attributes, tags=self._tags)["QueueUrl"]
        self.removals.callback(sqs.delete_queue, QueueUrl=url)
        return str(url)

    def arn(self, queue: str) -> str:
        """Return a queue's ARN."""
        sqs = self.target.client("sqs")
        found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return str(found["Attributes"]["QueueArn"])

    def bucket(self, **more: Any) -> str:
        """Make a bucket; returns its name. It is emptied, locks and all, when it is removed."""
        s3, name, region = self.target.client("s3"), a_name(), self.target.region
        if region != "us-east-1":
            more["CreateBucketConfiguration"] = {"LocationConstraint": region}
        s3.create_bucket(Bucket=name, **more)
        self.removals.callback(_delete_bucket, s3, name, self.target.ends_by_itself)
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": the_tags()})
        return name

    def signing_key(self) -> str:
        """Make a P-256 key that signs; returns its id. AWS keeps it for seven days after its removal."""
        kms = self.target.client("kms")
        tags = [{"TagKey": one["Key"], "TagValue": one["Value"]} for one in the_tags()]
        made = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY", Tags=tags)
        key = made["KeyMetadata"]["KeyId"]
        self.removals.callback(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=7)
        return str(key)

    def secret(self, text: str) -> str:
        """Make a secret; returns its ARN."""
        secrets = self.target.client("secretsmanager")
        arn = secrets.create_secret(Name=a_name(), SecretString=text, Tags=the_tags())["ARN"]
        self.removals.callback(secrets.delete_secret, SecretId=arn, ForceDeleteWithoutRecovery=True)
        return str(arn)

    def user(self, statement: dict[str, Any]) -> boto3.Session:
        """Make an IAM user who may do what the statement says; returns a session of theirs."""
        iam, name = self.target.client("iam"), a_name()
        iam.create_user(UserName=name, Tags=the_tags())
        self.removals.callback(iam.delete_user, UserName=name)
        document = self.target.policy(statement)
        iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=document)
        self.removals.callback(iam.delete_user_policy, UserName=name, PolicyName="only")
        return self.target.session_of(self.keys_of(name))

    def keys_of(self, user: str) -> tuple[str, str]:
        """Make keys for a user; returns access key and secret key."""
        iam = self.target.client("iam")
        key = iam.create_access_key(UserName=user)["AccessKey"]
        self.removals.callback(iam.delete_access_key, UserName=user, AccessKeyId=key["AccessKeyId"])
        return str(key["AccessKeyId"]), str(key["SecretAccessKey"])


def _delete_table(dynamo: Any, name: str) -> None:
    table = dynamo.describe_table(TableName=name)["Table"]
    if table.get("DeletionProtectionEnabled"):
        dynamo.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamo.get_waiter("table_exists").wait(TableName=name)
    dynamo.delete_table(TableName=name)


def _delete_bucket(s3: Any, name: str, ends_by_itself: bool) -> None:
    """Empty a bucket and delete it; where what is locked would end by itself, that is not waited for."""
    s3.delete_bucket_policy(Bucket=name)
    locked = [one for one in _versions(s3, name) if not _deleted(s3, name, one)]
    if locked and ends_by_itself:
        return
    for version in locked:
        until = s3.head_object(Bucket=name, **version).get("ObjectLockRetainUntilDate")
        if until:  # else it is a delete marker, or its lock has ended meanwhile
            time.sleep(max(0.0, (until - datetime.now(UTC)).total_seconds()) + 1)
        s3.delete_object(Bucket=name, **version)
    s3.delete_bucket(Bucket=name)


def _versions(s3: Any, bucket: str) -> list[dict[str, str]]:
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    listed = [one for page in pages for one in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    return [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in listed]


def _deleted(s3: Any, bucket: str, version: dict[str, str]) -> bool:
    """Delete a version as GOVERNANCE lets whoever may; tells whether it went."""
    try:
        s3.delete_object(Bucket=bucket, **version, BypassGovernanceRetention=True)
    except ClientError:
        return False
    return True
