"""moto, one call after the other: the functions call side by side, and its tables do not stand that.

A transaction copies its tables first; a put of another thread meanwhile fails it with a RuntimeError.

Three of its ways take most of a test's time, and are shortened here. A transaction copies its tables once for
every item: only what it names is copied. A text is asked six times what it is before it is compared. And each
attribute of an answer is looked for under every type there is, by every name that may be meant.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy, deepcopy
from functools import cache
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from moto import mock_aws
from moto.core import models, responses
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb import models as dynamodb
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

ANSWER = BotocoreStubber.process_request
TRANSACT = DynamoDBBackend.transact_write_items
CAST = DynamoType.cast_value.fget
STRUCTURE = BaseJSONSerializer._serialize_type_structure
METHODS = cache(responses.method_names_from_class)


@contextmanager
def mocked_aws() -> Iterator[None]:
    """Mock AWS for whatever this process calls, in any of its threads."""
    one_at_a_time = threading.RLock()

    def process_request(stubber: BotocoreStubber, request: Any) -> Any:
        with one_at_a_time:
            return ANSWER(stubber, request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            models, "RESPONSES_METHODS", []
        )  # of the library requests, which nothing here calls by
        patched.setattr(responses, "method_names_from_class", METHODS)
        patched.setattr(DynamoDBBackend, "transact_write_items", _transact)
        patched.setattr(DynamoType, "cast_value", property(_cast))
        patched.setattr(BaseJSONSerializer, "_serialize_type_structure", _structure)
        with mock_aws():
            patched.setattr(BotocoreStubber, "process_request", process_request)
            yield


def _cast(one: DynamoType) -> Any:
    return one.value if one.type == "S" else CAST(one)


def _structure(serializer: BaseJSONSerializer, serialized: Any, value: Any, shape: Any, key: str) -> None:
    """Write a structure as moto does; of an attribute that holds one type, that type alone is looked for."""
    if shape.name != "AttributeValue" or not key or type(value) is not dict or len(value) != 1:
        return STRUCTURE(serializer, serialized, value, shape, key)
    ((kind, held),) = value.items()
    member, wrapper = shape.members[kind], serializer.MAP_TYPE()
    member.parent = shape
    if held is not None:
        serializer._serialize(wrapper, held, member, kind)
    serializer._default_serialize(serialized, wrapper, shape, key)
    return None


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """Write as moto does, but put aside only what is changed where it lies: the items of updates."""
    actions = [next(iter(one.values())) for one in transact_items]

    @cache
    def aside(name: str) -> Table:
        table = backend.tables[name]
        kept = copy(table)
        kept.items = defaultdict(dict, {key: dict(rows) for key, rows in table.items.items()})
        for key in [one["Key"] for one in actions if one.get("TableName") == name and "Key" in one]:
            if set(key) == set(table.table_key_attrs):
                partition, place = (DynamoType(key[part]) for part in table.table_key_attrs)
                rows = kept.items.get(partition, {})
                if place in rows:
                    rows[place] = deepcopy(rows[place])
        return kept

    def copied(value: Any) -> Any:
        return aside(value.name) if isinstance(value, Table) else deepcopy(value)

    with patch.object(dynamodb, "copy", SimpleNamespace(deepcopy=copied)):
        TRANSACT(backend, transact_items)
