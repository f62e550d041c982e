"""Request units against the examples of DynamoDB's developer guide."""

from __future__ import annotations

import pytest

from tests.dynamo_units import ROW_BYTES, Index, index_units, item_size, kept_bytes, read_units, write_units

KEYS = ("due_kind", "due_at")


def an_item(size=100, **more):
    item = {"pk": {"S": "x"}, **more}
    return item | {"text": {"S": "t" * (size - item_size(item) - len("text"))}}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "ação"}, 6),
        ({"N": "27"}, 2),
        ({"N": "-27"}, 3),
        ({"N": "1763128800.251337"}, 9),
        ({"BOOL": True}, 1),
        ({"M": {"a": {"S": "bc"}}}, 3 + 1 + 3),
        ({"L": [{"S": "bc"}, {"NULL": True}]}, 3 + 2 + 3),
        ({"SS": ["a", "bc"]}, 3),
    ],
)
def test_sizes(value, size):
    assert item_size({"n": value}) == 1 + size


@pytest.mark.parametrize(
    ("size", "consistent", "units"), [(3500, True, 1), (3500, False, 0.5), (8192, True, 2)]
)
def test_reads(size, consistent, units):
    assert read_units([an_item(size)], consistent=consistent) == units


def test_a_query_is_rounded_up_once_and_nothing_found_costs_one():
    assert read_units([an_item(1500), an_item(6500)], consistent=True) == 2
    assert read_units([], consistent=True) == 1


@pytest.mark.parametrize(("before", "after", "units"), [(0, 512, 1), (0, 1025, 2), (3000, 10, 3), (0, 0, 1)])
def test_writes_are_billed_by_the_larger_and_twice_in_a_transaction(before, after, units):
    old, new = (an_item(size) if size > 9 else None for size in (before, after))
    assert write_units(old, new, transaction=False) == units
    assert write_units(old, new, transaction=True) == 2 * units


def test_an_index_is_written_when_an_item_comes_goes_changes_or_moves_there():
    away = an_item()
    here = an_item(due_kind={"S": "delivery"}, due_at={"N": "1"})
    moved = here | {"due_at": {"N": "2"}}
    assert index_units(Index(KEYS), None, away) == index_units(Index(KEYS), away, an_item(200)) == 0
    assert (
        index_units(Index(KEYS), away, here)
        == index_units(Index(KEYS), here, away)
        == index_units(Index(KEYS), here, None)
        == 1
    )
    assert index_units(Index(KEYS), here, here) == 0
    assert index_units(Index(KEYS), here, here | {"text": {"S": "u"}}) == 1
    assert index_units(Index(KEYS), here, moved) == 2


def test_storage_counts_the_indices_an_item_stands_in():
    assert kept_bytes([Index(KEYS), Index(("pk",))], an_item(400)) == 2 * (400 + ROW_BYTES)


def test_an_index_that_projects_less_costs_less():
    big, index = (
        {**an_item(200), "due": {"N": "1"}, "text": {"S": "x" * 5000}},
        Index(("pk",), frozenset({"pk", "due"})),
    )
    assert index_units(index, None, big) == 1
    assert index_units(index, big, big | {"text": {"S": "y"}}) == 0
    assert kept_bytes([index], big) < kept_bytes([Index(("pk",))], big)
