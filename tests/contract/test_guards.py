"""The audit's own policies: every action that could change it is denied, or allowed here with the reason.

The lists are those of AWS's service authorization reference, as the scanner's environment ships it.
"""

from __future__ import annotations

import json
import subprocess
from fnmatch import fnmatchcase
from typing import Any

import pytest

from local.stack.template import FUNCTION, of_type, read
from tests.cloud import ROOT, template
from tests.expanded import expanded
from tests.grants import grants, listed, place

FUNCTIONS = of_type(template(), FUNCTION)
TABLES = [name for name in of_type(template(), "AWS::DynamoDB::Table") if name.endswith("AuditTable")]
STACK = "pregao-dev"
ACCOUNT = "123456789012"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/Administrator"

TRAIL = "a deployment needs it; a record stays as it is, and CloudTrail keeps who asked"
ELSEWHERE = "makes or changes another table, backup or copy, never this one's items"
ALLOWED = {
    "dynamodb:CreateBackup": ELSEWHERE,
    "dynamodb:DeleteBackup": ELSEWHERE,
    "dynamodb:ExportTableToPointInTime": ELSEWHERE,
    "dynamodb:StartAwsBackupJob": ELSEWHERE,
    "dynamodb:ImportTable": ELSEWHERE,
    "dynamodb:RestoreTableFromAwsBackup": ELSEWHERE,
    "dynamodb:RestoreTableFromBackup": ELSEWHERE,
    "dynamodb:RestoreTableToPointInTime": ELSEWHERE,
    "dynamodb:CreateTable": "a name that stands is refused",
    "dynamodb:UpdateTable": "deployments change indices; it may lift the deletion protection, not delete",
    "dynamodb:UpdateContinuousBackups": TRAIL,
    "dynamodb:UpdateContributorInsights": TRAIL,
    "dynamodb:DisableKinesisStreamingDestination": TRAIL,
    "dynamodb:EnableKinesisStreamingDestination": TRAIL,
    "dynamodb:UpdateKinesisStreamingDestination": TRAIL,
    "dynamodb:CreateGlobalTable": "a replica's changes come back here; verify finds them",
    "dynamodb:CreateTableReplica": "as CreateGlobalTable",
    "dynamodb:DeleteTableReplica": "as CreateGlobalTable",
    "dynamodb:UpdateGlobalTable": "as CreateGlobalTable",
    "dynamodb:UpdateGlobalTableSettings": "as CreateGlobalTable",
    "dynamodb:UpdateGlobalTableVersion": "as CreateGlobalTable",
    "dynamodb:UpdateTableReplicaAutoScaling": "as CreateGlobalTable",
    "dynamodb:PurchaseReservedCapacityOfferings": "money, no item",
    "dynamodb:PutResourcePolicy": "denied to all, nobody could mend it; CloudTrail keeps it",
    "dynamodb:DeleteResourcePolicy": "as PutResourcePolicy",
    "dynamodb:UpdateAbacStatus": "tags decide then as well; a denial stays one",
    "s3:AbortMultipartUpload": "what was never finished",
    "s3:InitiateReplication": ELSEWHERE,
    "s3:PutObjectRetention": "may lengthen; to shorten needs BypassGovernanceRetention, or is impossible",
    "s3:RestoreObject": "makes a cold object readable",
    "s3:ObjectOwnerOverrideToBucketOwner": "the owner of the bucket owns all of it",
    "s3:PutObjectAcl": "the bucket has no ACLs (BucketOwnerEnforced)",
    "s3:PutObjectVersionAcl": "as PutObjectAcl",
    "s3:PutBucketAcl": "as PutObjectAcl",
    "s3:CreateBucket": "a name that stands is refused",
    "s3:DeleteBucketWebsite": TRAIL,
    "s3:PauseReplication": ELSEWHERE,
    "s3:PutAccelerateConfiguration": TRAIL,
    "s3:PutAnalyticsConfiguration": TRAIL,
    "s3:PutBucketCORS": TRAIL,
    "s3:PutBucketLogging": TRAIL,
    "s3:PutBucketNotification": TRAIL,
    "s3:PutBucketObjectLockConfiguration": "a deployment changes RetentionYears; what is locked stays locked",
    "s3:PutBucketOwnershipControls": TRAIL,
    "s3:PutBucketRequestPayment": TRAIL,
    "s3:PutBucketWebsite": TRAIL,
    "s3:PutEncryptionConfiguration": TRAIL,
    "s3:PutIntelligentTieringConfiguration": TRAIL,
    "s3:PutInventoryConfiguration": TRAIL,
    "s3:PutLifecycleConfiguration": "expires no locked version; a delete marker hides none from verify",
    "s3:PutMetricsConfiguration": TRAIL,
    "s3:PutReplicationConfiguration": ELSEWHERE,
    "s3:DeleteBucketPolicy": "as dynamodb:PutResourcePolicy",
    "s3:PutBucketPolicy": "as dynamodb:PutResourcePolicy",
    "s3:PutBucketPublicAccessBlock": TRAIL,
    "kms:PutKeyPolicy": "as dynamodb:PutResourcePolicy",
    "kms:CreateGrant": "a grant lets its holder sign; the denial of kms:Sign wins over it",
}
"""Allowed all the same, each with its why; a line here whose action is denied is a mistake."""
OF_KEYS = {"kms:Sign", "kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:PutKeyPolicy", "kms:CreateGrant"}
"""What decides who signs and whether the key stays; encryption does not concern a signing key."""

