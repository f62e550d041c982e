"""The shape of the functions' roles. That each right is used and none is missing, tests/functions show."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from local.stack.template import FUNCTION, of_type
from tests.cloud import template
from tests.expanded import expanded
from tests.grants import grants, listed, statements

FUNCTIONS = of_type(template(), FUNCTION)
WIDE = {
    ("FallbackFunction", "sns:Publish", "*"): "a phone number is no resource; topics are denied again",
}
"""Rights on everything, and why AWS has no narrower form of them."""
BELOW = {
    "WebSocketApi/alertas/*": "each socket is a path of its own",
    "AuditBucket/*": "an object's name holds its hash",
    "AuditBucket/table=*": "a closed day is put together from its small objects",
    "AuditBucket/closed/*": "one or more a closed day",
    "AuditBucket/digest/*": "one per hour",
    "identity/*": "a recipient's identity may be any of the account's; the sender is held by a condition",
    "StackName-bulletin-AccountId/*": "whatever B3 calls its files",
}
"""Places of which all that lies below them is meant."""

SOURCES = {"SQS": "Queue", "DynamoDB": "Stream"}
READS = {
    "SQS": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
    "DynamoDB": ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream"],
}
MANAGED = {"SQS": "AWSLambdaSQSQueueExecutionRole", "DynamoDB": "AWSLambdaDynamoDBExecutionRole"}
"""What SAM adds for an event source; each says "*"."""


@pytest.fixture(scope="module")
def roles():
    """The roles that SAM makes, by logical id."""
    cloud = expanded(template(), MailFrom="alertas@mesa.example")
    return of_type(cloud, "AWS::IAM::Role"), of_type(cloud, "AWS::Lambda::Function")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_role_is_written_out_beside_its_function(name):
    """No managed policy, no policy template, no role that two share."""
    assert "Role" not in FUNCTIONS[name]
    assert all(set(one) == {"Version", "Statement"} for one in FUNCTIONS[name]["Policies"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_right_names_its_action_and_its_place(name):
    for action, place in grants(FUNCTIONS[name]):
        assert "*" not in action
        assert "*" not in place or place in BELOW or (name, action, place) in WIDE


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_right_is_given_by_what_it_allows_not_by_what_it_leaves_out(name):
    for one in statements(FUNCTIONS[name]):
        assert one["Effect"] == "Deny" or not {"NotAction", "NotResource"} & set(one)


def test_no_exception_outlives_its_reason():
    granted = {(name, *grant) for name, one in FUNCTIONS.items() for grant in grants(one)}
    assert set(WIDE) <= granted
    assert set(BELOW) <= {place for _, _, place in granted}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_writes_its_own_log_alone(name):
    """The managed policy that SAM adds says "*"."""
    group = f"{name.removesuffix('Function')}Logs"
    (denied,) = [one for one in statements(FUNCTIONS[name]) if one["Action"] == "logs:*"]
    assert denied == {"Effect": "Deny", "Action": "logs:*", "NotResource": {"Fn::GetAtt": [group, "Arn"]}}
    assert FUNCTIONS[name]["LoggingConfig"]["LogGroup"] == {"Ref": group}


def test_a_function_reads_the_queue_or_the_streams_of_its_own_events_alone():
    for function in FUNCTIONS.values():
        events = function.get("Events", {}).values()
        for kind, source in SOURCES.items():
            own = [one["Properties"][source] for one in events if one["Type"] == kind]
            denied = [one for one in statements(function) if one["Action"] == READS[kind]]
            assert [one["Effect"] for one in denied] == ["Deny"] * bool(own)
            assert [place for one in denied for place in listed(one["NotResource"])] == own


def test_sam_makes_each_function_a_role_of_its_own_and_adds_no_more_than_is_denied_again(roles):
    made, functions = roles
    used = [one["Role"]["Fn::GetAtt"][0] for one in functions.values()]
    assert sorted(used) == sorted(f"{name}Role" for name in FUNCTIONS)
    for name, function in FUNCTIONS.items():
        role = made[f"{name}Role"]
        kinds = {one["Type"] for one in function.get("Events", {}).values()}
        expected = {"AWSLambdaBasicExecutionRole"} | {MANAGED[kind] for kind in kinds & set(MANAGED)}
        assert {one.rpartition("/")[2] for one in role["ManagedPolicyArns"]} == expected
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": ["lambda.amazonaws.com"]}


@pytest.mark.parametrize("name", ["FallbackFunction", "WatchFunction"])
@pytest.mark.parametrize("identity", ["alertas@mesa.example", "mesa.example", "ana@casa.example"])
def test_an_email_goes_to_whatever_identity_but_from_the_sender_alone(roles, name, identity):
    """SES asks for the right on the sender's identity and, in its sandbox, on each recipient's."""
    policies = roles[0][f"{name}Role"]["Policies"]
    sends = [one for policy in policies for one in policy["PolicyDocument"]["Statement"]]
    (send,) = [one for one in sends if one["Action"] == "ses:SendEmail"]
    assert send["Condition"] == {"StringEquals": {"ses:FromAddress": {"Ref": "MailFrom"}}}
    below = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:"
    allowed = [one["Fn::Sub"].replace("${MailEvents}", "mail") for one in send["Resource"]]
    for asked in (f"{below}identity/{identity}", f"{below}configuration-set/mail"):
        assert any(fnmatchcase(asked, pattern.replace("[", "[[]")) for pattern in allowed)
