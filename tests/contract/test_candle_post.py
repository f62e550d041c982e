"""CandlePost v1: what is refused as a whole, what by itself, and what may be packed how."""

from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
import zlib

import pytest

from pregao.wire.candle_batch_v1 import MAX_BODY_BYTES, BatchRefused, batch_of
from pregao.wire.candle_post_v1 import (
    MAX_ANSWER_BYTES,
    MAX_POST_BYTES,
    MOST_FEEDS,
    answer_of,
    read_sent,
    sent_by,
)
from pregao_bridge.batch import post_of
from tests.contract.test_candle_batch import NOW, WARMUP, a_batch
from tests.posted import a_post, zipped
from tests.published import problems


def sent(body, encoding=None, *, base64_encoded=True):
    headers = {} if encoding is None else {"Content-Encoding": encoding}
    text = base64.b64encode(body).decode() if base64_encoded else body.decode()
    return sent_by({"headers": headers, "body": text, "isBase64Encoded": base64_encoded})


def refusal(body, encoding=None):
    with pytest.raises(BatchRefused) as caught:
        sent(body, encoding)
    return caught.value.fault, caught.value.reasons[0]


def test_a_batch_is_one_feed_and_a_post_has_several():
    one = json.dumps(a_batch()).encode()
    assert (sent(one).feeds, sent(one).several) == ([a_batch()], False)
    both = sent(a_post([a_batch(), {"no": "batch"}]))
    assert (both.feeds, both.several) == ([a_batch(), {"no": "batch"}], True)


@pytest.mark.parametrize("body", [json.dumps(a_batch()).encode(), a_post([a_batch(), 7])])
def test_both_may_be_packed(body):
    assert sent(zipped(body), "gzip") == sent(zipped(body), " GZIP ") == sent(body) == sent(body, "identity")


def test_what_a_gateway_has_unpacked_already_is_read():
    assert sent(a_post([1]), "gzip", base64_encoded=False) == sent(a_post([1]))


@pytest.mark.parametrize(
    ("body", "encoding", "reason"),
    [
        (b"plain", "gzip", "body: not gzip: "),
        (b"", "gzip", "the gzip data is cut off, or more follows it"),
        (zipped(b"{}")[:-3], "gzip", "the gzip data is cut off, or more follows it"),
        (zipped(b"{}") + zipped(b"{}"), "gzip", "the gzip data is cut off, or more follows it"),
        (zipped(b"{}")[:-8] + b"\0" * 8, "gzip", "body: not gzip: "),
        (zlib.compress(b"{}"), "gzip", "body: not gzip: "),
        (b"{}", "br", "Content-Encoding: 'br'; gzip is taken, or none"),
    ],
)
def test_what_is_packed_otherwise_is_refused(body, encoding, reason):
    fault, said = refusal(body, encoding)
    assert fault == "encoding"
    assert reason in said


@pytest.mark.parametrize(
    ("post", "reason"),
    [
        ({"version": 2, "feeds": [1]}, "version: Input should be 1"),
        ({"feeds": [1]}, "version: Field required"),
        ({"version": 1, "feeds": []}, "feeds: List should have at least 1 item"),
        ({"version": 1, "feeds": [1] * (MOST_FEEDS + 1)}, f"feeds: List should have at most {MOST_FEEDS}"),
        ({"version": 1, "feeds": {}}, "feeds: Input should be a valid list"),
        ({"version": 1, "feeds": [1], "bridge_id": "x"}, "bridge_id: Extra inputs are not permitted"),
    ],
)
def test_what_is_no_post_is_refused_whole(post, reason):
    fault, said = refusal(json.dumps(post).encode())
    assert fault == "schema"
    assert said.startswith(reason)


def test_a_bomb_is_refused_and_not_unpacked():
    """A gigabyte in a megabyte; no more of it is unpacked than a post may have."""
    packing = zlib.compressobj(wbits=31)
    megabyte = b" " * 2**20
    bomb = b"".join(packing.compress(megabyte) for _ in range(1024)) + packing.flush()
    tracemalloc.start()
    fault, said = refusal(bomb, "gzip")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (fault, said) == (
        "too_large",
        f"body: {MAX_POST_BYTES + 1} bytes or more; at most {MAX_POST_BYTES}",
    )
    assert most < 4 * MAX_POST_BYTES < 2**30 / 10


