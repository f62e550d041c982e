"""DynamoDB: transactions and why they are cancelled."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.conformance.refusals import code, refusal

FREE = {"ConditionExpression": "attribute_not_exists(pk)", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


@pytest.fixture(scope="module")
def table(make):
    return make.table()


@pytest.fixture
def a_key():
    pk = uuid4().hex
    return lambda n: {"pk": {"S": pk}, "sk": {"S": str(n)}}


@pytest.fixture
def put(table, a_key):
    def action(n, value="1", unless=FREE):
        return {"Put": {"TableName": table, "Item": a_key(n) | {"v": {"S": value}}, **(unless or {})}}

    return action


@pytest.fixture
def read(dynamo, table, a_key):
    return lambda n: dynamo.get_item(TableName=table, Key=a_key(n), ConsistentRead=True).get("Item")


def test_all_or_nothing(dynamo, put, read):
    """Where one action's condition fails, no action of the transaction is made.

    Source: Amazon DynamoDB Developer Guide, DynamoDB transactions: how it works (transaction-apis).
    """
    dynamo.transact_write_items(TransactItems=[put(1)])
    refused = code(dynamo.transact_write_items, TransactItems=[put(0), put(1, "2"), put(2)])
    assert refused == "TransactionCanceledException"
    assert (read(0), read(1)["v"], read(2)) == (None, {"S": "1"}, None)


def test_reasons_stand_at_their_actions_place(dynamo, put):
    """A cancelled transaction tells a reason for every action, in the actions' order; "None" where it was not
    that one.

    Source: Amazon DynamoDB API Reference, TransactWriteItems.
    """
    dynamo.transact_write_items(TransactItems=[put(1), put(3)])
    refused = refusal(dynamo.transact_write_items, TransactItems=[put(0), put(1), put(2), put(3)])
    found = [reason["Code"] for reason in refused["CancellationReasons"]]
    assert found == ["None", "ConditionalCheckFailed", "None", "ConditionalCheckFailed"]


def test_a_reason_carries_the_item_that_stood_in_the_way(dynamo, put, read):
    """With ALL_OLD the reason of a failed condition carries the item as it is.

    Source: Amazon DynamoDB API Reference, CancellationReason.
    """
    dynamo.transact_write_items(TransactItems=[put(1, "holder")])
    refused = refusal(dynamo.transact_write_items, TransactItems=[put(0), put(1)])
    assert refused["CancellationReasons"][1]["Item"] == read(1)


def test_a_check_writes_nothing_and_can_cancel(dynamo, table, a_key, put, read):
    """A ConditionCheck leaves its item as it is, and its failure cancels the others' writes.

    Source: Amazon DynamoDB API Reference, ConditionCheck.
    """
    check = {"ConditionCheck": {"TableName": table, "Key": a_key(9), **FREE}}
    dynamo.transact_write_items(TransactItems=[put(1), check])
    assert (read(1)["v"], read(9)) == ({"S": "1"}, None)
    dynamo.transact_write_items(TransactItems=[put(9)])
    assert code(dynamo.transact_write_items, TransactItems=[put(2), check]) == "TransactionCanceledException"
    assert read(2) is None


def test_an_item_stands_in_a_transaction_once(dynamo, table, a_key, put, read):
    """Two actions on one item refuse the transaction, also where one of them is a check.

    Source: Amazon DynamoDB API Reference, TransactWriteItems.
    """
    check = {"ConditionCheck": {"TableName": table, "Key": a_key(0), **FREE}}
    for twice in ([put(0), put(0)], [check, put(0)]):
        refused = code(dynamo.transact_write_items, TransactItems=twice)
        assert refused in {"ValidationException", "TransactionCanceledException"}
    assert read(0) is None


def test_a_reserved_word_is_refused_in_a_condition(dynamo, put, read):
    """An attribute whose name is a reserved word cannot stand in a condition without a placeholder.

    Source: Amazon DynamoDB Developer Guide, Expression attribute names
    (Expressions.ExpressionAttributeNames).
    """
    worded = put(0, unless={"ConditionExpression": "attribute_not_exists(state)"})
    assert code(dynamo.transact_write_items, TransactItems=[worded]) == "ValidationException"
    assert read(0) is None


def test_a_repeated_token_changes_nothing(dynamo, put, read):
    """The same transaction with the same client token succeeds again, for ten minutes, and is made once.

    Source: Amazon DynamoDB Developer Guide, DynamoDB transactions: how it works (transaction-apis).
    """
    asked = {"TransactItems": [put(0)], "ClientRequestToken": uuid4().hex}
    dynamo.transact_write_items(**asked)
    dynamo.transact_write_items(**asked)
    assert read(0)["v"] == {"S": "1"}


def test_a_token_is_for_one_request(dynamo, put):
    """Another transaction under a token already used is refused.

    Source: Amazon DynamoDB Developer Guide, DynamoDB transactions: how it works (transaction-apis).
    """
    token = uuid4().hex
    dynamo.transact_write_items(TransactItems=[put(0)], ClientRequestToken=token)
    other = {"TransactItems": [put(1)], "ClientRequestToken": token}
    assert code(dynamo.transact_write_items, **other) == "IdempotentParameterMismatchException"


def test_a_hundred_actions_and_no_more(dynamo, put, read):
    """A transaction has at most a hundred actions.

    Source: Amazon DynamoDB API Reference, TransactWriteItems.
    """
    dynamo.transact_write_items(TransactItems=[put(n) for n in range(100)])
    more = [put(n, unless=None) for n in range(100, 201)]
    assert code(dynamo.transact_write_items, TransactItems=more) == "ValidationException"
    assert (read(99)["v"], read(100)) == ({"S": "1"}, None)
