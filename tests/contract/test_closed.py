"""What is true of every queue, topic, bucket and log of every template, so of the next one too."""

from __future__ import annotations

import pytest

from local.stack.template import of_type, read
from tests.cloud import ROOT

TEMPLATES = {path.name: read(path) for path in (ROOT / "template.yaml", *ROOT.glob("infra/*.yaml"))}
TEMPLATES = {name: one for name, one in TEMPLATES.items() if "AWSTemplateFormatVersion" in one}
POLICIES = {
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics"),
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket"),
}


def everything(kind):
    return [(name, logical) for name, one in TEMPLATES.items() for logical in of_type(one, kind)]


def properties(template, kind, logical):
    return of_type(TEMPLATES[template], kind)[logical]


@pytest.mark.parametrize(
    ("kind", "template", "logical"), [(kind, *one) for kind in POLICIES for one in everything(kind)]
)
def test_nobody_is_served_without_tls(kind, template, logical):
    policy_kind, named = POLICIES[kind]
    policies = [
        one for one in of_type(TEMPLATES[template], policy_kind).values() if logical in str(one[named])
    ]
    denials = [
        one
        for policy in policies
        for one in policy["PolicyDocument"]["Statement"]
        if one.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
    ]
    assert [(one["Effect"], one["Principal"]) for one in denials] == [("Deny", "*")]
    assert logical in str(denials[0]["Resource"])


@pytest.mark.parametrize(("template", "logical"), everything("AWS::Logs::LogGroup"))
def test_a_log_is_forgotten_some_day(template, logical):
    assert properties(template, "AWS::Logs::LogGroup", logical)["RetentionInDays"] == {
        "Ref": "LogRetentionDays"
    }


@pytest.mark.parametrize(("template", "logical"), everything("AWS::S3::Bucket"))
def test_a_bucket_is_closed_and_encrypted(template, logical):
    bucket = properties(template, "AWS::S3::Bucket", logical)
    assert list(bucket["PublicAccessBlockConfiguration"].values()) == [True] * 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize(("template", "logical"), everything("AWS::SQS::Queue"))
def test_a_queue_is_encrypted(template, logical):
    assert properties(template, "AWS::SQS::Queue", logical)["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize(("template", "logical"), everything("AWS::DynamoDB::Table"))
def test_a_table_is_encrypted_by_a_key_whose_use_is_recorded(template, logical):
    assert properties(template, "AWS::DynamoDB::Table", logical)["SSESpecification"] == {"SSEEnabled": True}


def test_every_stage_has_its_throttle():
    (stage,) = of_type(TEMPLATES["template.yaml"], "AWS::ApiGatewayV2::Stage").values()
    (socket,) = of_type(TEMPLATES["template.yaml"], "AWS::Serverless::WebSocketApi").values()
    for one in (stage, socket):
        assert {"ThrottlingBurstLimit", "ThrottlingRateLimit"} <= set(one["DefaultRouteSettings"])


def test_the_access_log_holds_no_token():
    """A link's path is its token, a socket's may stand in the query."""
    (stage,) = of_type(TEMPLATES["template.yaml"], "AWS::ApiGatewayV2::Stage").values()
    told = stage["AccessLogSettings"]["Format"]
    assert "$context.routeKey" in told
    assert not [one for one in ("$context.path", "querystring", "authorizer", "header") if one in told]
