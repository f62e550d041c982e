"""The whole way on the emulator: candles in, frames, mail and audit out."""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import asdict, fields

import numpy as np
import pytest
import urllib3
from websockets.asyncio.client import connect

from local.audit.rederive import rederive
from local.lab.history import read
from local.load.history_first import calibrate
from local.load.load_clients import LoadClients
from local.load.run import run, settle
from pregao.domain.audit.chain import broken_at
from pregao.flow.watch import Watched
from tests.e2e.desk import ANA, CONFIG, DATA, audit_of, batch_of, chains, dump, post, sent_mail, token_of
from tests.published import problems
from tests.unit.domain.calibration.test_size import judged as sized
from tests.unit.domain.calibration.test_size import lively

pytestmark = pytest.mark.emulator

FILES = {
    "generic newest first": ("WINFUT_M5_2021-2022_fritter-C.csv", "WINFUT", 450),
    "MetaTrader 5 native": ("EURUSD_M5_2025-07_mt5native_P3dr7.csv", "EURUSD", 450),
    "MT5 script UTF-16": ("WDOV24_M5_utf16_mtcli.csv", "WDO$N", 700),
}


def stretch(name):
    file, symbol, length = FILES[name]
    if not (DATA / file).exists():
        pytest.skip("../shared/data is not beside the checkout")
    return read(DATA / file, CONFIG.instrument_for(symbol).timezone)[:length], symbol


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if "native" in name else pytest.mark.long) for name in FILES],
)
def test_a_real_file_reaches_every_client_and_the_audit_agrees(stack, name):
    """Nothing is lost, everything admitted is on both screens, the account equals the audit."""
    candles, symbol = stretch(name)
    with LoadClients(stack.websocket_url, [token_of(stack, "ana"), token_of(stack, "ana")]) as crowd:
        report = run(stack, CONFIG, candles, symbol, crowd, speed=None)
    admitted = report.alerts["admitted"]
    assert admitted > 8
    assert (report.lost, report.refused, report.stopped) == (0, 0, None)
    assert report.candles == len(candles)
    assert report.delivered == admitted * 2
    assert report.audit["alertas"] == sum(report.alerts.values()) == sum(report.patterns.values())
    assert report.audit["entrega"] == admitted + report.emails
    assert report.receipts + report.emails + report.listed >= admitted

    with LoadClients(stack.websocket_url, [token_of(stack, "ana")]) as crowd:
        again = run(stack, CONFIG, candles, symbol, crowd, speed=None)
    assert "admitted" not in again.alerts
    assert again.alerts["duplicate"] >= admitted
    assert (again.delivered, again.emails, again.lost) == (0, 0, 0)


def test_every_chain_holds_and_every_attempt_has_its_intent(stack):
    """Append-only records, linked without a gap; outcomes only after intents."""
    audit = audit_of(stack)
    for table in (audit.alerts, audit.deliveries, audit.actions):
        for name, chain in chains(table).items():
            assert broken_at(chain) is None, name
    for channel in ("websocket", "email"):
        assert audit.reached(channel, "sent") <= audit.reached(channel, "intent") | audit.listed()


async def frame(socket, action, within=15.0, **of):
    """The next frame of that action, with those values: other tests' alerts end their lives meanwhile."""
    async with asyncio.timeout(within):
        while True:
            got = json.loads(await socket.recv())
            assert problems("socket-server-v1", got) == [], got
            if got.get("action") == action and of.items() <= got.items():
                return got


