"""CloudFormation: what a template asks for is there when read back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from local.stack.template import read
from tests.conformance.naming import a_name, the_tags
from tests.conformance.refusals import code
from tests.conformance.stand import create_stack, template

PLAIN = read(Path(__file__).with_name("plain.yaml"))


@pytest.fixture(scope="module")
def formation(target):
    return target.client("cloudformation")


@pytest.fixture(scope="module")
def deploy(make, target, formation):
    """Deploy one resource of plain.yaml; gives what its Ref is."""
    made = {}

    def only(logical):
        if logical not in made:
            one = PLAIN | {name: {logical: PLAIN[name][logical]} for name in ("Resources", "Outputs")}
            stack = create_stack(formation, a_name(), one, the_tags(), make.removals, target.patience * 3)
            made[logical] = stack["Outputs"][0]["OutputValue"]
        return made[logical]

    return only


def test_a_tables_time_to_live_is_set(deploy, target):
    """TimeToLiveSpecification of a table in a template enables it.

    Source: AWS CloudFormation User Guide, AWS::DynamoDB::Table.
    """
    found = target.client("dynamodb").describe_time_to_live(TableName=deploy("Table"))
    assert found["TimeToLiveDescription"]["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}


def test_a_tables_recovery_is_set(deploy, target):
    """PointInTimeRecoverySpecification of a table in a template enables it.

    Source: AWS CloudFormation User Guide, AWS::DynamoDB::Table.
    """
    found = target.client("dynamodb").describe_continuous_backups(TableName=deploy("Table"))
    recovery = found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_tables_stream_is_set(deploy, target):
    """StreamSpecification of a table in a template gives it a stream of that view.

    Source: AWS CloudFormation User Guide, AWS::DynamoDB::Table.
    """
    table = target.client("dynamodb").describe_table(TableName=deploy("Table"))["Table"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}


def test_a_tables_policy_is_set(deploy, target):
    """ResourcePolicy of a table in a template is the table's policy.

    Source: AWS CloudFormation User Guide, AWS::DynamoDB::Table.
    """
    dynamo = target.client("dynamodb")
    arn = dynamo.describe_table(TableName=deploy("Table"))["Table"]["TableArn"]
    policy = json.loads(dynamo.get_resource_policy(ResourceArn=arn)["Policy"])
    assert [one["Action"] for one in policy["Statement"]] == ["dynamodb:PartiQLDelete"]


def test_a_buckets_lock_is_set(deploy, target):
    """ObjectLockConfiguration of a bucket in a template is its default retention.

    Source: AWS CloudFormation User Guide, AWS::S3::Bucket.
    """
    s3, wanted = target.client("s3"), PLAIN["Resources"]["Bucket"]["Properties"]["ObjectLockConfiguration"]
    found = s3.get_object_lock_configuration(Bucket=deploy("Bucket"))["ObjectLockConfiguration"]
    assert found == wanted


def test_a_buckets_versions_are_set(deploy, target):
    """VersioningConfiguration of a bucket in a template enables versioning.

    Source: AWS CloudFormation User Guide, AWS::S3::Bucket.
    """
    assert target.client("s3").get_bucket_versioning(Bucket=deploy("Bucket"))["Status"] == "Enabled"


def test_a_buckets_lifecycle_is_set(deploy, target):
    """LifecycleConfiguration of a bucket in a template is the bucket's.

    Source: AWS CloudFormation User Guide, AWS::S3::Bucket.
    """
    found = target.client("s3").get_bucket_lifecycle_configuration(Bucket=deploy("Bucket"))["Rules"]
    assert [(one["ID"], one["Transitions"]) for one in found] == [
        ("cold", [{"Days": 90, "StorageClass": "GLACIER_IR"}])
    ]


def test_a_bucket_is_closed_to_the_public(deploy, target):
    """PublicAccessBlockConfiguration of a bucket in a template is the bucket's.

    Source: AWS CloudFormation User Guide, AWS::S3::Bucket.
    """
    found = target.client("s3").get_public_access_block(Bucket=deploy("Bucket"))
    assert set(found["PublicAccessBlockConfiguration"].values()) == {True}


def test_an_api_of_a_document_has_its_routes(deploy, target):
    """An HTTP API whose Body is an OpenAPI document has the document's routes.

    Source: AWS CloudFormation User Guide, AWS::ApiGatewayV2::Api.
    """
    routes = target.client("apigatewayv2").get_routes(ApiId=deploy("Described"))["Items"]
    assert [one["RouteKey"] for one in routes] == ["POST /candles"]


def test_a_template_that_is_wrong_makes_nothing(formation, make):
    """A template that refers to a resource it does not have is refused, and no stack is made.

    Source: AWS CloudFormation API Reference, CreateStack (ValidationError).
    """
    name = a_name()
    make.removals.callback(formation.delete_stack, StackName=name)
    wrong = {"Resources": PLAIN["Resources"], "Outputs": {"Table": {"Value": {"Ref": "Nobody"}}}}
    asked = {"StackName": name, "TemplateBody": json.dumps(wrong)}
    assert code(formation.create_stack, **asked) == "ValidationError"


def test_serverless_resources_become_plain_ones(formation, target):
    """The transform AWS::Serverless makes functions with roles, event sources and permissions of a short
    template.

    Source: AWS SAM Developer Guide, AWS SAM template anatomy (sam-specification-template-anatomy).
    """
    found = formation.describe_stack_resources(StackName=target.stand.name)["StackResources"]
    types = [one["ResourceType"] for one in found]
    functions = [
        one for one in template()["Resources"].values() if one["Type"] == "AWS::Serverless::Function"
    ]
    assert types.count("AWS::Lambda::Function") == types.count("AWS::IAM::Role") == len(functions)
    assert types.count("AWS::Lambda::EventSourceMapping") == 2
    assert not [one for one in types if one.startswith("AWS::Serverless::")]


def test_a_change_is_told_before_it_is_made(formation, target, make):
    """A change set tells what would change and changes nothing until it is executed.

    Source: AWS CloudFormation User Guide, Update stacks using change sets
    (using-cfn-updating-stacks-changesets).
    """
    body = template()
    body["Resources"]["Queue"]["Properties"]["VisibilityTimeout"] = 9
    named = {"StackName": target.stand.name, "ChangeSetName": a_name()}
    capable = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    formation.create_change_set(**named, TemplateBody=json.dumps(body), Capabilities=capable)
    make.removals.callback(formation.delete_change_set, **named)

    def told():
        found = formation.describe_change_set(**named)
        return found["Status"] == "CREATE_COMPLETE" and found["Changes"]

    changed = {
        one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"] for one in target.eventually(told)
    }
    assert changed["Queue"]["Action"] == "Modify"
    assert "Witness" not in changed
    queue = {"QueueUrl": target.stand.outputs["Queue"], "AttributeNames": ["VisibilityTimeout"]}
    attributes = target.client("sqs").get_queue_attributes(**queue)["Attributes"]
    assert attributes["VisibilityTimeout"] == "3"
