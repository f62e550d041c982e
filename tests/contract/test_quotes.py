"""Quote v1: what is taken, and what is refused with every reason."""

from __future__ import annotations

import json

import pytest

from pregao.wire.quote_v1 import AHEAD_S, MAX_BODY_BYTES, STALE_S, QuotesRefused, read_quotes
from tests.cloud import ROOT
from tests.published import problems

SAMPLE = json.loads((ROOT / "functions" / "quote" / "event.json").read_text(encoding="utf-8"))
BODY = json.loads(SAMPLE["body"])
NOW = 1763128800.25
QUOTE = BODY["quotes"][0]


def changed(**quote):
    return json.dumps(BODY | {"quotes": [QUOTE | quote]})


def refused(body, **options):
    with pytest.raises(QuotesRefused) as caught:
        read_quotes(body, now=NOW, **{"allow_replay": False} | options)
    return caught.value.fault, caught.value.reasons


def test_the_sample_is_one_and_its_length_is_told():
    (one,) = read_quotes(SAMPLE["body"], now=NOW, allow_replay=False).quotes
    assert (one.symbol, one.bid, one.ask, one.last) == ("WIN$N", 158290.0, 158295.0, 158295.0)
    assert problems("quote-v1", BODY) == []
    assert SAMPLE["headers"]["content-length"] == str(len(SAMPLE["body"]))


def test_a_market_without_a_last_price_says_so_and_a_contract_may_be_left_out():
    body = BODY | {"quotes": [{name: QUOTE[name] for name in QUOTE if name != "contract"} | {"last": None}]}
    (one,) = read_quotes(json.dumps(body), now=NOW, allow_replay=False).quotes
    assert (one.last, one.contract) == (None, None)
    assert problems("quote-v1", body) == []


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -float("inf"), 0, -5.0, "158290", True, 1e400])
@pytest.mark.parametrize("name", ["bid", "ask", "last"])
def test_a_price_is_a_number_above_zero(name, price):
    fault, reasons = refused(changed(**{name: price}))
    assert (fault, [one.partition(":")[0] for one in reasons]) == ("schema", [f"quotes.0.{name}"])


def test_a_bid_is_not_above_the_ask_and_may_be_the_same():
    assert refused(changed(bid=158300.0)) == (
        "prices",
        ["quotes.0: bid 158300.0 is above ask 158295.0"],
    )
    read_quotes(changed(bid=158295.0), now=NOW, allow_replay=False)


@pytest.mark.parametrize(
    ("off", "said"),
    [(AHEAD_S + 0.01, "is ahead"), (-STALE_S - 0.01, "is older than 60 s")],
)
def test_a_price_of_another_time_is_none(off, said):
    fault, (reason,) = refused(changed(time=NOW + off))
    assert fault == "times"
    assert reason.startswith("quotes.0.time: ")
    assert said in reason


@pytest.mark.parametrize("off", [AHEAD_S, -STALE_S])
def test_the_clocks_may_differ_a_little(off):
    read_quotes(changed(time=NOW + off), now=NOW, allow_replay=False)


def test_a_replay_is_of_another_time_and_taken_where_replays_are():
    body = json.dumps(BODY | {"synthetic": True, "quotes": [QUOTE | {"time": NOW - 86_400}]})
    assert read_quotes(body, now=NOW, allow_replay=True).synthetic
    assert refused(body) == ("synthetic", ["synthetic: this stack takes no replay (AllowReplay)"])
    ahead = json.dumps(BODY | {"synthetic": True, "quotes": [QUOTE | {"time": NOW + 86_400}]})
    assert refused(ahead, allow_replay=True)[0] == "times"


@pytest.mark.parametrize(
    ("body", "fault", "named"),
    [
        ("x" * (MAX_BODY_BYTES + 1), "too_large", "body"),
        ("{", "not_json", "body"),
        ("[" * 100_000, "too_large", "body"),
        ("[" * 16_000, "not_json", "body"),
        (b"\xff\xfe{", "not_json", "body"),
        ("null", "schema", "body"),
        (json.dumps(BODY | {"quotes": []}), "schema", "quotes"),
        (json.dumps(BODY | {"quotes": [QUOTE] * 51}), "schema", "quotes"),
        (json.dumps(BODY | {"version": 2}), "schema", "version"),
        (json.dumps(BODY | {"more": 1}), "schema", "more"),
        (changed(symbol=""), "schema", "quotes.0.symbol"),
        (changed(symbol="W" * 33), "schema", "quotes.0.symbol"),
        (changed(time=-1), "schema", "quotes.0.time"),
        (changed(time=2**40), "schema", "quotes.0.time"),
        (json.dumps(BODY | {"quotes": [QUOTE, QUOTE]}), "symbol", "quotes.1.symbol"),
    ],
    ids=range(15),
)
def test_what_is_no_post_of_quotes(body, fault, named):
    found, reasons = refused(body)
    assert (found, reasons[0].partition(":")[0]) == (fault, named)


def test_every_reason_is_told_at_once():
    quotes = [QUOTE | {"bid": 158300.0}, QUOTE | {"symbol": "WDO$N", "time": 5.0}, QUOTE]
    fault, reasons = refused(json.dumps(BODY | {"quotes": quotes}))
    assert fault == "symbol"
    assert [one.partition(":")[0] for one in reasons] == ["quotes.2.symbol", "quotes.0", "quotes.1.time"]
