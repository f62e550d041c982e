"""JSON of others: half a surrogate pair is no text, however it is written."""

from __future__ import annotations

import pytest

from pregao.wire.foreign_json import NotJson, read_json

HALF = "\ud800"


@pytest.mark.parametrize(
    "sent",
    [b'"\\ud800"', '"\\ud800"', b'"\xed\xa0\x80"', '"\\ud800"'.encode("utf-16-le"), f'"{HALF}"', b'"\xff"'],
)
def test_half_a_pair_is_refused_however_it_is_written(sent):
    with pytest.raises(NotJson):
        read_json(sent)


@pytest.mark.parametrize(
    "sent",
    [
        b'"\\ud83d\\ude00"',
        '"\U0001f600"'.encode(),
        '"\U0001f600"',
        '"\U0001f600"'.encode("utf-16"),
        '"\U0001f600"'.encode("utf-8-sig"),
    ],
)
def test_a_whole_pair_is_read(sent):
    assert read_json(sent) == "\U0001f600"
