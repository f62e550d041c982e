"""What stands behind the WebSocket and the HTTP API: keeps events, answers as the request asks."""

import json
import os
import time

import boto3

TABLE = boto3.client("dynamodb")


def http(event, context):
    """Send the event back; `?answer=` is returned as it stands, `?crash=` is an error."""
    asked = event.get("queryStringParameters") or {}
    if "crash" in asked:
        raise RuntimeError("asked to")
    return json.loads(asked["answer"]) if "answer" in asked else event


def socket(event, context):
    """Keep the event by `?label=` or, later, by its connection; `?answer=` is what $connect returns."""
    asked = event.get("queryStringParameters") or {}
    keep(asked.get("label") or event["requestContext"]["connectionId"], event)
    return json.loads(asked["answer"]) if "answer" in asked else {"statusCode": 200, "body": "heard"}


def authorize(event, context):
    """Let `?who=` in, but for nobody (denied) and a stranger (unauthorized)."""
    who = event["queryStringParameters"]["who"]
    if who == "stranger":
        raise Exception("Unauthorized")  # noqa: TRY002 API Gateway knows it by this text
    keep(event["queryStringParameters"].get("label", "-") + "#authorizer", event)
    effect = "Deny" if who == "nobody" else "Allow"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {
        "principalId": who,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"operator": who, "role": "trader"},
    }


def keep(label, what):
    """Write one thing seen."""
    item = {"pk": {"S": label}, "sk": {"S": f"{time.time_ns():020d}"}, "seen": {"S": json.dumps(what)}}
    TABLE.put_item(TableName=os.environ["WITNESS"], Item=item)
