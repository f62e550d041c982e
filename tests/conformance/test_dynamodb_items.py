"""DynamoDB: items, conditions, expiry."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from uuid import uuid4

import pytest

from tests.conformance.refusals import code, known, refusal

FREE = "attribute_not_exists(pk)"


@pytest.fixture(scope="module")
def table(make):
    return make.table()


@pytest.fixture
def key():
    return {"pk": {"S": uuid4().hex}, "sk": {"S": "0"}}


@pytest.fixture
def read(dynamo, table, key):
    return lambda: dynamo.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def test_a_put_on_the_condition_that_the_key_is_free_is_made_once(dynamo, table, key, read):
    """A put conditional on attribute_not_exists of the key succeeds once and is refused from then on.

    Source: Amazon DynamoDB API Reference, PutItem.
    """
    dynamo.put_item(TableName=table, Item=key | {"n": {"N": "1"}}, ConditionExpression=FREE)
    again = {"TableName": table, "Item": key | {"n": {"N": "2"}}, "ConditionExpression": FREE}
    assert code(dynamo.put_item, **again) == "ConditionalCheckFailedException"
    assert read()["n"] == {"N": "1"}


def test_a_failed_condition_hands_back_the_item(dynamo, table, key):
    """With ReturnValuesOnConditionCheckFailure ALL_OLD, the refusal carries the item that stood in the way.

    Source: Amazon DynamoDB API Reference, PutItem.
    """
    dynamo.put_item(TableName=table, Item=key | {"holder": {"S": "first"}})
    refused = refusal(
        dynamo.put_item,
        TableName=table,
        Item=key,
        ConditionExpression=FREE,
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    assert refused["Item"] == key | {"holder": {"S": "first"}}


def test_an_expired_item_counts_until_it_is_removed(dynamo, make, key):
    """An item past its time to live is still there for reads and conditions until the sweep removes it, so
    the
    expiry belongs into the condition.

    Source: Amazon DynamoDB Developer Guide, Working with expired items (ttl-expired-items).
    """
    table, now = make.table(), int(time.time())
    dynamo.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True}
    )
    dynamo.put_item(TableName=table, Item=key | {"ttl": {"N": str(now - 60)}})
    fresh = {"TableName": table, "Item": key | {"ttl": {"N": str(now + 600)}}}
    assert code(dynamo.put_item, **fresh, ConditionExpression=FREE) == "ConditionalCheckFailedException"
    dynamo.put_item(
        **fresh,
        ConditionExpression=f"{FREE} OR #ttl < :now",
        ExpressionAttributeNames={"#ttl": "ttl"},
        ExpressionAttributeValues={":now": {"N": str(now)}},
    )


def test_a_set_holds_a_member_once(dynamo, table, key, read):
    """ADD puts members into a set, making it where there is none, and one that is in it already changes
    nothing.

    Source: Amazon DynamoDB Developer Guide, Update expressions (Expressions.UpdateExpressions).
    """
    for members in (["a"], ["a", "b"]):
        dynamo.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="ADD waiting :more",
            ExpressionAttributeValues={":more": {"SS": members}},
        )
    assert set(read()["waiting"]["SS"]) == {"a", "b"}


def test_delete_takes_members_out_of_a_set(dynamo, table, key, read):
    """DELETE takes the named members out of a set and leaves the others; one that is not in it is no error.

    Source: Amazon DynamoDB Developer Guide, Update expressions (Expressions.UpdateExpressions).
    """
    dynamo.put_item(TableName=table, Item=key | {"waiting": {"SS": ["a", "b", "c"]}})
    dynamo.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="DELETE waiting :gone",
        ExpressionAttributeValues={":gone": {"SS": ["a", "x"]}},
    )
    assert set(read()["waiting"]["SS"]) == {"b", "c"}


def test_the_size_of_a_set_can_be_a_condition(dynamo, table, key, read):
    """In a condition size() of a set is the number of its members, so a set can be bounded.

    Source: Amazon DynamoDB Developer Guide, Condition and filter expressions
    (Expressions.OperatorsAndFunctions).
    """

    def join(member):
        return dynamo.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="ADD waiting :me",
            ConditionExpression="attribute_not_exists(waiting) OR size(waiting) < :limit",
            ExpressionAttributeValues={":me": {"SS": [member]}, ":limit": {"N": "2"}},
        )

    join("a")
    join("b")
    assert code(join, member="c") == "ConditionalCheckFailedException"
    assert set(read()["waiting"]["SS"]) == {"a", "b"}


def test_an_attribute_can_bound_a_set_beside_it(dynamo, table, key, read):
    """A condition may compare the size of a set with another attribute of the same item.

    Source: Amazon DynamoDB Developer Guide, Condition and filter expressions
    (Expressions.OperatorsAndFunctions).
    """
    dynamo.put_item(TableName=table, Item=key | {"places": {"N": "1"}})

    def join(member):
        none_yet = "attribute_not_exists(waiting) AND places > :none"
        return dynamo.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="ADD waiting :me",
            ConditionExpression=f"{none_yet} OR attribute_exists(waiting) AND size(waiting) < places",
            ExpressionAttributeValues={":me": {"SS": [member]}, ":none": {"N": "0"}},
        )

    join("a")
    assert code(join, member="b") == "ConditionalCheckFailedException"
    assert read()["waiting"]["SS"] == ["a"]


def test_what_a_set_contains_can_be_a_condition(dynamo, table, key, read):
    """In a condition contains() tells whether a set has a member.

    Source: Amazon DynamoDB Developer Guide, Condition and filter expressions
    (Expressions.OperatorsAndFunctions).
    """

    def leave(member):
        return dynamo.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="DELETE waiting :gone",
            ConditionExpression="contains(waiting, :me)",
            ExpressionAttributeValues={":gone": {"SS": [member]}, ":me": {"S": member}},
        )

    dynamo.put_item(TableName=table, Item=key | {"waiting": {"SS": ["a", "b"]}})
    leave("a")
    assert code(leave, member="a") == "ConditionalCheckFailedException"
    assert read()["waiting"]["SS"] == ["b"]


def test_an_update_returns_what_the_item_became(dynamo, table, key):
    """ReturnValues ALL_NEW gives all of an item's attributes as they are after the update.

    Source: Amazon DynamoDB API Reference, UpdateItem.
    """
    dynamo.put_item(TableName=table, Item=key | {"kept": {"S": "x"}})
    answer = dynamo.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )
    assert answer["Attributes"] == key | {"kept": {"S": "x"}, "n": {"N": "1"}}


def test_an_update_returns_what_the_item_was(dynamo, table, key):
    """ReturnValues ALL_OLD gives all attributes as they were before the update, nothing of a new item; a
    refused update hands them back with ReturnValuesOnConditionCheckFailure ALL_OLD.

    Source: Amazon DynamoDB API Reference, UpdateItem.
    """
    asked = {"TableName": table, "Key": key, "UpdateExpression": "SET n = :n", "ReturnValues": "ALL_OLD"}
    asked |= {
        "ConditionExpression": "attribute_not_exists(n) OR n <= :n",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    first = dynamo.update_item(**asked, ExpressionAttributeValues={":n": {"N": "1"}})
    assert not first.get("Attributes")
    dynamo.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET #own = :text",
        ExpressionAttributeNames={"#own": "level_0a"},
        ExpressionAttributeValues={":text": {"S": "kept"}},
    )
    stood = key | {"n": {"N": "1"}, "level_0a": {"S": "kept"}}
    second = dynamo.update_item(**asked, ExpressionAttributeValues={":n": {"N": "2"}})
    assert second["Attributes"] == stood
    refused = refusal(dynamo.update_item, **asked, ExpressionAttributeValues={":n": {"N": "1"}})
    assert refused["Item"] == stood | {"n": {"N": "2"}}


def test_if_not_exists_keeps_what_is_there(dynamo, table, key, read):
    """if_not_exists gives the attribute where the item has it, else the other value.

    Source: Amazon DynamoDB Developer Guide, Update expressions (Expressions.UpdateExpressions).
    """
    for value in ("first", "second"):
        dynamo.update_item(
            TableName=table,
            Key=key,
            UpdateExpression="SET seen = if_not_exists(seen, :value)",
            ExpressionAttributeValues={":value": {"S": value}},
        )
    assert read()["seen"] == {"S": "first"}


def test_a_consistent_read_sees_the_last_write(dynamo, table, key, read):
    """A strongly consistent read gives what all writes before it have made.

    Source: Amazon DynamoDB Developer Guide, Read consistency (HowItWorks.ReadConsistency).
    """
    for n in range(20):
        dynamo.put_item(TableName=table, Item=key | {"n": {"N": str(n)}})
        assert read()["n"] == {"N": str(n)}


def test_a_number_keeps_38_digits(dynamo, table, key, read):
    """A number is exact to 38 digits.

    Source: Amazon DynamoDB Developer Guide, Supported data types (HowItWorks.NamingRulesDataTypes).
    """
    digits = "12345678901234567890123456789012345.678"
    dynamo.put_item(TableName=table, Item=key | {"n": {"N": digits}})
    assert read()["n"] == {"N": digits}


def test_a_reserved_word_is_refused_in_an_update(dynamo, table, key):
    """An attribute whose name is a reserved word cannot stand in an update without a placeholder.

    Source: Amazon DynamoDB Developer Guide, Expression attribute names
    (Expressions.ExpressionAttributeNames).
    """
    words = {"UpdateExpression": "SET state = :s", "ExpressionAttributeValues": {":s": {"S": "x"}}}
    assert code(dynamo.update_item, TableName=table, Key=key, **words) == "ValidationException"


def test_an_item_of_more_than_400_kb_is_refused(dynamo, table, key):
    """An item, names included, has at most 400 KB.

    Source: Amazon DynamoDB Developer Guide, Service, account, and table quotas (ServiceQuotas).
    """
    large = key | {"n": {"S": "x" * 400 * 1024}}
    assert code(dynamo.put_item, TableName=table, Item=large) == "ValidationException"


def test_a_batch_says_what_it_left_undone(dynamo, table, key):
    """BatchWriteItem answers with UnprocessedItems in the form of RequestItems: an empty map where all was
    done.

    Source: Amazon DynamoDB API Reference, BatchWriteItem.
    """
    puts = [{"PutRequest": {"Item": key | {"sk": {"S": str(n)}}}} for n in range(25)]
    assert dynamo.batch_write_item(RequestItems={table: puts})["UnprocessedItems"] == {}


def test_a_batch_names_an_item_once(dynamo, table, key):
    """Several operations on one item in a batch refuse the whole batch.

    Source: Amazon DynamoDB API Reference, BatchWriteItem.
    """
    twice = {table: [{"PutRequest": {"Item": key}}, {"DeleteRequest": {"Key": key}}]}
    assert code(dynamo.batch_write_item, RequestItems=twice) == "ValidationException"


def test_a_protected_table_cannot_be_deleted(dynamo, make):
    """A table with deletion protection is not deleted.

    Source: Amazon DynamoDB Developer Guide, Basic operations on tables (WorkingWithTables.Basics).
    """
    table = make.table(DeletionProtectionEnabled=True)
    assert refusal(dynamo.delete_table, TableName=table)
    assert dynamo.describe_table(TableName=table)["Table"]["TableStatus"] == "ACTIVE"


def test_a_tables_own_policy_denies(dynamo, make, target, key):
    """What a table's resource policy denies is refused, whatever the caller's own policies allow.

    Source: Amazon DynamoDB Developer Guide, Using resource-based policies (access-control-resource-based).
    """
    table, allowed = make.table(), {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*"}
    somebody = target.client_as(make.user(allowed), "dynamodb")
    known(target, somebody.delete_item, TableName=table, Key=key)
    arn = dynamo.describe_table(TableName=table)["Table"]["TableArn"]
    denied = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:DeleteItem", "Resource": arn}
    dynamo.put_resource_policy(ResourceArn=arn, Policy=target.policy(denied))
    time.sleep(target.silence)  # it is known everywhere in a while
    assert code(somebody.delete_item, TableName=table, Key=key) == "AccessDeniedException"


def test_a_tables_own_policy_is_read_back(dynamo, make, target):
    """A table's resource policy is kept as it was put.

    Source: Amazon DynamoDB API Reference, GetResourcePolicy.
    """
    table = make.table()
    arn = dynamo.describe_table(TableName=table)["Table"]["TableArn"]
    denied = {"Effect": "Deny", "Principal": "*", "Action": "dynamodb:UpdateItem", "Resource": arn}
    dynamo.put_resource_policy(ResourceArn=arn, Policy=target.policy(denied))

    def kept():
        with suppress(dynamo.exceptions.PolicyNotFoundException):
            return json.loads(dynamo.get_resource_policy(ResourceArn=arn)["Policy"])

    assert [one["Effect"] for one in target.eventually(kept)["Statement"]] == ["Deny"]