async def desk_of_two(stack, body):
    """Ana and a second screen of hers: alert, receipt, action, who decided first."""
    url = f"{stack.websocket_url}?token={token_of(stack, 'ana')}"
    async with connect(url) as one, connect(url, subprotocols=None) as two:
        for socket in (one, two):
            await socket.send('{"action": "subscribe"}')
            hello = await frame(socket, "hello")
            assert hello["operator"] == "ana"
        status, answer = await asyncio.to_thread(post, stack, body)
        assert status == 202, answer
        alert = (await frame(one, "alert"))["alert"]
        assert (await frame(two, "alert"))["alert"]["id"] == alert["id"]
        await one.send(json.dumps({"action": "receipt", "alert_id": alert["id"]}))
        act = {"action": "act", "alert_id": alert["id"], "decision": "executed", "order_id": "1234"}
        await one.send(json.dumps(act))
        seen = await frame(two, "action", alert_id=alert["id"])
        assert (seen["operator"], seen["decision"]) == ("ana", "executed")
        await two.send(json.dumps(act | {"decision": "rejected"}))
        refused = await frame(two, "error")
        assert refused["code"] == "already_decided"
        await two.send('{"action": "ping"}')
        assert (await frame(two, "pong"))["server_time"] > 0
        return alert


def test_an_operator_acts_and_everybody_sees_it(stack, ringing):
    """Subscribe, alert, receipt, act, ping on real sockets; the first decision stands and is audited."""
    alert = asyncio.run(desk_of_two(stack, dump(batch_of(ringing, contract="WINJ26"))))
    assert alert["stop_loss"] > alert["entry_max"] or alert["stop_loss"] < alert["entry_min"]
    decisions = [one for one in audit_of(stack).actions if one["alert_id"] == alert["id"]]
    assert [(one["operator"], one["decision"], one["order_id"]) for one in decisions] == [
        (ANA, "executed", "1234")
    ]
    settle(stack)
    assert (alert["id"], ANA) in audit_of(stack).reached("websocket", "received")


def test_without_a_screen_the_operator_gets_an_email(stack, ringing):
    """Nobody is connected: ana and bruno each get one e-mail in their language, with the numbers."""
    status, answer = post(stack, dump(batch_of(ringing, contract="WINM33")))
    assert status == 202
    admitted = {one["id"] for one in answer["alerts"] if one["verdict"] == "admitted"}
    assert admitted
    assert settle(stack)
    mailed = audit_of(stack).reached("email", "sent")
    assert {(alert, ANA) for alert in admitted} <= mailed
    mails = [mail for mail in sent_mail(stack) if "WINM33" in mail["Subject"]]
    to_ana = [mail for mail in mails if mail["To"] == ["ana@mesa.example"]]
    assert len(to_ana) == len(admitted)
    assert any(word in to_ana[0]["Subject"] for word in ("VENDA", "COMPRA"))
    for body in (to_ana[0]["BodyText"], to_ana[0]["BodyHtml"]):
        assert "Nenhuma tela sua estava aberta" in body
    assert all("None of your screens" in mail["BodyText"] for mail in mails if mail not in to_ana)
    sent = next(one for one in audit_of(stack).deliveries if one.get("provider_id") == to_ana[0]["MessageId"])
    link = re.search(r"http\S+/act/\S+\?d=executed", to_ana[0]["BodyText"])[0]
    decide_by_mail(stack, link, sent["alert_id"])


def decide_by_mail(stack, link, alert_id):
    """The e-mail's own link opens, decides nothing by itself, and takes one decision.

    Decisions on other alerts do not count: those that others left open time out meanwhile.
    """

    def decided():
        return [
            one["decision"]
            for one in audit_of(stack).actions
            if (one.get("alert_id"), one.get("operator")) == (alert_id, ANA)
        ]

    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        opened = pool.request("GET", link)
        assert (opened.status, b"checked" in opened.data) == (200, True)
        assert decided() == []
        form = {"encode_multipart": False}
        sent = pool.request("POST", link, fields={"decision": "executed"}, **form)
        assert (sent.status, "Registrado" in sent.data.decode()) == (200, True)
        assert decided() == ["executed"]
        again = pool.request("POST", link, fields={"decision": "watching"}, **form)
        assert (again.status, decided()) == (409, ["executed"])


