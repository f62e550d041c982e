"""What DynamoDB's answers to a transaction mean: conditions failed, busy, or a fault."""

from __future__ import annotations

from decimal import Decimal, Inexact

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from pregao.aws.tables.dynamo import BUSY, Cancelled, from_item, to_item, transact
from pregao.domain.delivery.operators import Status
from pregao.flow.ports.refusals import Contended

HELD = {"Code": "ConditionalCheckFailed", "Item": {"n": {"N": "1.5"}}}
CONFLICT = {"Code": "TransactionConflict"}
FINE = {"Code": "None"}


class Refusing:
    """A client whose every transaction ends with this error."""

    def __init__(self, code, *reasons):
        self.error = ClientError(
            {"Error": {"Code": code}, "CancellationReasons": list(reasons)}, "TransactWriteItems"
        )

    def transact_write_items(self, **_):
        raise self.error


def test_failed_conditions_are_told_by_index_with_what_stood_in_the_way():
    with pytest.raises(Cancelled) as caught:
        transact(Refusing("TransactionCanceledException", FINE, HELD, {"Code": "ConditionalCheckFailed"}), [])
    assert caught.value.held == {1: {"n": 1.5}, 2: {}}


def test_a_failed_condition_outranks_a_conflict():
    with pytest.raises(Cancelled):
        transact(Refusing("TransactionCanceledException", CONFLICT, HELD), [])


def test_a_conflict_alone_is_contended():
    with pytest.raises(Contended):
        transact(Refusing("TransactionCanceledException", FINE, CONFLICT), [])


@pytest.mark.parametrize("code", sorted(BUSY))
def test_busy_is_contended(code):
    with pytest.raises(Contended):
        transact(Refusing(code), [])


@pytest.mark.parametrize(
    "code", ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"]
)
def test_a_fault_of_ours_is_not(code):
    with pytest.raises(ClientError):
        transact(Refusing(code), [])


def test_an_item_that_cannot_be_written_is_no_conflict():
    with pytest.raises(ClientError):
        transact(Refusing("TransactionCanceledException", {"Code": "ValidationError"}), [])


@given(st.floats(-1e120, 1e120).filter(lambda one: one == 0 or abs(one) > 1e-110))
def test_a_float_comes_back_as_it_was(value):
    assert float(from_item(to_item({"n": value}))["n"]) == value


NUMBERS = st.integers(-(10**37), 10**37) | st.floats(-1e36, 1e36).filter(
    lambda one: not 0 < abs(one) < 1e-100
)
SCALARS = st.text(max_size=5) | st.booleans() | NUMBERS | st.sampled_from(Status)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def exact(value):
    """A value as boto3's serializer takes it."""
    match value:
        case float():
            return Decimal(repr(value))
        case dict():
            return {key: exact(one) for key, one in value.items()}
        case list():
            return [exact(one) for one in value]
    return value


def numbers(value):
    """What boto3's deserializer gives, with plain numbers."""
    match value:
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case dict():
            return {key: numbers(one) for key, one in value.items()}
        case list():
            return [numbers(one) for one in value]
    return value


@given(VALUES)
def test_values_are_written_and_read_as_boto3_does_it(value):
    written = to_item({"v": value})
    assert written == {"v": TypeSerializer().serialize(exact(value))}
    assert from_item(written)["v"] == numbers(TypeDeserializer().deserialize(written["v"]))


@pytest.mark.parametrize(
    "odd", [-0.0, 10**29, 10**30, -(10**29), 10**38 - 1, 1e16, 123456789012345680.0, 1e-7]
)
def test_numbers_at_the_edges_are_written_as_boto3_writes_them(odd):
    assert to_item({"n": odd}) == {"n": TypeSerializer().serialize(exact(odd))}
    assert float(from_item(to_item({"n": odd}))["n"]) == float(odd)


def test_a_number_of_more_digits_than_dynamodb_keeps_is_refused():
    with pytest.raises(Inexact):
        to_item({"n": 10**38 + 1})


def test_plain_dicts_and_back():
    plain = {
        "list": [],
        "deep": [{"f": 0.1, "none": None}],
        "text": "",
        "set": {"a"},
        "flag": True,
        "none": None,
    }
    stored = to_item(plain)
    assert "none" not in stored
    assert from_item(stored) == {
        "list": [],
        "deep": [{"f": 0.1}],
        "text": "",
        "set": {"a"},
        "flag": True,
    }
    assert from_item({"n": {"N": "2.00"}})["n"] == 2
    assert isinstance(from_item({"n": {"N": "2"}})["n"], int)
    assert to_item({"n": Decimal("0.1")}) == {"n": {"N": "0.1"}}


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_what_is_no_number_is_never_written(odd):
    with pytest.raises(TypeError):
        to_item({"n": odd})
