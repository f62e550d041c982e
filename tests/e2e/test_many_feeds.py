"""A hundred feeds close in the same second and each rings twice: none is lost, the queue keeps its bound."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import nullcontext

import pytest

from local.load.load_clients import LoadClients
from pregao.domain.audit.chain import broken_at
from tests.bench.desk import desk
from tests.bench.killer import halting
from tests.bench.many_feeds import FEEDS, Bridge, Terminal, storm, symbols, waiting
from tests.e2e.desk import audit_of, chains

pytestmark = [pytest.mark.emulator, pytest.mark.long, pytest.mark.timeout(540)]


@pytest.fixture(scope="module", params=[1, 16])
def stack(request, tmp_path_factory):
    """A desk of one, of whom nobody expects a receipt; with one shard and with as many as there may be."""
    shards = f"scale.shards={request.param}"
    with desk(1, tmp_path_factory.mktemp("many"), "delivery.receipt_grace_s=900", shards) as it:
        yield it


HALTED_S = 2.5
"""Longer than both tries of a call to a table: what was written in them is not known to have been."""


@pytest.mark.parametrize(
    ("first", "amiss"),
    [
        pytest.param(0, lambda _: nullcontext(), id="nothing amiss"),
        pytest.param(FEEDS, lambda stack: halting(stack, 0.3, HALTED_S), id="the store halts"),
    ],
)
def test_a_hundred_feeds_that_close_in_the_same_second(stack, tmp_path, first, amiss):
    columns, row = storm(stack.config)
    names = symbols(first)
    bridge = Bridge(stack.stack, tmp_path, Terminal(dict.fromkeys(names, columns), row - 1))
    bridge.post()  # the candle before: each feed's first
    seen = waiting(stack.stack)
    with LoadClients(stack.stack.websocket_url, stack.tokens) as crowd, seen.watched():
        with amiss(stack.stack):
            bridge.close()
        closing = [one for one in _judged(stack.stack, names) if one["candle"]["time"] == columns.time[row]]
        ringing = [(one["id"], one["verdict"]) for one in closing]
        seen.until_none()
        until = time.monotonic() + 60
        admitted = {one["id"] for one in _judged(stack.stack, names) if one["verdict"] == "admitted"}
        while not admitted <= (arrived := crowd.arrivals[0].keys() | _unanswered(stack)):
            assert time.monotonic() < until, admitted - arrived
            time.sleep(0.5)
    assert {feed.status.accepted for feed in bridge.feeds} == {columns.time[row]}
    assert {feed.status.waiting for feed in bridge.feeds} == {0}
    again = [one for one, verdict in ringing if verdict == "duplicate"]
    judged = dict(one for one in ringing if one[1] != "duplicate")
    assert len(judged) == 2 * FEEDS
    assert len(ringing) == len(judged) + len(again)  # each is judged once
    assert set(again) <= judged.keys()
    assert bridge.waits or not again  # judged again is only what was posted again, for want of an answer
    verdicts = Counter(judged.values())
    assert verdicts.keys() <= {"admitted", "queue_full"}
    assert verdicts["admitted"] >= 100  # as many as the queue takes, and more as places become free
    assert 0 < seen.most <= 100
    ids = Counter(one["alert"]["id"] for one in _records(stack.stack) if one["verdict"] == "admitted")
    assert set(ids.values()) == {1}
    for records in chains(_records(stack.stack)).values():
        assert broken_at(records) is None


def _records(stack):
    return audit_of(stack).alerts


def _unanswered(stack):
    """Alerts whose screen did not answer in time, as on a machine that has other things to do."""
    posts = [one for one in audit_of(stack.stack).deliveries if one["channel"] == "websocket"]
    return {one["alert_id"] for one in posts if one["status"] == "failed"}


def _judged(stack, names):
    found = [one["alert"] | {"verdict": one["verdict"]} for one in _records(stack)]
    return [one for one in found if one["symbol"] in names]