REFERENCE = """
import json, sys
from policy_sentry.querying import actions
levels = ("Write", "Permissions management")
tables = {one for level in levels for one in actions.get_actions_with_access_level("dynamodb", level)}
objects = {one for kind in ("object", "bucket") for level in levels
           for one in actions.get_actions_with_arn_type_and_access_level("s3", kind, level)}
print(json.dumps([sorted(tables), sorted(objects)]))
"""


def filled(value: str, **more: str) -> str:
    """A policy's text with the deployment's values."""
    values = {
        "AWS::Partition": "aws",
        "AWS::AccountId": ACCOUNT,
        "AWS::StackName": STACK,
        "AWS::Region": "sa-east-1",
        "TablePrefix": "dev-",
        **more,
    }
    for name, one in values.items():
        value = value.replace(f"${{{name}}}", one)
    return value


def denied(policy: dict[str, Any], action: str, principal: str) -> bool:
    """Whether the policy denies `principal` (an ARN) this action, by AWS's rules for the forms used here."""
    for one in policy["Statement"]:
        if one["Effect"] != "Deny" or not any(fnmatchcase(action, asked) for asked in listed(one["Action"])):
            continue
        condition = one.get("Condition", {})
        if not condition or "Null" in condition:  # no header: who overwrites sends none
            return True
        excepted = listed(condition.get("ArnNotLike", {}).get("aws:PrincipalArn", []))
        if excepted and not any(fnmatchcase(principal, filled(role["Fn::Sub"])) for role in excepted):
            return True
    return False


def policies(kind: str, name: str = "") -> dict[str, dict[str, Any]]:
    """The policies on resources of the audit, by logical id."""
    resources = template()["Resources"]
    if kind == "dynamodb":
        return {one: resources[one]["Properties"]["ResourcePolicy"]["PolicyDocument"] for one in TABLES}
    if kind == "s3":
        return {"AuditBucket": resources["AuditBucketPolicy"]["Properties"]["PolicyDocument"]}
    return {"DigestKey": resources["DigestKey"]["Properties"]["KeyPolicy"]}


@pytest.fixture(scope="module")
def reference() -> dict[str, list[str]]:
    """Every action of the reference that writes or gives rights, by service."""
    python = ROOT / ".tools" / "scan" / "bin" / "python"
    if not python.exists():
        pytest.skip("the scanner's environment is missing; run: make .tools/scan/.ready")
    done = subprocess.run([python, "-c", REFERENCE], capture_output=True, text=True, check=True, timeout=60)
    tables, objects = json.loads(done.stdout)
    return {"dynamodb": tables, "s3": objects, "kms": sorted(OF_KEYS)}


