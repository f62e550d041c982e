"""DynamoDB in the shapes this system uses: items as plain dicts, transactions with reasons by index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from pregao.flow.ports.refusals import Contended

Item = Mapping[str, Any]

_SERIALIZER = TypeSerializer()
_DESERIALIZER = TypeDeserializer()
_DIGITS = 30
"""DynamoDB keeps 38; what is longer, infinite or no number boto3 judges."""

# Nothing was written and the same call may succeed in a moment.
BUSY = {
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
    "TransactionConflictException",
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "TransactionInProgressException",
}


class Cancelled(Exception):
    """A transaction's conditions failed: `held` maps an action's index to the item that failed it."""

    def __init__(self, held: Mapping[int, dict[str, Any]]) -> None:
        super().__init__(f"conditions failed at {sorted(held)}")
        self.held = held


def to_item(values: Item) -> dict[str, Any]:
    """Return DynamoDB's form of a plain dict; None values are left out, floats become exact decimals."""
    return {key: _typed(value) for key, value in values.items() if value is not None}


def from_item(item: Item) -> dict[str, Any]:
    """Return a plain dict; whole numbers as int, others as float."""
    return {key: _untyped(value) for key, value in item.items()}


def put(table: str, item: Item, *, unless: str | None = "attribute_not_exists(pk)", **values: Any) -> Item:
    """Return a transaction's Put that fails where the condition does not hold."""
    return {"Put": {"TableName": table, "Item": to_item(item), **_condition(unless, values)}}


def check(table: str, key: Item, unless: str, **values: Any) -> Item:
    """Return a transaction's ConditionCheck: writes nothing, fails where the condition does not hold."""
    return {"ConditionCheck": {"TableName": table, "Key": to_item(key), **_condition(unless, values)}}


def update(table: str, key: Item, expression: str, *, only_if: str | None = None, **values: Any) -> Item:
    """Return a transaction's Update; values are named as in the expression, without the colon."""
    action = {"TableName": table, "Key": to_item(key), "UpdateExpression": expression}
    return {"Update": action | _condition(only_if, values)}


def delete(table: str, key: Item) -> Item:
    """Return a transaction's Delete; an item that is not there is fine."""
    return {"Delete": {"TableName": table, "Key": to_item(key)}}


def named(action: Item, names: Mapping[str, str]) -> Item:
    """Return an update whose expressions write reserved words (`state`, `hash`) as placeholders."""
    return {"Update": {**action["Update"], "ExpressionAttributeNames": dict(names)}}


def transact(client: Any, actions: Sequence[Item]) -> None:
    """Write all or nothing; raises Cancelled where conditions failed, Contended where the store was busy."""
    try:
        client.transact_write_items(TransactItems=list(actions))
    except ClientError as error:
        _raise_for(error)


def _raise_for(error: ClientError) -> None:
    """Read the cancellation reasons by index: a failed condition outranks a conflict elsewhere."""
    reasons = error.response.get("CancellationReasons", [])
    held = {
        index: from_item(reason.get("Item", {}))
        for index, reason in enumerate(reasons)
        if reason.get("Code") == "ConditionalCheckFailed"
    }
    if held:
        raise Cancelled(held) from error
    codes = {reason.get("Code") for reason in reasons} | {error.response["Error"]["Code"]}
    if codes & BUSY:
        raise Contended from error
    raise error


def _condition(expression: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
    clause: dict[str, Any] = {}
    if expression:
        clause["ConditionExpression"] = expression
        clause["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if values:
        clause["ExpressionAttributeValues"] = to_item({f":{name}": value for name, value in values.items()})
    return clause


def _typed(value: Any) -> dict[str, Any]:
    """Return DynamoDB's form of a value.

    As boto3 does, which takes five times as long to find out that most are texts, numbers or maps of them.
    """
    kind = type(value)
    if kind is str:
        return {"S": value}
    if kind is bool:
        return {"BOOL": value}
    if kind is dict:
        return {"M": {str(key): _typed(item) for key, item in value.items() if item is not None}}
    if kind is int or kind is float:
        text = repr(value)
        if len(text) < _DIGITS and "e" not in text and "n" not in text:
            return {"N": text}
    typed: dict[str, Any] = _SERIALIZER.serialize(_decimal(value))
    return typed


def _untyped(typed: Mapping[str, Any]) -> Any:
    """Return the value of DynamoDB's form, as boto3 does; see `_typed`."""
    ((kind, value),) = typed.items()
    if kind == "S":
        return value
    if kind == "M":
        return {key: _untyped(item) for key, item in value.items()}
    if kind == "N" and value.isdecimal():
        return int(value)
    return _plain(_DESERIALIZER.deserialize(typed))


def _decimal(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(float.__repr__(value))
    if isinstance(value, Mapping):
        return {str(key): _decimal(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_decimal(item) for item in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
