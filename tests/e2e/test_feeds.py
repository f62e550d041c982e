"""A feed falls silent on the emulator, is told on a real socket and by e-mail, and comes back."""

from __future__ import annotations

import asyncio
import json
import shutil
import time
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
import urllib3
from boto3.dynamodb.types import TypeDeserializer
from websockets.asyncio.client import connect

from local.lab.market import synthesize
from local.stack.up import stack_up
from pregao.aws.tables.shards import partition, shard_of
from pregao.domain.audit.chain import broken_at
from tests.e2e.desk import ROOT, batch_of, dump, post, sent_mail, token_of
from tests.fakes import a_heartbeat
from tests.published import problems

pytestmark = pytest.mark.emulator

ONE_SHARD = "  shards: 1 "
EVERY_DAY = "    weekdays: [sun, mon, tue, wed, thu, fri]\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack of its own: sixteen shards, and a currency market that never closes, for a Saturday's run."""
    config = tmp_path_factory.mktemp("config")
    shutil.copytree(ROOT / "config", config, dirs_exist_ok=True)
    calendar = config / "calendar.yaml"
    text = calendar.read_text(encoding="utf-8")
    assert text.count(EVERY_DAY) == 1
    calendar.write_text(text.replace(EVERY_DAY, EVERY_DAY.replace("fri]", "fri, sat]")), encoding="utf-8")
    alertas = config / "alertas.yaml"
    text = alertas.read_text(encoding="utf-8")
    assert text.count(ONE_SHARD) == 1
    alertas.write_text(text.replace(ONE_SHARD, "  shards: 16 "), encoding="utf-8")
    with stack_up(ROOT, tmp_path_factory.mktemp("feeds"), {"AllowReplay": "true"}, config) as up:
        yield up


def live(candles, newest):
    """A live M1 batch of EURUSD whose newest candle opens then."""
    rows = candles[:263]
    times = newest + 60 * (np.arange(263, dtype=np.int64) - 262)
    flat = np.full(263, 1.1)
    prices = dict.fromkeys(("open", "high", "low", "close"), flat)
    batch = batch_of(replace(rows, time=times, **prices), symbol="EURUSD", contract="EURUSD", new=1)
    return batch | {"timeframe": "M1", "historical": False, "bridge_id": "mesa-1"}


def beat(stack, signed=True, **terminal):
    body = a_heartbeat(
        terminal=terminal, feed={"symbol": "EURUSD", "contract": None, "timeframe": "M1"}
    ).model_dump_json()
    return post(stack, body.encode(), to="heartbeats", signed=signed)


