"""What template.yaml promises about functions, queues and tables."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from local.stack.template import FUNCTION, LAYER, of_type, read
from pregao.aws.tables.market import bridge_book, feed_book
from pregao.domain.audit.chain import ChainName
from pregao.domain.audit.closed_days import PREFIX as CLOSED
from pregao.domain.audit.records import ACCESS, ACCESSES
from tests import grants as roles
from tests.cloud import AUDIT, ROOT, template
from tests.expanded import expanded
from tests.grants import listed

FUNCTIONS = of_type(template(), FUNCTION)
QUEUES = of_type(template(), "AWS::SQS::Queue")
TABLES = of_type(template(), "AWS::DynamoDB::Table")
AUDITS = {name: one for name, one in TABLES.items() if name.endswith("AuditTable")}
CHANGES = {"UpdateItem", "DeleteItem", "BatchWriteItem", "PartiQLUpdate", "PartiQLDelete", "*"}
INDICES = {
    "alertas_audit": {"by_time", "by_instrument", "by_pattern"},
    "entrega_audit": {"by_alert", "by_channel", "by_status"},
    "acao_operador_audit": {"by_alert", "by_operator", "by_time"},
}


def statements(function):
    """Its role's, but the one on logs that all have (test_roles.py)."""
    return [one for one in roles.statements(FUNCTIONS[function]) if "Resource" in one]


def consumers():
    """Every (function, event properties) that reads a queue."""
    for name, one in FUNCTIONS.items():
        for event in one.get("Events", {}).values():
            if event["Type"] == "SQS":
                yield name, event["Properties"]


def table_name(properties):
    return properties["TableName"]["Fn::Sub"].removeprefix("${TablePrefix}")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_a_folder_with_handler_and_sample(name):
    """The same word runs through the shaft: XFunction, functions/x, <stack>-x."""
    folder = ROOT / FUNCTIONS[name]["CodeUri"]
    assert name == f"{folder.name.capitalize()}Function"
    assert FUNCTIONS[name]["FunctionName"] == {"Fn::Sub": f"${{AWS::StackName}}-{folder.name}"}
    assert (folder / "handler.py").is_file()
    assert (folder / "event.json").is_file()


def test_every_folder_of_functions_is_deployed():
    deployed = {Path(one["CodeUri"]).name for one in FUNCTIONS.values()}
    assert deployed == {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}


def test_only_detect_and_calibrate_carry_numpy():
    carriers = [name for name, one in FUNCTIONS.items() if {"Ref": "NumericLayer"} in one.get("Layers", [])]
    assert carriers == ["DetectFunction", "CalibrateFunction"]
    asks = [name for name, one in FUNCTIONS.items() if {"Ref": "SqlLayer"} in one.get("Layers", [])]
    assert asks == ["ComplianceFunction"]
    phones = [name for name, one in FUNCTIONS.items() if {"Ref": "PhoneLayer"} in one.get("Layers", [])]
    assert phones == ["FallbackFunction"]
    everybody = template()["Globals"]["Function"]["Layers"]
    assert everybody == [{"Ref": "PregaoLayer"}, {"Ref": "VendorLayer"}]


def test_layers_are_for_the_runtime_of_the_functions():
    runtime = template()["Globals"]["Function"]["Runtime"]
    assert {tuple(one["CompatibleRuntimes"]) for one in of_type(template(), LAYER).values()} == {(runtime,)}


def test_the_three_audit_tables_have_their_nine_indices():
    found = {
        table_name(one): {index["IndexName"] for index in one["GlobalSecondaryIndexes"]}
        for one in AUDITS.values()
    }
    assert found == INDICES
    assert set(found) == set(AUDIT.values())


@pytest.mark.parametrize("name", AUDITS)
def test_an_audit_table_is_kept(name):
    """No TTL, no deletion by mistake, and the stack's end is not its end."""
    assert "TimeToLiveSpecification" not in AUDITS[name]
    assert AUDITS[name]["DeletionProtectionEnabled"] is True
    assert AUDITS[name]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    resource = template()["Resources"][name]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")


