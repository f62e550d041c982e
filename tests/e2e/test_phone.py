"""An alert on its way to a phone, on the emulator: push, messenger, e-mail in order, and what stops them.

The services are stand-ins on loopback that check signature, encryption, TTL and topic. The times are printed
for RESULTS.md; what is asserted is the order, since a busy machine may take longer.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from io import BytesIO

import pytest
import urllib3
from PIL import Image

from local.cli.channel import make_keys
from local.load.run import settle
from local.stack.phone_services import Fault, serving_phones
from local.stack.up import stack_up
from pregao import clock
from pregao.aws.channels.addresses import Addresses
from pregao.aws.channels.encryption import encode
from pregao.aws.channels.picture import HEIGHT, WIDTH
from pregao.aws.tables.delivery.devices import Devices
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.domain.market.candle import Candle
from pregao.flow.ports.desk import Series
from tests.e2e.desk import ANA, ROOT, audit_of, batch_of, dump, post, token_of

pytestmark = pytest.mark.emulator

CHANNELS = "    channels: [screen, push 0, telegram 3, email 12]\n"


@pytest.fixture(scope="module")
def services():
    with serving_phones() as services:
        yield services


@pytest.fixture(scope="module")
def stack(tmp_path_factory, services):
    """A stack of its own, whose Ana carries a phone with a notification and Telegram."""
    config = tmp_path_factory.mktemp("config")
    shutil.copytree(ROOT / "config", config, dirs_exist_ok=True)
    people = config / "operators.yaml"
    text = people.read_text(encoding="utf-8")
    people.write_text(
        text.replace("    name: Ana Souza\n", f"    name: Ana Souza\n{CHANNELS}"), encoding="utf-8"
    )
    parameters = {"AllowReplay": "true", "LoopbackPush": "true"}
    with stack_up(ROOT, tmp_path_factory.mktemp("phone"), parameters, config) as up:
        addresses = Addresses(up.client("secretsmanager"), up.outputs["ChannelsSecretArn"], clock.now)
        addresses.put("ana", "telegram", {"token": services.token, "chat": "42", "server": services.url})
        devices = Devices(up.client("dynamodb"), up.outputs["AdmissionTable"])
        make_keys(addresses, devices)
        services.vapid = devices.public_key()
        yield up


def ask(stack, method, path="", body=None, who="ana"):
    headers = {"authorization": f"Bearer {token_of(stack, who)}", "content-type": "application/json"}
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        sent = None if body is None else json.dumps(body).encode()
        answer = pool.request(method, f"{stack.http_url}/api/push{path}", body=sent, headers=headers)
    return answer.status, json.loads(answer.data)


def subscribe(stack, services, name="firefox"):
    phone = services.phone(name)
    keys = {"p256dh": phone.p256dh, "auth": encode(phone.auth)}
    return ask(stack, "POST", body={"endpoint": services.endpoint(name), "keys": keys, "label": name})


def keep(stack, candles, contract):
    """Have candles for the chart of a message, which a bridge's first post brings."""
    names = ("time", "open", "high", "low", "close", "tick_volume", "real_volume")
    columns = [getattr(candles[-40:], name).tolist() for name in names]
    rows = [Candle(*row) for row in zip(*columns, strict=True)]
    book = CandleBook(stack.client("dynamodb"), stack.outputs["CandlesTable"])
    book.keep(Series("WIN", contract, "M5"), rows, clock.now())


def ring(stack, candles, contract):
    """Ring an alert while nobody has a screen open; returns when it was posted."""
    began = time.time()
    status, answer = post(stack, dump(batch_of(candles, contract=contract)))
    assert status == 202
    (alert,) = [one["id"] for one in answer["alerts"] if one["verdict"] == "admitted"]
    return began, alert


def heard(services, channel, alert, within=60.0):
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        found = [one for one in services.of(channel) if alert in json.dumps(one.told, default=repr)]
        if found or (channel == "telegram" and services.of(channel)):
            return (found or services.of(channel))[-1]
        time.sleep(0.02)
    return pytest.fail(f"nothing on {channel}; refused: {services.refused}")


