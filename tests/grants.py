"""Roles as template.yaml grants them, and what a handler really asked of AWS, in the same words.

A grant is an action on a place: a resource by its logical id, with the path below it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

Grant = tuple[str, str]
"""`("dynamodb:PutItem", "AdmissionTable")`; a granted place may end in `*`."""

ITEMS = ("GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem")
PARTS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}
"""A transaction needs no right of its own, but that of each of its parts."""
NAMED = {
    "SendMessage": ("sqs", "QueueUrl"),
    "SendMessageBatch": ("sqs", "QueueUrl"),
    "GetQueueAttributes": ("sqs", "QueueUrl"),
    "GetSecretValue": ("secretsmanager", "SecretId"),
    "Sign": ("kms", "KeyId"),
    "GetPublicKey": ("kms", "KeyId"),
}
"""Operations by service and the parameter that names the resource."""
ANYWHERE = {
    "PostToConnection": [("execute-api:ManageConnections", "WebSocketApi/alertas/*")],
    # judged against the configuration set, the sender's identity and those of the account's recipients
    "SendEmail": [("ses:SendEmail", one) for one in ("configuration-set/MailEvents", "identity/*")],
}
"""Operations whose place stands in no parameter."""
USED: defaultdict[str, set[Grant]] = defaultdict(set)
"""What each function asked for since this process began."""


def listed(value: Any) -> list[Any]:
    """One or many, as a policy may write it, as many."""
    return value if isinstance(value, list) else [value]


def statements(function: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every statement of a function's role, by the function's properties."""
    return [one for policy in function.get("Policies", []) for one in policy["Statement"]]


def grants(function: Mapping[str, Any]) -> set[Grant]:
    """What the role allows, action by action and place by place."""
    return {
        (action, place(resource))
        for one in statements(function)
        if one["Effect"] == "Allow"
        for action in listed(one["Action"])
        for resource in listed(one["Resource"])
    }


def place(resource: Any) -> str:
    """Return a policy's resource by logical id: `${Table.Arn}/index/x` is `Table/index/x`."""
    match resource:
        case {"Fn::GetAtt": [str(name), _]} | {"Ref": str(name)}:
            return name
        case {"Fn::Sub": [str(text), _]} | {"Fn::Sub": str(text)} | str(text):
            plain = text.replace("${AWS::", "${")
            return re.sub(r"\$\{(\w+)(?:\.\w+)?\}", r"\1", plain).split(":")[-1]
    raise AssertionError(f"a policy names {resource} in a way this test cannot read")


def covers(granted: Grant, asked: Grant) -> bool:
    """Whether what was asked falls under a grant."""
    return granted[0] == asked[0] and fnmatchcase(asked[1], granted[1])


def asks(operation: str, params: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Grant]:
    """What a request needs; `names` are logical ids by physical name. Raises KeyError for unknown ones."""
    match operation:
        case "TransactWriteItems":
            for part in params["TransactItems"]:
                yield from (
                    (f"dynamodb:{PARTS[verb]}", names[one["TableName"]]) for verb, one in part.items()
                )
        case "BatchWriteItem" | "BatchGetItem":
            yield from ((f"dynamodb:{operation}", names[table]) for table in params["RequestItems"])
        case _ if operation in ITEMS:
            yield f"dynamodb:{operation}", names[params["TableName"]] + _index(params)
        case "PutObject" | "GetObject":
            yield f"s3:{operation}", f"{names[params['Bucket']]}/{params['Key']}"
        case "ListObjectsV2":
            yield "s3:ListBucket", names[params["Bucket"]]
        case "Publish":
            yield "sns:Publish", params.get("TopicArn", "*")  # a phone number is no place
        case _ if operation in ANYWHERE:
            yield from ANYWHERE[operation]
        case _:
            service, named = NAMED[operation]
            yield f"{service}:{operation.removesuffix('Batch')}", names[params[named]]


def _index(params: Mapping[str, Any]) -> str:
    return f"/index/{params['IndexName']}" if "IndexName" in params else ""


@contextmanager
def overheard(names: Mapping[str, str], own: Sequence[Any]) -> Iterator[set[Grant]]:
    """What is asked of AWS inside the block, but by the test's `own` clients."""
    heard: set[Grant] = set()
    ask = BaseClient._make_api_call

    def noting(client: Any, operation: str, params: Mapping[str, Any]) -> Any:
        if not any(client is one for one in own):
            heard.update(asks(operation, params, names))
        return ask(client, operation, params)

    with patch.object(BaseClient, "_make_api_call", noting):
        yield heard
