"""POST /candles with several feeds: each has its own answer, and its own fault."""

from __future__ import annotations

import base64
import json
from collections import Counter

import pytest
from botocore.exceptions import ClientError

from pregao.aws.tables.alerts.admission_book import AdmissionBook
from pregao.aws.tables.market.feed_book import FeedBook
from pregao.bootstrap.detect import AT_ONCE
from pregao.domain.audit.chain import broken_at
from pregao.flow.detect import FEED_S
from pregao.wire.candle_post_v1 import MOST_FEEDS
from tests.functions.conftest import Context, sample
from tests.functions.test_detect import MESA, OTHER, answer, signed
from tests.functions.test_time_outs import in_time
from tests.posted import FUTURES, a_post, batch, share, zipped
from tests.slow_world import slow


class Hurried(Context):
    """An invocation whose time is nearly over."""

    def get_remaining_time_in_millis(self):
        return int(1000 * FEED_S) - 1


def event(feeds, arn=None):
    """A packed post as API Gateway hands it over: what is no text comes in base64."""
    made = sample("detect") | {
        "body": base64.b64encode(zipped(a_post(feeds))).decode(),
        "isBase64Encoded": True,
    }
    made["headers"] |= {"content-type": "application/octet-stream", "content-encoding": "gzip"}
    return made if arn is None else signed(made, arn)


def post(stack, feeds, arn=None):
    status, said = answer(stack.call("detect", event(feeds, arn)))
    return status, said["feeds"]


def verdicts(answers):
    return [[alert["verdict"] for alert in one["alerts"]] for one in answers]


def broken(*_args, **_named):
    raise ClientError({"Error": {"Code": "InternalServerError"}}, "TransactWriteItems")


def test_every_feed_is_judged_and_answered_in_the_post_s_order(stack):
    feeds = [batch("WDO$N"), batch("WIN$N", quiet=True), batch("IND$N"), batch("DOL$N")]
    status, said = post(stack, feeds)
    assert status == 202
    assert [one["status"] for one in said] == [202] * 4
    assert verdicts(said) == [["admitted"], [], ["admitted"], ["admitted"]]
    newest = feeds[0]["candles"]["time"][-1]
    assert {one["newest"] for one in said} == {newest}
    records = stack.records("alertas")
    assert sorted(one["contract"] for one in records) == ["DOLZ25", "INDZ25", "WDOZ25"]
    assert [one["alerts"][0]["id"] for one in said if one["alerts"]] == [
        next(it["alert"]["id"] for it in records if it["instrument"] == name)
        for name in ("WDO", "IND", "DOL")
    ]
    assert len(stack.messages("AlertQueue")) == 3


def test_a_post_is_what_its_batches_are_alone(stack):
    feeds = [batch(symbol) for symbol in FUTURES]
    _, said = post(stack, feeds)
    for feed, told in zip(feeds, said, strict=True):
        status, alone = answer(stack.call("detect", sample("detect") | {"body": json.dumps(feed)}))
        assert (status, alone["newest"], alone["accepted"]) == (202, told["newest"], told["accepted"])
        assert [one["id"] for one in alone["alerts"]] == [one["id"] for one in told["alerts"]]
        assert [one["verdict"] for one in alone["alerts"]] == ["duplicate"]


def test_a_bad_feed_refuses_itself_alone(stack, capsys):
    spoiled = batch("WDO$N")
    spoiled["candles"]["high"][7] = 1
    feeds = [spoiled, batch("WIN$N"), batch("PETR9"), 7, batch("IND$N")]
    status, said = post(stack, feeds)
    assert status == 400
    assert [one["status"] for one in said] == [400, 202, 400, 400, 202]
    assert (said[0]["fault"], said[0]["candles"][0]["index"]) == ("prices", 7)
    assert said[2]["reasons"][0].startswith("symbol: symbol 'PETR9' belongs to no instrument")
    assert said[3]["fault"] == "schema"
    assert verdicts([said[1], said[4]]) == [["admitted"], ["admitted"]]
    assert len(stack.records("alertas")) == 2
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    refused = [line.get("symbol") for line in lines if line.get("message") == "batch refused"]
    assert refused == ["WDO$N", "PETR9", None]


def test_a_name_that_is_somebody_elses_refuses_its_feeds_alone(stack, capsys):
    assert post(stack, [batch("WIN$N")], MESA)[0] == 202
    capsys.readouterr()
    status, said = post(stack, [batch("WDO$N"), batch("IND$N", bridge_id="mesa-2")], OTHER)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = [line for line in lines if line.get("message") == "foreign bridge"]
    assert (told["symbol"], told["signer"], told["owner"]) == ("WDO$N", OTHER, MESA)
    assert (status, [one["status"] for one in said]) == (403, [403, 202])
    assert [one["contract"] for one in stack.records("alertas")] == ["INDZ25", "WINZ25"]


