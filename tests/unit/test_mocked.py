"""The mocked AWS answers a function's calls side by side."""

from __future__ import annotations

import sys
import threading

import pytest

from tests.cloud import STATE, moto_dynamo


@pytest.fixture
def threads_change_places_all_the_time():
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


def test_a_transaction_stands_beside_the_puts_of_another_thread(threads_change_places_all_the_time):
    over = threading.Event()
    with moto_dynamo() as dynamo:

        def put(name):
            item = {"pk": {"S": name}, "sk": {"S": "-"}}
            return {"TableName": STATE["admission"], "Item": item}

        for number in range(100):
            dynamo.put_item(**put(f"before {number}"))

        def write():
            number = 0
            while not over.is_set():
                dynamo.put_item(**put(f"beside {number}"))
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            for number in range(20):
                dynamo.transact_write_items(TransactItems=[{"Put": put(f"together {number}")}])
        finally:
            over.set()
            writer.join()


def test_a_cancelled_transaction_leaves_every_item_as_it_was():
    """What it puts, changes and removes before the action that fails, in two tables."""
    with moto_dynamo() as dynamo:
        tables = [STATE["admission"], STATE["candles"]]

        def named(table, name):
            keys = dynamo.describe_table(TableName=table)["Table"]
            types = {one["AttributeName"]: one["AttributeType"] for one in keys["AttributeDefinitions"]}
            texts = {"S": name, "N": "1"}
            names = [one["AttributeName"] for one in keys["KeySchema"]]
            return {key: {types[key]: texts[types[key]]} for key in names}

        def everything():
            return [dynamo.scan(TableName=table)["Items"] for table in tables]

        for table in tables:
            for name in ("changed", "removed"):
                dynamo.put_item(TableName=table, Item={**named(table, name), "n": {"N": "1"}})
        before = everything()
        actions = []
        for table in tables:
            change = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
            actions += [
                {"Put": {"TableName": table, "Item": named(table, "put")}},
                {"Update": {"TableName": table, "Key": named(table, "changed"), **change}},
                {"Update": {"TableName": table, "Key": named(table, "made"), **change}},
                {"Delete": {"TableName": table, "Key": named(table, "removed")}},
            ]
        refused = {**named(tables[0], "refused"), "n": {"N": "1"}}
        check = {"ConditionExpression": "attribute_exists(n)"}
        wrong = {"Put": {"TableName": tables[0], "Item": refused, **check}}
        with pytest.raises(dynamo.exceptions.TransactionCanceledException):
            dynamo.transact_write_items(TransactItems=[*actions, wrong])
        assert everything() == before
        dynamo.transact_write_items(TransactItems=actions)
        assert [len(one) for one in everything()] == [3, 3]
        assert {one["n"]["N"] for items in everything() for one in items if "n" in one} == {"1", "2"}
