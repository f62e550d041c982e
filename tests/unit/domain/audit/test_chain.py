"""The canonical form and the chain: what was written reads the same, what was touched shows."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.domain.audit.chain import GENESIS, ChainName, Tail, broken_at, canonical, day_of, link, stamp
from tests.fakes import NOW

NUMBERS = st.one_of(
    st.integers(-(10**37), 10**37),
    st.floats(-1e120, 1e120, allow_nan=False).filter(lambda one: one == 0 or abs(one) > 1e-110),
)
SCALARS = st.one_of(NUMBERS, st.text(), st.booleans(), st.none())
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
RECORDS = st.dictionaries(st.text(min_size=1, max_size=10), VALUES, max_size=6)


@given(RECORDS)
def test_a_record_read_back_from_the_store_hashes_the_same(record):
    """Through DynamoDB's own form: floats as exact decimals, None left out, whole numbers whole."""
    stored = to_item(record)
    assert canonical(from_item(stored)) == canonical(record)
    (linked,), _ = link([record], Tail("c#2026-11-23"))
    assert broken_at([from_item(to_item(linked))]) is None


def test_the_form_itself():
    record = {"b": 2.0, "a": [Decimal("1E+2"), 0.5, None], "none": None, "é": "ç", "t": True, "z": -0.0}
    assert canonical(record) == '{"a":[100,0.5,null],"b":2,"t":true,"z":0,"é":"ç"}'.encode()


@pytest.mark.parametrize("same", [(2, 2.0, Decimal(2), Decimal("2.00")), (0.1, Decimal("0.1"))])
def test_one_number_has_one_form(same):
    assert len({canonical({"n": one}) for one in same}) == 1


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_number_is_never_hashed(odd):
    with pytest.raises((ValueError, OverflowError)):
        canonical({"n": odd})


def chain(count=6, chain_of="WINZ26#2026-11-23", tail=None):
    records = [{"n": n, "price": 131_250.5, "deep": {"list": [1, 2.5, "x"]}} for n in range(count)]
    return link(records, tail or Tail(chain_of))


class TestChain:
    def test_numbers_from_one_and_ties_each_to_the_one_before(self):
        records, tail = chain(3)
        assert [one["seq"] for one in records] == [1, 2, 3]
        assert records[0]["prev_hash"] == GENESIS
        assert records[2]["prev_hash"] == records[1]["hash"]
        assert tail == Tail("WINZ26#2026-11-23", 3, records[2]["hash"])
        assert broken_at(records) is None
        assert broken_at([]) is None

    def test_linking_a_linked_record_anew_is_as_good_as_the_first_time(self):
        records, _ = chain(1)
        assert link(records, Tail("WINZ26#2026-11-23"))[0] == records

    def test_in_two_steps_is_the_same_as_in_one(self):
        whole, _ = chain(4)
        first, tail = link(
            [{k: one[k] for k in ("n", "price", "deep")} for one in whole[:2]], Tail(whole[0]["chain"])
        )
        second, _ = link([{k: one[k] for k in ("n", "price", "deep")} for one in whole[2:]], tail)
        assert first + second == whole

    @given(st.integers(0, 5), st.sampled_from(["n", "price", "seq", "prev_hash", "hash", "chain", "deep"]))
    def test_an_edit_of_any_field_shows_there_or_at_the_next(self, index, field):
        records, _ = chain()
        touched = deepcopy(records)
        value = touched[index][field]
        touched[index][field] = {"list": [1, 2.5, "y"]} if field == "deep" else f"{value}x"
        assert broken_at(touched) in {index, index + 1}

    @given(st.integers(0, 5), st.sampled_from(["n", "seq", "prev_hash", "hash", "chain"]))
    def test_a_field_taken_out_or_put_in_shows(self, index, field):
        records, _ = chain()
        records[index].pop(field)
        assert broken_at(records) == index
        records, _ = chain()
        records[index]["more"] = 1
        assert broken_at(records) == index

    def test_something_no_record_ever_held_shows(self):
        records, _ = chain()
        records[2]["set"] = {"a"}
        assert broken_at(records) == 2

    @given(st.integers(0, 4))
    def test_a_deletion_shows(self, index):
        records, _ = chain()
        del records[index]
        assert broken_at(records) == index

    @given(st.integers(0, 5), st.integers(0, 5))
    def test_a_swap_shows(self, one, other):
        records, _ = chain()
        records[one], records[other] = records[other], records[one]
        assert broken_at(records) == (None if one == other else min(one, other))

    def test_a_swap_with_numbers_and_links_mended_shows(self):
        records, _ = chain()
        for field in ("n", "price", "deep"):
            records[1][field], records[2][field] = records[2][field], records[1][field]
        records[1]["n"], records[2]["n"] = 2, 1
        assert broken_at(records) == 1

    def test_a_record_written_anew_with_its_hash_shows_at_the_next(self):
        records, _ = chain()
        (forged,), _ = link([{"n": 99}], Tail(records[0]["chain"], 2, records[1]["hash"]))
        assert broken_at([*records[:2], forged, *records[3:]]) == 3


class TestCutShort:
    def test_shows_against_the_head(self):
        records, tail = chain()
        assert broken_at(records, until=tail.hash) is None
        assert broken_at(records[:-1], until=tail.hash) == 5
        assert broken_at([], until=tail.hash) == 0

    def test_shows_against_the_next_day(self):
        yesterday, tail = chain(2)
        today, _ = chain(2, tail=Tail("WINZ26#2026-11-24", 0, tail.hash))
        assert broken_at(today, behind=yesterday[-1]["hash"]) is None
        assert broken_at(today, behind=yesterday[0]["hash"]) == 0
        assert broken_at(yesterday[:1], until=today[0]["prev_hash"]) == 1

    def test_the_first_chain_of_all_follows_nothing(self):
        records, _ = chain()
        assert broken_at(records, behind=GENESIS) is None


def test_names_and_stamps_sort_by_time():
    assert str(ChainName("WINZ26", day_of(NOW))) == "WINZ26#2026-11-23"
    assert day_of(0.0) == "1970-01-01"
    assert stamp(NOW) == "2026-11-23T14:05:00.250000+00:00"
    assert stamp(1.0) < stamp(1.000001) < stamp(2.0)


def test_a_record_that_says_so_has_no_day_of_its_own_and_is_tied_like_the_others():
    """It stands in no index by day then; its chain's name tells the day."""
    plain = [{"kind": "access", "day": None, "n": 1}, {"kind": "close", "n": 2}]
    linked, _ = link(plain, Tail("_access#2026-11-23#access"))
    kept = [{name: value for name, value in one.items() if value is not None} for one in linked]
    assert ["day" in one for one in kept] == [False, True]
    assert broken_at(kept) is None
    assert broken_at([{**kept[0], "day": "2026-11-23"}, kept[1]]) == 0