def steps_of(stack, alert):
    return [
        (one["channel"], one["status"])
        for one in sorted(audit_of(stack).deliveries, key=lambda one: one["recorded_at"])
        if one["alert_id"] == alert and one["operator"] == ANA and one["channel"] != "websocket"
    ]


def test_without_a_screen_push_then_messenger_then_email(stack, services, ringing):
    assert subscribe(stack, services)[0] == 201
    keep(stack, ringing, "WINJ26")
    began, alert = ring(stack, ringing, "WINJ26")
    pushed = heard(services, "push", alert)
    told = heard(services, "telegram", alert)
    assert settle(stack)
    assert steps_of(stack, alert) == [
        ("push", "intent"),
        ("push", "sent"),
        ("telegram", "intent"),
        ("telegram", "sent"),
        ("email", "intent"),
        ("email", "sent"),
    ]
    assert services.refused == []
    assert told.told["method"] == "sendPhoto"
    picture = Image.open(BytesIO(told.told["photo"]))
    assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))
    assert told.told["caption"].count("/act/") == 1
    assert pushed.told["Urgency"] == "high"
    assert 0 < int(pushed.told["TTL"]) <= 900
    sent = (alert, ANA, "email", "sent")
    mailed = next(
        one["latency_ms"]
        for one in audit_of(stack).deliveries
        if tuple(one[name] for name in ("alert_id", "operator", "channel", "status")) == sent
    )
    sys.stderr.write(
        f"\nno screen, posted candle -> push {pushed.at - began:.2f} s, messenger {told.at - began:.2f} s,"
        f" e-mail {mailed / 1000:.2f} s after detection\n"
    )


def test_a_decision_by_the_signed_page_ends_it(stack, services, ringing):
    before = len(services.of("telegram"))
    _, alert = ring(stack, ringing, "WINM26")
    heard(services, "push", alert)
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        headers = {"authorization": f"Bearer {token_of(stack, 'ana')}"}
        url, form = f"{stack.http_url}/api/alerts/{alert}/decision", b"decision=rejected"
        answer = pool.request("POST", url, body=form, headers=headers)
    assert answer.status == 200
    assert settle(stack)
    assert len(services.of("telegram")) == before
    assert ("email", "sent") not in steps_of(stack, alert)


def test_a_push_service_that_fails_costs_no_time(stack, services, ringing):
    services.faults.append(Fault(500))
    _, alert = ring(stack, ringing, "WINQ26")
    deadline = time.monotonic() + 60
    while ("telegram", "sent") not in steps_of(stack, alert) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert steps_of(stack, alert)[:2] == [("push", "intent"), ("push", "unknown")]
    assert ("telegram", "sent") in steps_of(stack, alert)
    assert settle(stack)


def test_a_stolen_address_reads_and_decides_nothing(stack, services):
    """Whoever has a subscription can be sent to; it opens no route, and no route tells another's."""
    status, told = ask(stack, "GET", who="bruno")
    assert (status, told["devices"]) == (200, [])
    key = ask(stack, "GET")[1]["devices"][0]["key"]
    ask(stack, "DELETE", f"/{key}", who="bruno")
    assert [one["label"] for one in ask(stack, "GET")[1]["devices"]] == ["firefox"]
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        forged = pool.request("GET", f"{stack.http_url}/api/push", headers={"authorization": f"Bearer {key}"})
    assert forged.status == 401


def test_a_silent_phone_is_emailed_at_once(stack, services, ringing):
    assert ask(stack, "POST", body={"silent_until": time.time() + 600})[0] == 201
    before = len(services.received)
    _, alert = ring(stack, ringing, "WINV26")
    assert settle(stack)
    assert len(services.received) == before
    assert steps_of(stack, alert) == [("push", "withheld"), ("email", "intent"), ("email", "sent")]
    assert ask(stack, "POST", body={"silent_until": None})[1]["silent_until"] is None