def test_a_bound_for_a_post_and_one_for_a_feed():
    large = a_batch(bridge_id="x" * MAX_BODY_BYTES)
    assert refusal(json.dumps(large).encode())[0] == "too_large"
    assert refusal(zipped(json.dumps(large).encode()), "gzip")[0] == "too_large"
    assert len(sent(a_post([large] * 10)).feeds) == 10  # each is to refuse itself
    assert refusal(a_post([large] * 30))[0] == "too_large"
    assert refusal(zipped(a_post([large] * 30)), "gzip")[0] == "too_large"


def test_a_feed_of_a_post_that_is_too_large_refuses_itself_alone():
    long = a_batch(count=4000)
    feeds = read_sent(a_post([a_batch(), long])).feeds
    assert batch_of(feeds[0], now=NOW, warmup=WARMUP).symbol == "WIN$N"
    with pytest.raises(BatchRefused) as caught:
        batch_of(feeds[1], now=NOW, warmup=WARMUP)
    assert caught.value.fault == "too_large"


SPOILED = [
    {"candles": {"time": [""] * 200_000}},
    {"candles": {f"c{at}": 0 for at in range(60_000)}},
    {f"c{at}": 0 for at in range(60_000)},
]


@pytest.mark.parametrize("feed", SPOILED, ids=["values", "columns", "members"])
def test_a_large_feed_of_nothing_but_faults_is_not_looked_at(feed):
    """Five megabytes of them pack into some kilobytes, and telling each took two gigabytes of memory."""
    (read,) = read_sent(a_post([feed])).feeds
    tracemalloc.start()
    with pytest.raises(BatchRefused) as caught:
        batch_of(read, now=NOW, warmup=WARMUP)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.fault == "too_large"
    assert most < 2**24


def test_a_large_post_of_nothing_but_faults_is_not_looked_at():
    post = {"version": 1, "feeds": [1], **{f"c{at}": 0 for at in range(60_000)}}
    assert refusal(json.dumps(post).encode())[0] == "too_large"


def test_the_answers_stand_in_the_order_of_the_post_and_the_worst_is_told():
    status, said = answer_of([(202, {"accepted": 1}), (400, {"reasons": ["no"]}), (202, {"accepted": 2})])
    assert status == 400
    assert said == {
        "feeds": [
            {"status": 202, "accepted": 1},
            {"status": 400, "reasons": ["no"]},
            {"status": 202, "accepted": 2},
        ]
    }
    assert answer_of([(202, {}), (503, {}), (403, {})])[0] == 503
    assert answer_of([(202, {}), (202, {})])[0] == 202


def test_answers_that_a_function_could_not_return_are_asked_for_again():
    long = (400, {"reasons": ["x" * (MAX_ANSWER_BYTES // 3)]})
    _, said = answer_of([long] * 5)
    assert [one["status"] for one in said["feeds"]] == [400, 400, 503, 503, 503]
    assert len(json.dumps(said)) < MAX_ANSWER_BYTES


def test_a_live_post_is_a_fifth_when_packed():
    body = a_post([a_batch(count=262)] * 3)
    assert len(gzip.compress(body)) < len(body) / 5


def test_what_the_bridge_writes_is_what_the_schema_says():
    body = post_of([json.dumps(a_batch()).encode(), json.dumps(a_batch(symbol="WDO$N")).encode()])
    said = json.loads(body)
    assert not problems("candle-post-v1", said)
    assert [one["symbol"] for one in read_sent(body).feeds] == ["WIN$N", "WDO$N"]
    assert problems("candle-post-v1", said | {"version": 2})
    assert problems("candle-post-v1", said | {"feeds": said["feeds"] * MOST_FEEDS})
    assert problems("candle-post-v1", {**said, "feeds": [{**said["feeds"][0], "candles": {}}]})
