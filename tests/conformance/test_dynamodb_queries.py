"""DynamoDB: queries, pages, indices."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.conformance.making import TEXT_KEYS
from tests.conformance.refusals import code

INDEX = "by_kind"


@pytest.fixture(scope="module")
def table(make):
    kinds = [{"AttributeName": name, "AttributeType": "S"} for name in ("kind", "sk")]
    projected = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["hash"]}
    keys = [{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    return make.table(
        AttributeDefinitions=[TEXT_KEYS["AttributeDefinitions"][0], *kinds],
        GlobalSecondaryIndexes=[{"IndexName": INDEX, "KeySchema": keys, "Projection": projected}],
    )


@pytest.fixture
def chain(dynamo, table):
    """The key of a partition with nine items, of which one stands in the index."""
    pk = {"S": uuid4().hex}
    for n in range(9):
        kind = {"kind": {"S": pk["S"]}} if n == 4 else {}
        more = {"n": {"N": str(n)}, "hash": {"S": f"h{n}"}, "body": {"S": "x"}}
        dynamo.put_item(TableName=table, Item={"pk": pk, "sk": {"S": f"{n:04d}"}} | kind | more)
    return pk


@pytest.fixture
def query(dynamo, table, chain):
    def ask(**more):
        asked = {"ExpressionAttributeValues": {":pk": chain} | more.pop("values", {}), **more}
        return dynamo.query(TableName=table, **{"KeyConditionExpression": "pk = :pk", **asked})

    return ask


def numbers(answer):
    return [int(item["n"]["N"]) for item in answer["Items"]]


def test_the_newest_is_asked_for_alone(query):
    """Results come in the order of the sort key, backwards with ScanIndexForward false, at most Limit of
    them.

    Source: Amazon DynamoDB API Reference, Query.
    """
    assert numbers(query(ConsistentRead=True)) == list(range(9))
    assert numbers(query(ConsistentRead=True, ScanIndexForward=False, Limit=1)) == [8]


def test_pages_are_followed_by_the_last_key(query):
    """LastEvaluatedKey is where the next page starts; where it is missing there is no more.

    Source: Amazon DynamoDB Developer Guide, Paginating table query results (Query.Pagination).
    """
    seen, more = [], {}
    for _ in range(9):
        page = query(ConsistentRead=True, Limit=4, **more)
        seen += numbers(page)
        if "LastEvaluatedKey" not in page:
            break
        more = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert seen == list(range(9))


def test_a_limit_counts_before_the_filter(query):
    """A filter is applied after the read: Limit counts what was looked at, not what passed.

    Source: Amazon DynamoDB Developer Guide, Filter expressions for the Query operation
    (Query.FilterExpression).
    """
    answer = query(ConsistentRead=True, Limit=4, FilterExpression="n > :n", values={":n": {"N": "2"}})
    assert (numbers(answer), answer["ScannedCount"]) == ([3], 4)


def test_a_range_of_the_sort_key_has_both_its_ends(query):
    """BETWEEN takes the values from the first to the last, both included.

    Source: Amazon DynamoDB Developer Guide, Key condition expressions (Query.KeyConditionExpressions).
    """
    ends = {":first": {"S": "0003"}, ":last": {"S": "0005"}}
    condition = "pk = :pk AND sk BETWEEN :first AND :last"
    assert numbers(query(KeyConditionExpression=condition, values=ends)) == [3, 4, 5]


def test_an_index_gives_what_it_projects(query, target, chain):
    """A query of an index gives keys and projected attributes alone, and finds only items that have the
    index's keys.

    Source: Amazon DynamoDB Developer Guide, Using global secondary indexes (GSI).
    """
    by_kind = {"IndexName": INDEX, "KeyConditionExpression": "kind = :pk"}
    (item,) = target.eventually(lambda: query(**by_kind)["Items"])
    assert item == {"pk": chain, "sk": {"S": "0004"}, "kind": chain, "hash": {"S": "h4"}}


def test_an_item_leaves_an_index_with_its_key(dynamo, table, query, target, chain):
    """An item whose index key is removed is no longer in the index.

    Source: Amazon DynamoDB Developer Guide, Sparse indexes (bp-indexes-general-sparse-indexes).
    """
    by_kind = {"IndexName": INDEX, "KeyConditionExpression": "kind = :pk"}
    target.eventually(lambda: query(**by_kind)["Items"])
    key = {"pk": chain, "sk": {"S": "0004"}}
    dynamo.update_item(TableName=table, Key=key, UpdateExpression="REMOVE kind")
    assert target.eventually(lambda: query(**by_kind)["Count"] == 0)


def test_an_index_is_not_read_consistently(query):
    """A consistent read of a global secondary index is refused.

    Source: Amazon DynamoDB API Reference, Query.
    """
    by_kind = {"IndexName": INDEX, "KeyConditionExpression": "kind = :pk", "ConsistentRead": True}
    assert code(query, **by_kind) == "ValidationException"