def test_a_late_screen_resumes_what_it_missed(stack, ringing):
    """A client that comes back with its cursor gets exactly what came meanwhile, once."""

    async def story():
        url = f"{stack.websocket_url}?token={token_of(stack, 'ana')}"
        status, answer = await asyncio.to_thread(post, stack, dump(batch_of(ringing, contract="WINV33")))
        assert status == 202
        admitted = [one["id"] for one in answer["alerts"] if one["verdict"] == "admitted"]
        await asyncio.to_thread(settle, stack)  # or its own delivery would come on top
        async with connect(url) as socket:
            await socket.send('{"action": "subscribe"}')
            await frame(socket, "hello")
            await socket.send('{"action": "resume", "cursor": {"WINV33": 0}}')
            missed = [(await frame(socket, "alert"))["alert"] for _ in admitted]
            resumed = await frame(socket, "resumed")
        assert [one["id"] for one in missed] == admitted
        assert resumed["cursor"] == {"WINV33": len(admitted)}

    asyncio.run(story())


def test_an_unusual_range_is_told_without_a_side(stack):
    """Calibrated before; it names a range and no order, and there is nothing to execute on it."""
    instrument = CONFIG.instrument_for("IND$N")
    market = lively(7, 40)
    size = sized(market, instrument, CONFIG.detectors_for("IND"))
    rings = [one for one in np.flatnonzero(size.fires).tolist() if size.outlook(one)]
    row = next(one for one in rings if instrument.in_session(int(market.time[one])))
    assert calibrate(stack, CONFIG, market, row, instrument, "M5") > 0

    async def story():
        url = f"{stack.websocket_url}?token={token_of(stack, 'ana')}"
        async with connect(url) as socket:
            await socket.send('{"action": "subscribe", "patterns": ["unusual_range"]}')
            await frame(socket, "hello")
            batch = batch_of(market[: row + 1], symbol="IND$N", contract="INDV33")
            status, answer = await asyncio.to_thread(post, stack, dump(batch))
            assert status == 202
            alert = (await frame(socket, "alert"))["alert"]
            act = {"action": "act", "alert_id": alert["id"], "decision": "executed"}
            await socket.send(json.dumps(act))
            refused = await frame(socket, "error")
            await socket.send(json.dumps(act | {"decision": "watching"}))
            await frame(socket, "action", alert_id=alert["id"], decision="watching")
            return answer, alert, refused

    answer, alert, refused = asyncio.run(story())
    assert {"id": alert["id"], "verdict": "admitted"} in answer["alerts"]
    assert (alert["version"], alert["direction"], alert["stop_loss"]) == (2, "none", None)
    assert alert["outlook"] == asdict(size.outlook(row))
    assert refused["code"] == "nothing_to_execute"
    (record,) = [one for one in audit_of(stack).alerts if one.get("alert_id") == alert["id"]]
    assert rederive(record, CONFIG).same


def test_the_minute_s_round_may_do_all_that_it_does(stack):
    """Invoked by name: what its role lacks would fail here."""
    client = stack.client("lambda")
    (name,) = [
        one["FunctionName"] for one in client.list_functions()["Functions"] if "watch" in one["FunctionName"]
    ]
    answer = client.invoke(FunctionName=name, Payload=b"{}")
    assert "FunctionError" not in answer, answer["Payload"].read()
    assert set(json.loads(answer["Payload"].read())) == {field.name for field in fields(Watched)}


def test_health_says_how_much_waits(stack):
    """GET /health is open and tells the truth about the queues."""
    settle(stack)
    time.sleep(0.5)
    with urllib3.PoolManager() as pool:
        answer = pool.request("GET", f"{stack.http_url}/health")
    body = json.loads(answer.data)
    assert answer.status == 200
    assert body["status"] == "ok"
    assert body["config_digest"] == CONFIG.digest
    assert body["checks"]["admission"]["alerts_waiting"] == 0
