"""The candles in an audit record: exact to the bit, small, and nothing else passes for them."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.domain.market.window import COLUMNS, pack, unpack

PRICES = st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=3)


@given(PRICES)
def test_comes_back_bit_for_bit(prices):
    columns = {"time": [300, 600, 900], **dict.fromkeys(COLUMNS[1:], prices)}
    assert unpack(pack(columns)) == columns
    assert [type(one) for one in unpack(pack(columns))["time"]] == [int] * 3


def test_a_window_is_small():
    columns = {"time": [1_795_000_000 + 300 * n for n in range(250)]}
    columns |= {
        name: [127_000.0 + 5 * (n * 7919 % 97 + at) for n in range(250)]
        for at, name in enumerate(COLUMNS[1:])
    }
    assert len(pack(columns)) < 4_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "?",
        "AAAA",
        base64.b64encode(zlib.compress(b"[[1]]")).decode(),
        base64.b64encode(zlib.compress(b"7")).decode(),
    ],
)
def test_what_is_none_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 whatever it says
        unpack(text)