@pytest.mark.parametrize("name", AUDITS)
def test_whatever_happens_to_a_record_is_in_the_stream_that_the_archive_reads(name):
    assert AUDITS[name]["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    streams = [
        one["Properties"]["Stream"]["Fn::GetAtt"][0]
        for one in FUNCTIONS["ArchiveFunction"]["Events"].values()
        if one["Type"] == "DynamoDB"
    ]
    assert sorted(streams) == sorted(AUDITS)
    alarm = template()["Resources"]["AuditTamperedAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == (
        {"Ref": "AWS::StackName"},
        "AuditTampered",
        0,
    )


def test_nothing_is_traced_unless_asked_for():
    """By SAM's own word for none: no function gets a mode of its own and no role a right for it."""
    traced = template()["Parameters"]["Tracing"]
    assert (traced["Default"], traced["AllowedValues"]) == ("Disabled", ["Active", "Disabled"])
    assert template()["Globals"]["Function"]["Tracing"] == {"Ref": "Tracing"}


def test_the_audit_bucket_is_locked_versioned_encrypted_closed_and_kept():
    resource = template()["Resources"]["AuditBucket"]
    bucket = resource["Properties"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert bucket["ObjectLockEnabled"] is True
    retention = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert retention == {"Mode": {"Ref": "RetentionMode"}, "Years": {"Ref": "RetentionYears"}}
    parameters = template()["Parameters"]
    assert (parameters["RetentionMode"]["Default"], parameters["RetentionYears"]["Default"]) == (
        "COMPLIANCE",
        7,
    )
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["Prefix"] == CLOSED  # S3 moves no object under 128 KB: not a batch's, which has two
    assert not [name for name in rule if "Expiration" in name]


def test_the_audit_bucket_s_policy_denies_everybody():
    document = template()["Resources"]["AuditBucketPolicy"]["Properties"]["PolicyDocument"]
    rules = {one["Sid"]: one for one in document["Statement"]}
    assert all((one["Effect"], one["Principal"]) == ("Deny", "*") for one in rules.values())
    assert rules["OnlyByTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion"} <= set(rules["NobodyDeletes"]["Action"])
    assert rules["OnceUnderAName"]["Condition"] == {"Null": {"s3:if-none-match": "true"}}


def test_only_the_archive_signs_and_writes_there():
    for name in FUNCTIONS:
        verbs = {action for one in statements(name) for action in listed(one["Action"])}
        mine = {one for one in verbs if one.startswith(("kms:", "s3:"))}
        expected = {
            "ArchiveFunction": {"kms:Sign", "kms:GetPublicKey", "s3:PutObject", "s3:GetObject"},
            "BulletinFunction": {"s3:GetObject"},  # of its own bucket, see below
            "ComplianceFunction": {"s3:GetObject", "s3:ListBucket"},
        }
        assert mine == expected.get(name, set())


def test_the_bulletin_bucket_is_closed_and_forgets_and_its_function_reads_there_alone():
    bucket = template()["Resources"]["BulletinBucket"]["Properties"]
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["Prefix"], rule["ExpirationInDays"]) == ("Enabled", "", 90)
    (tls,) = template()["Resources"]["BulletinBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (tls["Effect"], tls["Principal"], tls["Action"]) == ("Deny", "*", "s3:*")
    (read,) = [one for one in statements("BulletinFunction") if one["Action"] == "s3:GetObject"]
    assert read["Resource"]["Fn::Sub"] == f"arn:${{AWS::Partition}}:s3:::{bucket['BucketName']['Fn::Sub']}/*"


def test_the_bulletin_bucket_closes_no_circle():
    """It tells the function, so nothing of the function may need it; SAM would say so at deployment."""
    assert "BulletinBucket" not in str(
        {
            name: value
            for name, value in FUNCTIONS["BulletinFunction"].items()
            if name in ("Policies", "Environment")
        }
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_may_change_or_remove_what_was_audited(name):
    for one in statements(name):
        targets = listed(one["Resource"])
        if targets == ["*"] or any({"Fn::GetAtt": [audit, "Arn"]} in targets for audit in AUDITS):
            verbs = {action.split(":")[-1] for action in listed(one["Action"])}
            assert not verbs & CHANGES, one


def test_an_sms_goes_to_phones_not_to_topics():
    """Only fallback sends; what "*" lets in besides phones is denied."""
    sending = {
        name: [one for one in statements(name) if one["Action"] == "sns:Publish"] for name in FUNCTIONS
    }
    allowed, denied = sending.pop("FallbackFunction")
    assert (allowed["Effect"], denied["Effect"]) == ("Allow", "Deny")
    assert denied["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}
    assert not any(sending.values())


@pytest.mark.parametrize("name", ["FallbackFunction", "WatchFunction"])
def test_who_sends_email_does_so_under_the_configuration_set_that_reports(name):
    assert FUNCTIONS[name]["Environment"]["Variables"]["PREGAO_MAIL_EVENTS"] == {"Ref": "MailEvents"}
    (send,) = [one for one in statements(name) if one["Action"] == "ses:SendEmail"]
    assert "configuration-set/${MailEvents}" in str(send["Resource"])


def test_what_ses_reports_reaches_the_feedback_queue_as_it_is():
    (destination,) = of_type(template(), "AWS::SES::ConfigurationSetEventDestination").values()
    assert destination["EventDestination"]["SnsDestination"] == {"TopicARN": {"Ref": "MailEventsTopic"}}
    kinds = {"bounce", "complaint", "delivery", "reject", "deliveryDelay"}
    assert set(destination["EventDestination"]["MatchingEventTypes"]) == kinds
    (subscription,) = of_type(template(), "AWS::SNS::Subscription").values()
    assert subscription["Endpoint"] == {"Fn::GetAtt": ["FeedbackQueue", "Arn"]}
    assert subscription["RawMessageDelivery"] is True
    assert subscription["RedrivePolicy"]["deadLetterTargetArn"] == {
        "Fn::GetAtt": ["FeedbackDeadLetters", "Arn"]
    }
    for queue in ("FeedbackQueue", "FeedbackDeadLetters"):
        document = template()["Resources"][f"{queue}Policy"]["Properties"]["PolicyDocument"]
        (allowed,) = [one for one in document["Statement"] if one["Effect"] == "Allow"]
        assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "MailEventsTopic"}}}