def watch(stack):
    """The minute's round, by hand; the emulator's own schedule may be faster, and that is fine."""
    names = [one["FunctionName"] for one in stack.client("lambda").list_functions()["Functions"]]
    (name,) = [one for one in names if "watch" in one]
    answer = stack.client("lambda").invoke(FunctionName=name, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()


def health(stack):
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        answer = pool.request("GET", f"{stack.http_url}/health")
        return answer.status, answer.json()


async def frame(socket, kind, within=30.0):
    async with asyncio.timeout(within):
        while True:
            got = json.loads(await socket.recv())
            assert problems("socket-server-v1", got) == [], got
            if got["action"] == "feed":
                assert got["kind"] == kind
                return got


def records(stack):
    table = stack.outputs["AlertasAuditTable"]
    items = stack.client("dynamodb").scan(TableName=table)["Items"]
    plain = [{key: TypeDeserializer().deserialize(one) for key, one in item.items()} for item in items]
    return sorted((one for one in plain if one["kind"] == "feed"), key=lambda one: one["seq"])


def test_a_heartbeat_wants_the_bridges_signature(stack):
    assert beat(stack, signed=False)[0] in (401, 403)
    before = time.time()
    status, answer = beat(stack)
    assert status == 202
    assert before - 1 <= answer["server_time"] <= time.time() + 1
    status, answer = post(stack, b'{"version":1}', to="heartbeats")
    assert status == 400
    assert any(reason.startswith("terminal:") for reason in answer["reasons"])


def test_silence_is_told_with_its_cause_and_recovery_after_it(stack):
    """A batch three minutes old is late at once; the current one ends the silence."""
    candles = synthesize(7, 5, date(2026, 3, 2)).candles

    async def story():
        url = f"{stack.websocket_url}?token={token_of(stack, 'ana')}"
        async with connect(url) as socket:
            await socket.send('{"action": "subscribe"}')
            assert json.loads(await socket.recv())["action"] == "hello"
            assert beat(stack, condition="broker_lost", detail="last_error -10005")[0] == 202
            old = int(time.time()) // 60 * 60 - 240
            assert (await asyncio.to_thread(post, stack, dump(live(candles, old))))[0] == 202
            for _ in range(2):
                await asyncio.to_thread(watch, stack)
            silent = await frame(socket, "silent")
            code, said = health(stack)
            assert (code, said["status"], said["checks"]["feeds"]["silent"]) == (200, "degraded", 1)
            assert said["bridges"][0]["terminal"] == "broker_lost"

            assert beat(stack)[0] == 202
            now = int(time.time()) // 60 * 60 - 60
            assert (await asyncio.to_thread(post, stack, dump(live(candles, now))))[0] == 202
            for _ in range(2):
                await asyncio.to_thread(watch, stack)
            return silent, await frame(socket, "recovered"), old

    silent, recovered, old = asyncio.run(story())
    assert (silent["instrument"], silent["timeframe"], silent["cause"]) == ("EURUSD", "M1", "broker_lost")
    assert (silent["since"], silent["detail"]) == (old + 60, "last_error -10005")
    assert (recovered["since"], recovered["filled"]) == (old + 60, "missing")
    assert health(stack)[1]["status"] == "ok"

    mails = [one for one in sent_mail(stack) if one["To"] == ["ana@mesa.example"]]
    assert ["Sem dados de" in mails[0]["Subject"], "voltou" in mails[1]["Subject"]] == [True, True]
    assert "não está conectado à corretora" in mails[0]["BodyHtml"]
    found = records(stack)
    assert [one["feed"]["event"] for one in found] == ["silent", "recovered"]
    assert [one["feed"]["id"] for one in found] == [silent["id"], recovered["id"]]
    assert broken_at(found) is None


def items(stack, table, pk):
    """What stands in a partition, keys included, as plain values."""
    found = stack.client("dynamodb").query(
        TableName=stack.outputs[table],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
    )
    return [
        {key: TypeDeserializer().deserialize(one) for key, one in item.items()} for item in found["Items"]
    ]


def within(seconds, found):
    """Wait until it is so."""
    until = time.monotonic() + seconds
    while not found() and time.monotonic() < until:
        time.sleep(0.2)
    return found()


def test_a_feed_s_mark_stands_in_its_partition_and_its_candles_are_kept(stack):
    """The stream hands the marks of every partition to the ticker."""
    newest = int(time.time()) // 60 * 60 - 60
    assert post(stack, dump(live(synthesize(7, 5, date(2026, 3, 2)).candles, newest)))[0] == 202
    here = partition("FEEDS", shard_of("EURUSD", 16))
    assert here != "FEEDS"
    assert [one["sk"] for one in items(stack, "AdmissionTable", here)] == ["SEEN#EURUSD#M1#live"]
    assert within(20, lambda: newest in {int(one["sk"]) for one in items(stack, "CandlesTable", "EURUSD#M1")})


def test_an_alert_takes_a_place_of_its_part_and_gives_it_back(stack, ringing):
    status, answer = post(stack, dump(batch_of(ringing)))
    assert (status, [one["verdict"] for one in answer["alerts"]]) == (202, ["admitted"])
    part = partition("QUEUE", shard_of(answer["alerts"][0]["id"], 16))
    assert [one["layout"] for one in items(stack, "AdmissionTable", part)] == ["16/100"]
    assert within(20, lambda: "waiting" not in items(stack, "AdmissionTable", part)[0])
    assert health(stack)[1]["checks"]["admission"]["alerts_waiting"] == 0
