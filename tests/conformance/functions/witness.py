"""Keeps every event it is given, then answers as the messages in it ask."""

import json
import os
import time
from urllib.parse import unquote_plus

import boto3

TABLE = boto3.client("dynamodb")


def handle(event, context):
    """Keep each record under its label; one may ask for so many errors, or for what is answered."""
    found = [asked(record) for record in event["Records"]]
    for place, (label, said) in enumerate(found):
        keep(label, f"{time.time_ns():020d}#{place:04d}", event["Records"][place])
        verb, _, most = (said.get("do") or "").partition(" ")
        if verb == "raise" and times(label) <= int(most):
            raise RuntimeError("asked to")
    failed = [
        {"itemIdentifier": record["messageId"]}
        for record, (_, said) in zip(event["Records"], found, strict=True)
        if said.get("do") == "fail once" and record["attributes"]["ApproximateReceiveCount"] == "1"
    ]
    odd = [said["answer"] for _, said in found if "answer" in said]
    return odd[0] if odd else {"batchItemFailures": failed}


def asked(record):
    """Return a record's label and what it asks for."""
    if "dynamodb" in record:
        image = record["dynamodb"].get("NewImage", {})
        return record["dynamodb"]["Keys"]["pk"]["S"], {name: value.get("S") for name, value in image.items()}
    if "s3" in record:
        return unquote_plus(record["s3"]["object"]["key"]).partition(" ")[0], {}
    said = json.loads(record["body"])
    return said["label"], said


def keep(label, moment, what):
    """Write one thing seen."""
    item = {"pk": {"S": label}, "sk": {"S": moment}, "seen": {"S": json.dumps(what)}}
    TABLE.put_item(TableName=os.environ["WITNESS"], Item=item)


def times(label):
    """Count how often a failure was asked for under this label."""
    answer = TABLE.update_item(
        TableName=os.environ["WITNESS"],
        Key={"pk": {"S": f"times#{label}"}, "sk": {"S": "-"}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )
    return int(answer["Attributes"]["n"]["N"])