def test_a_queue_waits_six_times_as_long_as_its_consumer_may_take():
    """AWS's advice: with a shorter visibility a throttled batch comes back while it is being worked on.

    With a MaximumConcurrency Lambda takes no more batches than the function serves, and twice is enough.
    """
    for function, event in consumers():
        queue = QUEUES[event["Queue"]["Fn::GetAtt"][0]]
        times = 2 if "ScalingConfig" in event else 6
        assert queue["VisibilityTimeout"] >= times * FUNCTIONS[function]["Timeout"]


def test_no_operator_waits_in_a_batch_behind_the_service_of_another():
    """A batch is served in turn, and a service may hang for seconds for each of its timers."""
    (event,) = [one for function, one in consumers() if function == "FallbackFunction"]
    assert event["BatchSize"] == 1
    assert event["ScalingConfig"]["MaximumConcurrency"] > 2


def test_what_a_schedule_calls_is_not_called_again_when_it_fails():
    """The next round does it: a retry would only run beside it."""
    scheduled = {
        name
        for name, one in FUNCTIONS.items()
        if any(event["Type"] == "Schedule" for event in one.get("Events", {}).values())
    }
    assert scheduled == {"WatchFunction", "ArchiveFunction", "CalibrateFunction"}
    for name in scheduled:
        assert FUNCTIONS[name]["EventInvokeConfig"]["MaximumRetryAttempts"] == 0


def failing(place):
    """Where an event source or an invocation without an answer sends what was given up."""
    return place.get("DestinationConfig", {}).get("OnFailure")


