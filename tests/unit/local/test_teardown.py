"""A bucket is emptied, or it is said what was left in it."""

from __future__ import annotations

import pytest

from local.stack.account.teardown import Part, Plan, execute
from local.stack.errors import StackError

PLAN = Plan("x", (), (Part("Page", "AWS::S3::Bucket", "page"),))


class Bucket:
    """S3 with one object that it will not delete."""

    def get_paginator(self, _name):
        return self

    def paginate(self, **_):
        return [{"Versions": [{"Key": "index.html", "VersionId": "1"}]}]

    def delete_objects(self, **_):
        return {"Errors": [{"Key": "index.html", "VersionId": "1", "Code": "AccessDenied"}]}


def test_an_object_that_s3_did_not_delete_is_said_before_the_stack_is_touched():
    with pytest.raises(StackError, match=r"page is not empty: 1 not deleted, AccessDenied"):
        execute({"s3": Bucket()}.__getitem__, PLAN)