@pytest.mark.parametrize("service", ["dynamodb", "s3", "kms"])
def test_whatever_could_change_the_audit_is_denied_or_allowed_for_a_reason(reference, service):
    for name, policy in policies(service).items():
        open_to_all = {one for one in reference[service] if not denied(policy, one, ADMIN)}
        assert open_to_all == {one for one in ALLOWED if one.startswith(f"{service}:")}, name


def test_a_batch_neither_puts_nor_deletes_by_whomever_it_is_sent():
    for name, policy in policies("dynamodb").items():
        for role in ("DetectFunctionRole-1", "Administrator"):
            assert denied(policy, "dynamodb:BatchWriteItem", f"arn:aws:iam::{ACCOUNT}:role/{role}"), name


@pytest.mark.parametrize("name", TABLES)
def test_only_the_roles_that_append_may_put_a_record(name):
    """The roles are named by a pattern, and the pattern fits what CloudFormation calls them."""
    (policy,) = [one for table, one in policies("dynamodb").items() if table == name]
    roles = of_type(expanded(template(), MailFrom="alertas@mesa.example"), "AWS::IAM::Role")
    appending = {f"{one}Role" for one, of in FUNCTIONS.items() if ("dynamodb:PutItem", name) in grants(of)}
    called = {role: f"arn:aws:iam::{ACCOUNT}:role/{STACK}-{role}-1A2B3C4D5E6F" for role in roles}
    let = {role for role, arn in called.items() if not denied(policy, "dynamodb:PutItem", arn)}
    assert let == appending
    for arn in (ADMIN, f"arn:aws:iam::{ACCOUNT}:user/ana", f"arn:aws:iam::{ACCOUNT}:root"):
        assert denied(policy, "dynamodb:PutItem", arn)
    other = f"arn:aws:iam::{ACCOUNT}:role/other-{next(iter(appending))}-1A2B3C4D5E6F"
    assert denied(policy, "dynamodb:PutItem", other), "another stack's role of that name"


def test_only_the_archive_signs():
    (policy,) = policies("kms").values()
    roles = {name: f"arn:aws:iam::{ACCOUNT}:role/{STACK}-{name}Role-1A2B3C4D5E6F" for name in FUNCTIONS}
    assert [name for name, arn in roles.items() if not denied(policy, "kms:Sign", arn)] == ["ArchiveFunction"]
    assert denied(policy, "kms:Sign", ADMIN)


@pytest.mark.parametrize("name", TABLES)
def test_a_guard_names_its_own_table(name):
    table = template()["Resources"][name]["Properties"]
    for one in table["ResourcePolicy"]["PolicyDocument"]["Statement"]:
        assert one["Resource"]["Fn::Sub"].endswith(f":table/{table['TableName']['Fn::Sub']}")
        assert len(json.dumps(one)) < 20_000 / 2  # DynamoDB takes 20 KB a policy


@pytest.mark.parametrize("stack", ["pregao", "pregao-dev", "a" * 26])
def test_a_role_s_name_fits_so_nothing_of_it_is_cut(stack):
    """64 letters, 12 of them random; what is longer is cut, and a pattern would not fit any more."""
    assert max(len(f"{stack}-{name}Role-{'1' * 12}") for name in FUNCTIONS) <= 64


def test_the_trail_watches_whoever_writes_to_the_audit():
    trail = read(ROOT / "infra" / "trail.yaml")
    watched = trail["Resources"]["Trail"]["Properties"]["AdvancedEventSelectors"]
    fields = [{one["Field"]: one for one in selector["FieldSelectors"]} for selector in watched]
    assert [one["resources.type"]["Equals"] for one in fields] == [
        ["AWS::DynamoDB::Table"],
        ["AWS::S3::Object"],
    ]
    assert all(one["readOnly"]["Equals"] == ["false"] for one in fields)
    told = [place(one) for one in fields[0]["resources.ARN"]["Equals"]]
    assert told == [f"table/{name}" for name in TABLES]
    for name in ("Files", "FilesPolicy"):
        assert trail["Resources"][name]["DeletionPolicy"] == "Retain"