def test_what_nobody_waits_for_leaves_a_letter_when_it_is_given_up():
    """Streams, schedules, whatever Lambda invokes without an answer: all into one queue."""
    letters = {"Type": "SQS", "Destination": {"Fn::GetAtt": ["MissedDeadLetters", "Arn"]}}
    watched = set()
    for name, one in FUNCTIONS.items():
        for event, told in one.get("Events", {}).items():
            if told["Type"] == "DynamoDB":
                assert failing(told["Properties"]) == letters, (name, event)
            elif told["Type"] in {"Schedule", "S3"}:
                assert failing(one["EventInvokeConfig"]) == letters, (name, event)
            if told["Type"] == "Schedule":
                given_up = told["Properties"]["DeadLetterConfig"]
                assert given_up == {"Arn": letters["Destination"]}
                # a round that comes when the next one is due is of no use
                age = told["Properties"]["RetryPolicy"]["MaximumEventAgeInSeconds"]
                assert age == one["EventInvokeConfig"]["MaximumEventAgeInSeconds"]
            watched |= {(name, told["Type"])} if told["Type"] != "SQS" else set()
    assert {kind for _, kind in watched} == {"DynamoDB", "Schedule", "S3"}


def test_only_the_stacks_own_schedules_put_letters_there():
    """Lambda writes by the function's role; EventBridge by the queue's policy, which names each rule."""
    document = template()["Resources"]["MissedDeadLettersPolicy"]["Properties"]["PolicyDocument"]
    (allowed,) = [one for one in document["Statement"] if one["Effect"] == "Allow"]
    rules = {one["Fn::GetAtt"][0] for one in allowed["Condition"]["ArnEquals"]["aws:SourceArn"]}
    cloud = of_type(expanded(template(), MailFrom="alertas@mesa.example"), "AWS::Events::Rule")
    assert rules == set(cloud)
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    for rule in cloud.values():
        (target,) = rule["Targets"]
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["MissedDeadLetters", "Arn"]}}


TOLD = {
    "requestTime",
    "requestId",
    "extendedRequestId",
    "identity.sourceIp",
    "identity.caller",
    "routeKey",
    "eventType",
    "status",
    "connectionId",
    "authorizer.principalId",
    "authorizer.status",
    "integrationStatus",
    "integrationLatency",
    "responseLatency",
    "error.message",
}
"""What an access log may name of a request: none of it holds a token, a body or a query string."""


def test_an_access_log_is_json_and_names_nothing_that_could_hold_a_token():
    socket = template()["Resources"]["WebSocketApi"]["Properties"]["AccessLogSettings"]["Fn::If"]
    assert (socket[0], socket[2]) == ("LogsSockets", {"Ref": "AWS::NoValue"})
    http = template()["Resources"]["HttpStage"]["Properties"]["AccessLogSettings"]
    for settings in (socket[1], http):
        line = settings["Format"]
        assert "\n" not in line
        named = re.findall(r"\$([\w.]+)", line)
        assert {one.partition(".")[2] for one in named} <= TOLD
        assert all(one.startswith("context.") for one in named)
        json.loads(re.sub(r"\$[\w.]+", "1", line))
        (logs, _) = settings["DestinationArn"]["Fn::GetAtt"]
        assert template()["Resources"][logs]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_sockets_access_log_is_off_unless_asked_for():
    """A stage is refused where the account has no role to log by, so nobody gets it unasked."""
    assert template()["Parameters"]["SocketAccessLog"]["Default"] == "false"
    cloud = expanded(template(), MailFrom="alertas@mesa.example")
    assert cloud["Conditions"]["LogsSockets"] == {"Fn::Equals": [{"Ref": "SocketAccessLog"}, "true"]}
    stage = cloud["Resources"]["WebSocketApialertasStage"]["Properties"]
    assert stage["AccessLogSettings"]["Fn::If"][0] == "LogsSockets"


