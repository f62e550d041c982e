"""A stack's first deployment is not rolled back; what it would stumble over is told before it is sent."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from local.stack.account.first_deploy import FIRST, LATER, flag
from local.stack.errors import StackError
from tests.cloud import template


class Gone(Exception):
    """DynamoDB has no such table."""


class Account:
    """CloudFormation with a stack in a state, or none; DynamoDB with some tables."""

    exceptions = SimpleNamespace(ResourceNotFoundException=Gone)

    def __init__(self, status=None, tables=()):
        self.status, self.tables = status, tables

    def __call__(self, _service):
        return self

    def describe_stacks(self, **asked):
        if self.status is None:
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": "does not exist"}}, "DescribeStacks"
            )
        return {"Stacks": [asked | {"StackStatus": self.status}]}

    def describe_table(self, **asked):
        if asked["TableName"] not in self.tables:
            raise Gone


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (None, FIRST),
        ("DELETE_COMPLETE", FIRST),
        ("REVIEW_IN_PROGRESS", FIRST),
        ("CREATE_FAILED", FIRST),
        ("CREATE_COMPLETE", LATER),
        ("UPDATE_ROLLBACK_COMPLETE", LATER),
        ("UPDATE_COMPLETE", LATER),
    ],
)
def test_only_the_first_is_not_rolled_back(status, told):
    assert flag(Account(status), "pregao", template(), "") == told


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"])
def test_one_that_was_rolled_back_says_the_way(status):
    with pytest.raises(StackError, match=rf"{status}.*A first deployment that failed"):
        flag(Account(status), "pregao", template(), "")


def test_what_a_stack_has_left_is_named_before_anything_is_sent():
    account = Account(tables=("b-entrega_audit",))
    assert flag(account, "pregao", template(), "") == FIRST
    with pytest.raises(StackError, match=r"b-entrega_audit stand already.*TablePrefix"):
        flag(account, "pregao", template(), "b-")
    account.status = "CREATE_FAILED"  # its own, and it goes on from there
    assert flag(account, "pregao", template(), "b-") == FIRST
