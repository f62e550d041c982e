"""Merkle trees against RFC 6962's vectors, and every path of every small tree."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.domain.audit.merkle import path, root, root_of_path

LEAVES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first n leaves, as Certificate Transparency's own test data has them."""


@pytest.mark.parametrize("count", range(9))
def test_the_published_roots(count):
    assert root(LEAVES[:count]).hex() == ROOTS[count]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33])
def test_every_path_climbs_to_the_root(size):
    lines = [b"%d" % n for n in range(size)]
    for index in range(size):
        assert root_of_path(lines[index], index, size, path(lines, index)) == root(lines)


def test_the_recursive_definition():
    """Section 2.1 of the RFC, written down as it stands there."""

    def mth(lines):
        if len(lines) == 1:
            return hashlib.sha256(b"\0" + lines[0]).digest()
        k = 1 << (len(lines) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + mth(lines[:k]) + mth(lines[k:])).digest()

    for size in range(1, 70):
        lines = [b"%d" % n for n in range(size)]
        assert root(lines) == mth(lines)


@given(st.integers(2, 40), st.data())
def test_nothing_else_climbs_to_it(size, data):
    lines = [b"%d" % n for n in range(size)]
    index = data.draw(st.integers(0, size - 1))
    siblings, top = path(lines, index), root(lines)
    assert root_of_path(b"another", index, size, siblings) != top
    assert root_of_path(lines[index], (index + 1) % size, size, siblings) != top
    assert root_of_path(lines[index], index, size, siblings[:-1]) is None
    assert root_of_path(lines[index], index, size, [*siblings, top]) is None
    assert root_of_path(lines[index], index, size, [top, *siblings[1:]]) != top


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_an_index_outside_is_no_leaf(index, size):
    assert root_of_path(b"", index, size, []) is None
    with pytest.raises(IndexError):
        path([b""] * size, index)