def test_the_account_s_log_role_stays_when_its_stack_goes():
    """Other systems' APIs may log by it by then."""
    told = read(ROOT / "infra" / "apilogs.yaml")["Resources"]
    assert all(one["DeletionPolicy"] == "Retain" for one in told.values())
    assert of_type({"Resources": told}, "AWS::ApiGateway::Account") == {
        "Account": {"CloudWatchRoleArn": {"Fn::GetAtt": ["LogRole", "Arn"]}}
    }


def test_every_consumer_fails_by_the_message_and_every_queue_has_dead_letters():
    read = set()
    for _, event in consumers():
        assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        queue = event["Queue"]["Fn::GetAtt"][0]
        grave = QUEUES[queue]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
        assert QUEUES[grave]["MessageRetentionPeriod"] == 14 * 86_400
        read.add(queue)
    assert read == {"AlertQueue", "FallbackQueue", "FeedbackQueue"}


def test_candles_want_a_signature_a_link_or_a_token_is_its_own_right():
    routes = {
        one["RouteKey"]: one["AuthorizationType"]
        for one in of_type(template(), "AWS::ApiGatewayV2::Route").values()
    }
    assert routes == {
        "POST /candles": "AWS_IAM",
        "POST /heartbeats": "AWS_IAM",
        "POST /quotes": "AWS_IAM",
        "GET /health": "NONE",
        "GET /metrics": "NONE",
        "GET /act/{token}": "NONE",
        "POST /act/{token}": "NONE",
        "POST /api/alerts/{id}/decision": "NONE",
        "GET /api/levels": "NONE",
        "POST /api/levels": "NONE",
        "PATCH /api/levels/{id}": "NONE",
        "DELETE /api/levels/{id}": "NONE",
        "GET /api/push": "NONE",
        "POST /api/push": "NONE",
        "DELETE /api/push/{key}": "NONE",
        "GET /api/desk": "NONE",
        "GET /api/candles": "NONE",
        "GET /api/alerts": "NONE",
        "GET /api/alerts/{id}": "NONE",
        "GET /api/ledger": "NONE",
        "GET /api/health": "NONE",
        "GET /api/compliance/{question}": "NONE",
    }


def test_a_bridge_may_post_candles_heartbeats_and_quotes_and_nothing_else():
    policy = template()["Resources"]["BridgePolicy"]["Properties"]["PolicyDocument"]
    (statement,) = policy["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "execute-api:Invoke")
    assert [one["Fn::Sub"].split("${HttpApi}")[1] for one in statement["Resource"]] == [
        "/*/POST/candles",
        "/*/POST/heartbeats",
        "/*/POST/quotes",
    ]


def test_a_heartbeat_is_put_under_its_own_key_and_nowhere_else():
    """And whom a bridge's name belongs to under that key's."""
    allowed = {one["Action"]: one["Condition"] for one in statements("HeartbeatFunction")}
    keys = [feed_book.PARTITION, bridge_book.PARTITION]
    assert allowed == {"dynamodb:UpdateItem": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": keys}}}


def test_only_a_signed_request_reaches_what_asks_who_signed():
    """Without a signer nothing is bound and nothing refused: no route may call these functions so."""
    routes = of_type(template(), "AWS::ApiGatewayV2::Route").values()
    authorized = {one["RouteKey"]: one.get("AuthorizationType") for one in routes}
    signed = {authorized[f"POST /{name}"] for name in ("candles", "heartbeats", "quotes")}
    assert signed == {"AWS_IAM"}


def test_a_silent_feed_has_an_alarm_that_is_lit_until_it_is_back():
    alarm = template()["Resources"]["FeedSilentAlarm"]["Properties"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Threshold"]) == (
        {"Ref": "AWS::StackName"},
        "FeedsSilent",
        0,
    )
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "watch"}]


