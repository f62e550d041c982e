"""`pregao teardown`: what goes, what stays, and how it refuses."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from local.cli.app import app
from local.stack.account.teardown import BUCKET as PLACE
from local.stack.account.teardown import plan
from local.stack.errors import StackError
from local.stack.ministack import emulator
from local.stack.ministack.emulator import REGION
from local.stack.running import client

pytestmark = pytest.mark.emulator

ROOT = Path(__file__).resolve().parents[2]

TABLE = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
AUDIT = {
    "Type": "AWS::DynamoDB::Table",
    "DeletionPolicy": "Retain",
    "Properties": TABLE | {"TableName": "x_audit"},
}
BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    """An account of its own, empty."""
    up = emulator.start(ROOT, tmp_path_factory.mktemp("teardown"), None)
    yield partial(client, up.endpoint, REGION, up.keys)
    up.stop()


@pytest.fixture
def made(clients, request):
    """Makes a stack of these resources; returns its name."""

    def make(name="", /, **resources):
        name = name or f"t{abs(hash(request.node.name)) % 10**8}"
        body = json.dumps({"Resources": resources})
        clients("cloudformation").create_stack(StackName=name, TemplateBody=body)
        clients("cloudformation").get_waiter("stack_create_complete").wait(
            StackName=name, WaiterConfig={"Delay": 0.2}
        )
        return name

    return make


@pytest.fixture
def say(clients, monkeypatch):
    """Says `pregao teardown` in that account."""
    endpoint, region, keys = clients.args
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_DEFAULT_REGION": region,
        **keys.variables(),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it would remember another test's keys

    def said(*words):
        return CliRunner().invoke(app(["teardown"]), ["teardown", *words])

    return said


def test_the_audit_of_the_real_stack_stays(stack):
    planned = plan(stack.client("cloudformation"), "pregao")
    assert {one.logical for one in planned.stays} == {
        "AlertasAuditTable",
        "EntregaAuditTable",
        "AcaoOperadorAuditTable",
        "AuditBucket",
        "AuditBucketPolicy",
        "AccessLogsBucket",
        "AccessLogsBucketPolicy",
        "DigestKey",
    }
    assert planned.emptied == [stack.outputs["BulletinBucket"]]


def test_by_itself_it_only_shows(made, say, clients):
    name = made(Files=BUCKET, Audit=AUDIT | {"Properties": TABLE | {"TableName": "shown_audit"}})
    told = say("--stack", name)
    assert told.exit_code == 0
    assert "nothing was deleted" in told.output
    assert "Audit (AWS::DynamoDB::Table) shown_audit" in told.output
    assert clients("cloudformation").describe_stacks(StackName=name)["Stacks"]


def test_with_its_name_a_stack_goes_and_the_audit_stays(made, say, clients):
    name = made(Files=BUCKET, Audit=AUDIT)
    (bucket,) = plan(clients("cloudformation"), name).emptied
    for body in (b"old", b"new"):
        clients("s3").put_object(Bucket=bucket, Key="index.html", Body=body)
    told = say("--stack", name, "--confirm", name)
    assert told.exit_code == 0, told.output
    assert bucket not in [one["Name"] for one in clients("s3").list_buckets()["Buckets"]]
    assert "x_audit" in clients("dynamodb").list_tables()["TableNames"]


def test_another_name_deletes_nothing(made, say, clients):
    name = made(Files=BUCKET)
    told = say("--stack", name, "--confirm", "pregao")
    assert isinstance(told.exception, StackError)
    assert clients("cloudformation").describe_stacks(StackName=name)["Stacks"]


@pytest.mark.parametrize(
    "audit",
    [
        {"Type": "AWS::DynamoDB::Table", "Properties": TABLE | {"TableName": "y_audit"}},
        {"Type": "AWS::S3::Bucket", "Properties": {"ObjectLockEnabled": True}},
        {
            "Type": "AWS::KMS::Key",
            "Properties": {"KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "KeyPolicy": {}},
        },
    ],
    ids=["table", "bucket", "key"],
)
def test_an_audit_that_would_go_is_refused(made, say, audit):
    name = made(Files=BUCKET, Audit=audit)
    told = say("--stack", name, "--confirm", name)
    assert isinstance(told.exception, StackError)
    assert "would take the audit, or what guards it, with it: Audit" in str(told.exception)


def test_a_kept_bucket_keeps_its_policy(made, say, clients):
    """Without it whoever may delete objects may delete seven years of them."""
    policy = {
        "Type": "AWS::S3::BucketPolicy",
        "DeletionPolicy": "Retain",
        "Properties": {
            "Bucket": {"Ref": "Kept"},
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Deny",
                        "Principal": "*",
                        "Action": "s3:DeleteObject",
                        "Resource": {"Fn::Sub": "${Kept.Arn}/*"},
                    }
                ],
            },
        },
    }
    kept = BUCKET | {"DeletionPolicy": "Retain"}
    left = {name: value for name, value in policy.items() if name != "DeletionPolicy"}
    refused = made(Kept=kept, Policy=left)
    told = say("--stack", refused, "--confirm", refused)
    assert "would take the audit, or what guards it, with it: Policy" in str(told.exception)
    clients("cloudformation").delete_stack(StackName=refused)
    name = f"{refused}-kept"
    made(name, Kept=kept, Policy=policy)
    bucket = next(one.name for one in plan(clients("cloudformation"), name).stays if one.logical == "Kept")
    assert say("--stack", name, "--confirm", name).exit_code == 0
    assert "s3:DeleteObject" in clients("s3").get_bucket_policy(Bucket=bucket)["Policy"]


def test_a_protected_stack_is_refused(made, say, clients):
    name = made(Files=BUCKET)
    clients("cloudformation").update_termination_protection(StackName=name, EnableTerminationProtection=True)
    told = say("--stack", name, "--confirm", name)
    assert isinstance(told.exception, StackError)
    assert "is protected" in str(told.exception)


def test_no_such_stack(say):
    assert "no stack 'nowhere'" in str(say("--stack", "nowhere").exception)


def test_what_a_failed_first_deployment_left_goes_in_the_order_that_is_told(made, clients):
    """docs/DEPLOY.md, 'A first deployment that failed', command by command."""
    page = (ROOT / "docs" / "DEPLOY.md").read_text(encoding="utf-8")
    told = page.split("### A first deployment that failed")[1].split("```")[1]
    protected = AUDIT["Properties"] | {"TableName": "left_audit", "DeletionProtectionEnabled": True}
    name = made(Audit=AUDIT | {"Properties": protected}, Files=BUCKET | {"DeletionPolicy": "Retain"})
    bucket = next(one.name for one in plan(clients("cloudformation"), name).stays if one.kind == PLACE)
    arn = clients("dynamodb").describe_table(TableName="left_audit")["Table"]["TableArn"]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteBucket",
        "Resource": f"arn:aws:s3:::{bucket}",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    clients("s3").put_bucket_policy(Bucket=bucket, Policy=document)
    clients("dynamodb").put_resource_policy(ResourceArn=arn, Policy=document)
    walk = {
        "delete-stack": lambda: clients("cloudformation").delete_stack(StackName=name),
        "delete-resource-policy": lambda: clients("dynamodb").delete_resource_policy(ResourceArn=arn),
        "update-table": lambda: clients("dynamodb").update_table(
            TableName="left_audit", DeletionProtectionEnabled=False
        ),
        "delete-table": lambda: clients("dynamodb").delete_table(TableName="left_audit"),
        "delete-bucket-policy": lambda: clients("s3").delete_bucket_policy(Bucket=bucket),
        "delete-bucket": lambda: clients("s3").delete_bucket(Bucket=bucket),
    }
    steps = re.findall(r"^aws (?:cloudformation|dynamodb|s3api) ([a-z-]+)", told, flags=re.MULTILINE)
    assert list(walk) == steps
    with pytest.raises(ClientError):
        walk["delete-table"]()
    for step in steps:
        walk[step]()
    assert "left_audit" not in clients("dynamodb").list_tables()["TableNames"]
    assert bucket not in [one["Name"] for one in clients("s3").list_buckets()["Buckets"]]