def test_a_fault_at_one_feed_leaves_the_others_and_is_made_good_by_the_retry(stack, monkeypatch):
    commit = AdmissionBook.commit
    feeds = [batch(symbol) for symbol in FUTURES]

    def sometimes(self, entry, rules, now):
        commit(self, entry, rules, now)
        if entry.alert.instrument == "WDO":
            broken()  # written, and the answer lost

    with monkeypatch.context() as patched:
        patched.setattr(AdmissionBook, "commit", sometimes)
        status, said = post(stack, feeds)
    assert status == 503
    assert [one["status"] for one in said] == [202, 503, 202, 202, 202]
    assert said[1]["error"] == "try again"
    status, again = post(stack, [feeds[1]])
    assert (status, verdicts(again)) == (202, [["duplicate"]])
    ids = Counter(json.loads(body)["id"] for body in stack.messages("AlertQueue"))
    assert set(ids.values()) == {1}
    assert len(ids) == len(FUTURES)
    admitted = [one for one in stack.records("alertas") if one["verdict"] == "admitted"]
    assert len(admitted) == len(FUTURES)


def test_a_mark_that_fails_asks_for_its_own_feed_again(stack, monkeypatch):
    mark = FeedBook.mark

    def sometimes(self, one):
        return broken() if one.instrument == "IND" else mark(self, one)

    now = [batch(symbol, quiet=True) for symbol in FUTURES]
    times = now[0]["candles"]["time"]
    for feed in now:
        feed["historical"] = False
    stack.at(times[-1] + 301.0)
    with monkeypatch.context() as patched:
        patched.setattr(FeedBook, "mark", sometimes)
        status, said = post(stack, now)
    assert (status, [one["status"] for one in said]) == (503, [202, 202, 503, 202, 202])
    assert post(stack, [now[2]])[0] == 202


def test_feeds_of_one_contract_are_judged_in_turn_the_oldest_candle_first(stack):
    """Side by side they would race for one chain."""
    later = batch("WIN$")
    later["candles"] = {name: values[:] for name, values in later["candles"].items()}
    later["candles"]["time"] = [one + 7 * 86_400 for one in later["candles"]["time"]]
    status, said = post(stack, [later, batch("WDO$N"), batch("WINFUT"), batch("WIN$N")])
    assert (status, verdicts(said)) == (202, [["admitted"], ["admitted"], ["admitted"], ["duplicate"]])
    records = [one for one in stack.records("alertas") if one["contract"] == "WINZ25"]
    assert [one["verdict"] for one in records] == ["admitted", "duplicate", "admitted"]
    assert broken_at(records) is None


def test_a_hundred_feeds_in_one_post(stack, capsys):
    feeds = [batch(share(at), quiet=at % 10 > 0) for at in range(MOST_FEEDS)]
    status, said = post(stack, feeds)
    assert status == 202
    assert [len(one["alerts"]) for one in said] == [int(at % 10 == 0) for at in range(MOST_FEEDS)]
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(line["symbol"] for line in lines if line.get("message") == "batch judged") == sorted(
        share(at) for at in range(MOST_FEEDS)
    )
    ids = [json.loads(body)["id"] for body in stack.messages("AlertQueue")]
    assert sorted(ids) == sorted(one["alerts"][0]["id"] for one in said if one["alerts"])


def test_a_hundred_live_feeds_in_one_post(stack):
    """Each is counted: as many values of one metric as a line of the log holds."""
    feeds = [batch(share(at), quiet=True, historical=False) for at in range(MOST_FEEDS)]
    stack.at(feeds[0]["candles"]["time"][-1] + 301.0)
    status, said = post(stack, feeds)
    assert (status, {one["status"] for one in said}) == (202, {202})


def test_what_there_is_no_time_for_is_asked_for_again(stack, monkeypatch):
    feeds = [batch(symbol) for symbol in FUTURES]
    monkeypatch.setattr(stack, "context", Hurried)
    status, said = post(stack, feeds)
    assert status == 503
    assert sorted(one["status"] for one in said) == [202, 503, 503, 503, 503]
    assert len(stack.records("alertas")) == 1


@pytest.mark.parametrize("count", [5, 40])
def test_it_ends_in_time_where_every_call_takes_its_longest(stack, count):
    with slow(stack) as world:
        stack.at(1763128800.25)
        _, said = post(stack, [batch(share(at)) for at in range(count)])
        in_time(world, "detect")
    assert {one["status"] for one in said} <= {202, 503}
    assert sum(one["status"] == 202 for one in said) >= min(count, AT_ONCE)


def test_a_post_that_is_none_is_refused_as_a_whole(stack):
    status, said = answer(stack.call("detect", event([])))
    assert (status, said["error"], "feeds" in said) == (400, "batch refused", False)