def test_the_socket_asks_the_authorizer_and_names_no_identity_source():
    """AWS wants every identity source that is listed; a token may come in either of two places."""
    (socket,) = of_type(template(), "AWS::Serverless::WebSocketApi").values()
    assert socket["Auth"] == {
        "AuthType": "CUSTOM",
        "AuthArn": {"Ref": "AuthorizeFunction.Alias"},
    }
    assert {"$connect", "$disconnect", "$default"} < set(socket["Routes"])


def test_the_functions_addresses_are_the_region_s_own():
    """Whatever names an address of AWS takes its region from where the stack stands."""
    assert not re.search(r"(sa-east|us-east|us-west|eu-west)-\d", json.dumps(template()["Resources"]))
    addresses = re.findall(r"(?:https|wss)://[^\"]+", json.dumps(template()))
    named = {one for one in addresses if "execute-api" in one}
    assert len(named) >= 3
    assert all(".execute-api.${AWS::Region}.${AWS::URLSuffix}" in one for one in named)


def test_replay_is_off_unless_asked_for():
    assert template()["Parameters"]["AllowReplay"]["Default"] == "false"


def test_what_is_open_to_the_network_cannot_take_the_candles_share():
    """Each open route has a bound of its own, and so have quotes; candles share the stage's."""
    stage = template()["Resources"]["HttpStage"]
    shared = stage["Properties"]["DefaultRouteSettings"]["ThrottlingRateLimit"]
    bounds = stage["Properties"]["RouteSettings"]
    routes = {
        name: one["RouteKey"]
        for name, one in of_type(template(), "AWS::ApiGatewayV2::Route").items()
        if one["AuthorizationType"] == "NONE" or one["RouteKey"] == "POST /quotes"
    }
    assert set(bounds) == set(routes.values())
    assert set(stage["DependsOn"]) == set(routes)
    assert all(one["ThrottlingRateLimit"] < shared for one in bounds.values())


def test_concurrency_is_set_aside_for_the_alert_s_way_where_it_is_asked_for():
    reserved = {name for name, one in FUNCTIONS.items() if "ReservedConcurrentExecutions" in one}
    assert reserved == {"DetectFunction", "DeliverFunction"}
    assert template()["Parameters"]["ReservedConcurrency"]["Default"] == 0


def test_the_officers_page_may_append_to_the_chain_of_looks_alone():
    """By the transformed template: its puts name the partitions; nothing is changed or deleted."""
    cloud = expanded(template(), MailFrom="alertas@mesa.example")
    role = cloud["Resources"]["ComplianceFunctionRole"]["Properties"]
    allowed = [one for one in role["Policies"][0]["PolicyDocument"]["Statement"] if one["Effect"] == "Allow"]
    writes = {
        (action, roles.place(one["Resource"])): one["Condition"]["ForAllValues:StringLike"]
        for one in allowed
        for action in roles.listed(one["Action"])
        if action.startswith("dynamodb:") and action not in {"dynamodb:Query", "dynamodb:GetItem"}
    }
    chain = str(ChainName(ACCESSES, "*", ACCESS))
    lists = {"dynamodb:LeadingKeys": ["CHAINS#acao_operador_audit#*"]}
    assert writes == {
        ("dynamodb:PutItem", "AcaoOperadorAuditTable"): {"dynamodb:LeadingKeys": [chain]},
        ("dynamodb:PutItem", "AdmissionTable"): lists,
        ("dynamodb:ConditionCheckItem", "AdmissionTable"): lists,
    }
    asked = {action for one in allowed for action in roles.listed(one["Action"])}
    assert not [
        one for one in asked if one.startswith(("s3:Put", "s3:Delete", "kms:", "execute-api:", "sqs:"))
    ]


def test_an_officers_policy_reads_and_writes_nothing():
    document = template()["Resources"]["OfficerPolicy"]["Properties"]["PolicyDocument"]
    actions = {action for one in document["Statement"] for action in roles.listed(one["Action"])}
    assert all(one.split(":")[1].startswith(("Get", "List", "Query", "Scan", "Describe")) for one in actions)
    assert {one["Effect"] for one in document["Statement"]} == {"Allow"}
    assert "secretsmanager:GetSecretValue" not in actions
