"""Counts at botocore what a bill counts: requests by service and operation, and their billable units."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from pregao.aws.clients import client
from tests.dynamo_units import Index, Item, index_units, kept_bytes, read_units, write_units

SERVICES = ("dynamodb", "sqs", "apigatewaymanagementapi", "sesv2", "secretsmanager", "s3", "kms")
SIMPLE = {
    "GetSecretValue": "secret_call",
    "GetQueueAttributes": "sqs_request",
    "GetObject": "s3_get",
    "Sign": "kms_sign",
    "GetPublicKey": "kms_sign",  # billed like a signature
}
"""Operations that are one unit of something."""
CHUNK = 64 * 1024
FRAME = 32 * 1024

Place = tuple[str, str]
"""A table and an item's key, as JSON."""


@dataclass
class Meter:
    """What was asked of AWS while it was hooked in; `peek` is a DynamoDB client that is not."""

    peek: Any
    asked: list[str] = field(default_factory=list)
    usage: Counter[str] = field(default_factory=Counter)
    queued: list[tuple[str, str]] = field(default_factory=list)
    """Queue URL and body of every message sent."""
    kept: int = 0
    """Bytes that came into audit tables and their indices, for good."""
    archived: int = 0
    """Bytes that were put into the archive."""
    paused: bool = False
    _tables: dict[str, Any] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.Lock)

    def before(self, params: Mapping[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        """Note the request, how what it writes stood before, and, paused or not, what is sent to a queue."""
        if model.name in ("SendMessage", "SendMessageBatch"):
            self.queued += [(params["QueueUrl"], body) for body in _bodies(params)]
        if self.paused:
            return
        with self._lock:
            self.asked.append(model.name)
            context["asked"] = params
            context["before"] = {place: self._item(place) for place in self._written(model.name, params)}

    def after(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        """Count the units, now that it is done."""
        if "asked" not in context:
            return
        params = context["asked"]
        with self._lock:
            match model.name:
                case "GetItem" | "Query":
                    items = self._whole(model.name, params, parsed)
                    consistent = params.get("ConsistentRead", False)
                    self.usage["dynamodb_read_unit"] += read_units(items, consistent=consistent)
                case "BatchGetItem":
                    self._read_each(params)
                case "SendMessage" | "SendMessageBatch":
                    sent = sum(len(body.encode()) for body in _bodies(params))
                    self.usage["sqs_request"] += ceil(sent / CHUNK)
                case "PostToConnection":
                    self.usage["socket_message"] += ceil(len(params["Data"]) / FRAME)
                case "SendEmail":
                    self.usage["ses_email"] += len(params["Destination"]["ToAddresses"])
                case "PutObject":
                    self.usage["s3_put"] += 1
                    self.archived += _length(params["Body"])
                case name if name in SIMPLE:
                    self.usage[SIMPLE[name]] += 1
                case _:
                    self._wrote(model.name, context["before"])

    def _whole(self, operation: str, params: Mapping[str, Any], parsed: Mapping[str, Any]) -> list[Item]:
        """Return what was read: an item is billed whole, however little of it was asked for."""
        if "ProjectionExpression" in params:
            said = params.get("KeyConditionExpression", "") + params.get("FilterExpression", "")
            names = params.get("ExpressionAttributeNames", {})
            used = {name: real for name, real in names.items() if name in said}
            left = {"ProjectionExpression", "ExpressionAttributeNames"}
            asked = {key: value for key, value in params.items() if key not in left}
            ask = self.peek.query if operation == "Query" else self.peek.get_item
            parsed = ask(**asked, **({"ExpressionAttributeNames": used} if used else {}))
        return parsed.get("Items", [parsed["Item"]] if "Item" in parsed else [])

    def _read_each(self, params: Mapping[str, Any]) -> None:
        """Count a batch's items: each by itself and whole, however little of it is wanted."""
        for table, wanted in params["RequestItems"].items():
            for key in wanted["Keys"]:
                item = self._item((table, json.dumps(key)))
                self.usage["dynamodb_read_unit"] += read_units(
                    [item] if item else [], consistent=wanted.get("ConsistentRead", False)
                )

    def _wrote(self, operation: str, before: Mapping[Place, Item | None]) -> None:
        for place, old in before.items():
            new = self._item(place)
            indices = self._keys(place[0])[1]
            units = write_units(old, new, transaction=operation == "TransactWriteItems")
            self.usage["dynamodb_write_unit"] += units + sum(index_units(one, old, new) for one in indices)
            if new and not old and place[0].endswith("_audit"):
                self.kept += kept_bytes(indices, new)

    def _written(self, operation: str, params: Mapping[str, Any]) -> list[Place]:
        match operation:
            case "TransactWriteItems":
                return [self._place(one) for action in params["TransactItems"] for one in action.values()]
            case "PutItem" | "UpdateItem" | "DeleteItem":
                return [self._place(params)]
            case "BatchWriteItem":
                written = [(table, one) for table, all_ in params["RequestItems"].items() for one in all_]
                return [
                    self._place({"TableName": table, **next(iter(one.values()))}) for table, one in written
                ]
        return []

    def _place(self, action: Mapping[str, Any]) -> Place:
        named = action.get("Key") or {key: action["Item"][key] for key in self._keys(action["TableName"])[0]}
        return action["TableName"], json.dumps(named)

    def _item(self, place: Place) -> Item | None:
        found = self.peek.get_item(TableName=place[0], Key=json.loads(place[1]), ConsistentRead=True)
        return found.get("Item")

    def _keys(self, table: str) -> tuple[list[str], list[Index]]:
        """The key of a table, and its indices."""
        if table not in self._tables:
            told = self.peek.describe_table(TableName=table)["Table"]
            keys = _key(told)
            indices = [index_of(one, keys) for one in told.get("GlobalSecondaryIndexes", [])]
            self._tables[table] = keys, indices
        return self._tables[table]


def _bodies(params: Mapping[str, Any]) -> list[str]:
    return [one["MessageBody"] for one in params.get("Entries", [params])]


def _length(body: Any) -> int:
    return len(body) if isinstance(body, bytes) else body.seek(0, 2)


def _key(told: Mapping[str, Any]) -> list[str]:
    return [key["AttributeName"] for key in told["KeySchema"]]


def index_of(told: Mapping[str, Any], table_key: list[str]) -> Index:
    """Return an index as a table's description or the template tells it."""
    keys, projection = _key(told), told["Projection"]
    if projection["ProjectionType"] == "ALL":
        return Index(keys)
    return Index(keys, frozenset([*table_key, *keys, *projection.get("NonKeyAttributes", [])]))


@contextmanager
def metered(peek: Any) -> Iterator[Meter]:
    """Hook a meter into the clients that the functions share."""
    meter = Meter(peek)
    hooks = {"before-parameter-build": meter.before, "after-call": meter.after}
    for service in SERVICES:
        for event, hook in hooks.items():
            client(service).meta.events.register(event, hook, unique_id=f"meter-{event}")
    try:
        yield meter
    finally:
        for service in SERVICES:
            for event in hooks:
                client(service).meta.events.unregister(event, unique_id=f"meter-{event}")
