"""The console's way on the emulator: log in at the page's server, hear a candle, see it in the charts."""

from __future__ import annotations

import json
import time

import pytest
import urllib3
from websockets.sync.client import connect

from local.load.run import settle
from local.stack.dev_server import serving
from tests.e2e.desk import batch_of, dump, post, token_of

pytestmark = pytest.mark.emulator
HTTP = urllib3.PoolManager(retries=False, timeout=30)


@pytest.fixture(scope="module")
def page(stack, tmp_path_factory):
    files = tmp_path_factory.mktemp("dist")
    (files / "index.html").write_text("<h1>Pregão</h1>", encoding="utf-8")
    with serving(stack, files, lambda name: token_of(stack, name) if name == "ana" else None) as url:
        yield url


@pytest.fixture(scope="module")
def token(page):
    asked = HTTP.request("POST", f"{page}/api/login", body=b'{"operator": "ana"}', headers={"Origin": page})
    return asked.json()["token"]


def get(page, token, path):
    answer = HTTP.request("GET", page + path, headers={"Authorization": f"Bearer {token}"})
    return answer.status, answer.json()


def utc_day():
    return time.strftime("%Y-%m-%d", time.gmtime())


def candle(socket, time_, within_s=20):
    until = time.monotonic() + within_s
    while (left := until - time.monotonic()) > 0:
        frame = json.loads(socket.recv(timeout=left))
        if frame["action"] == "candle" and frame["candle"]["time"] == time_:
            return frame
    raise AssertionError("no such candle")


def test_a_posted_candle_reaches_the_screen_and_the_charts(stack, page, token, ringing):
    config = HTTP.request("GET", f"{page}/config.json").json()
    names = ["pregao.v1", token]
    with connect(config["websocket_url"], subprotocols=names, max_size=2**20) as socket:
        assert socket.subprotocol == "pregao.v1"
        socket.send(json.dumps({"action": "subscribe", "candles": True}))
        assert json.loads(socket.recv(timeout=20))["action"] == "hello"
        batch = batch_of(ringing, contract="WINJ32", new=3)
        newest = batch["candles"]["time"][-1]
        assert post(stack, dump(batch))[0] == 202
        frame = candle(socket, newest)
        assert (frame["instrument"], frame["contract"], frame["timeframe"]) == ("WIN", "WINJ32", "M5")
        assert frame["candle"]["close"] == batch["candles"]["close"][-1]
    status, said = get(page, token, f"/api/candles?instrument=WIN&timeframe=M5&before={newest + 1}&limit=3")
    assert status == 200
    assert said["candles"]["time"] == batch["candles"]["time"][-3:]


def test_what_rang_is_told_with_its_candles(stack, page, token, ringing):
    days = {utc_day()}
    status, answer = post(stack, dump(batch_of(ringing, contract="WINM32")))
    assert status == 202
    alert = next(one["id"] for one in answer["alerts"] if one["verdict"] == "admitted")
    assert settle(stack)
    days.add(utc_day())  # two where it rang at midnight
    rang = [one for day in days for one in get(page, token, f"/api/alerts?rang={day}")[1]["alerts"]]
    assert alert in {one["alert"]["id"] for one in rang}
    status, one = get(page, token, f"/api/alerts/{alert}")
    assert (status, one["alert"]["contract"]) == (200, "WINM32")
    assert one["alert"]["candle"]["time"] in one["candles"]["time"]


def test_nobody_without_a_token_and_health_for_all(page):
    assert get(page, "x.y.z", "/api/desk")[0] == 401
    status, said = get(page, "", "/api/health")
    assert (status, said["status"]) == (200, "ok")
