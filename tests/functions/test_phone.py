"""Push and messengers through the template: devices by /api/push, notes by fallback, with their rights."""

from __future__ import annotations

import json
import shutil

import boto3
import pytest

from local.cli.channel import make_keys
from local.stack.phone_services import serving_phones
from pregao.aws.channels.addresses import Addresses
from pregao.aws.channels.encryption import encode
from pregao.aws.tables.delivery.devices import Devices
from pregao.domain.delivery.operators import Channel
from pregao.domain.delivery.timer import Timer
from pregao.wire.alert_v1 import dump_timer
from pregao.wire.token_v1 import Identity, issue
from tests.cloud import REGION, ROOT
from tests.fakes import NOW, admitted, an_alert
from tests.functions.conftest import sample
from tests.functions.test_roles import of


@pytest.fixture
def services():
    with serving_phones() as services:
        services.clock = lambda: NOW
        yield services


@pytest.fixture
def alert(stack):
    return admitted(stack.books.admission, an_alert())


@pytest.fixture
def addresses(stack, services):
    secrets = boto3.client("secretsmanager", region_name=REGION)
    addresses = Addresses(secrets, stack.resources["ChannelsSecret.Id"], lambda: NOW)
    addresses.put("ana", "telegram", {"token": services.token, "chat": "42", "server": services.url})
    make_keys(addresses, Devices(stack.dynamo, stack.resources["AdmissionTable"]))
    return addresses


@pytest.fixture
def config(tmp_path):
    """Ana has all four steps."""
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    people = (folder / "operators.yaml").read_text(encoding="utf-8")
    steps = "    name: Ana Souza\n    channels: [screen, push 5, telegram 10, email 60]\n"
    (folder / "operators.yaml").write_text(people.replace("    name: Ana Souza\n", steps), encoding="utf-8")
    return folder


def push(stack, method, body=None, key=None):
    event = sample("act")
    event |= {
        "routeKey": f"{method} /api/push" + ("/{key}" if key else ""),
        "pathParameters": {"key": key} if key else None,
        "body": json.dumps(body),
    }
    token = issue(Identity("ana", "trader"), stack.key, now=NOW, life_s=10**9)
    event["headers"] = {**event["headers"], "authorization": f"Bearer {token}"}
    answer = stack.call("act", event)
    return answer["statusCode"], json.loads(answer["body"])


def subscribed(stack, services, name="firefox"):
    phone = services.phone(name)
    keys = {"p256dh": phone.p256dh, "auth": encode(phone.auth)}
    return push(stack, "POST", {"endpoint": services.endpoint(name), "keys": keys, "label": name})


def fall_back(stack, alert, channel, config):
    timer = of("fallback", dump_timer(Timer(alert, ("ana",), 1, "no_screen", channel=channel)))
    stack.call("fallback", timer, PREGAO_CONFIG_DIR=str(config))
    return [(one["channel"], one["status"]) for one in stack.records("entrega")]


def test_a_device_is_added_told_and_taken_off(stack, services, addresses):
    status, told = subscribed(stack, services)
    assert (status, len(told["key"])) == (201, 87)
    (device,) = push(stack, "GET")[1]["devices"]
    assert device["label"] == "firefox"
    assert push(stack, "DELETE", key=device["key"])[1]["devices"] == []


def test_a_device_elsewhere_is_refused_in_words(stack):
    keys = {"p256dh": "x", "auth": "y"}
    status, told = push(stack, "POST", {"endpoint": "https://10.0.0.1/", "keys": keys, "label": ""})
    assert (status, told["error"]) == (400, "no_push_service")


def test_a_note_goes_to_each_channel_and_the_next_step_is_started(stack, services, addresses, alert, config):
    subscribed(stack, services)
    assert fall_back(stack, alert, Channel.PUSH, config) == [("push", "intent"), ("push", "sent")]
    assert fall_back(stack, alert, Channel.TELEGRAM, config)[2:] == [
        ("telegram", "intent"),
        ("telegram", "sent"),
    ]
    assert [one.channel for one in services.received] == ["push", "telegram"]
    asked = {"QueueUrl": stack.resources["FallbackQueue"], "AttributeNames": ["All"]}
    assert stack.sqs.get_queue_attributes(**asked)["Attributes"]["ApproximateNumberOfMessagesDelayed"] == "2"


def test_no_record_and_no_log_holds_an_address(stack, services, addresses, alert, config, capsys):
    subscribed(stack, services)
    for channel in (Channel.PUSH, Channel.TELEGRAM):
        fall_back(stack, alert, channel, config)
    services.token = "9:other"
    fall_back(stack, alert, Channel.TELEGRAM, config)
    said = capsys.readouterr()
    for text in (said.out, said.err, json.dumps(stack.records("entrega"), default=str)):
        assert "1234:local" not in text
        assert services.url not in text


def test_a_device_that_is_gone_is_forgotten(stack, services, addresses, alert, config):
    subscribed(stack, services)
    services.gone.add("firefox")
    assert fall_back(stack, alert, Channel.PUSH, config) == [("push", "intent"), ("push", "failed")]
    told = push(stack, "GET")[1]
    assert told["devices"] == []
    (trouble,) = told["troubles"]
    assert (trouble["channel"], trouble["cause"], trouble["times"]) == ("push", "expired", 1)
    services.gone.clear()
    assert subscribed(stack, services)[1]["troubles"] == []


def test_a_silent_phone_stays_silent(stack, services, addresses, alert, config):
    subscribed(stack, services)
    stack.at(NOW + 1)
    assert push(stack, "POST", {"silent_until": NOW + 600})[1]["silent_until"] == NOW + 600
    assert fall_back(stack, alert, Channel.PUSH, config) == [("push", "withheld")]
    assert services.received == []


def test_the_desk_hears_whose_phone_is_silent_until_it_rings_again(stack, config):
    devices = Devices(stack.dynamo, stack.resources["AdmissionTable"])
    for name in ("ana", "bruno"):
        devices.silence(name, NOW + 600)
    event = sample("desk") | {"routeKey": "GET /api/desk"}
    token = issue(Identity("bruno", "trader"), stack.key, now=NOW, life_s=10**9)
    event["headers"] = {"authorization": f"Bearer {token}"}

    def silent(at):
        body = stack.at(at).call("desk", event, PREGAO_CONFIG_DIR=str(config))["body"]
        return {one["id"]: one.get("silent_until") for one in json.loads(body)["operators"]}

    until = {one: silent(NOW + 599)[one] for one in ("ana", "bruno")}
    assert until == {"ana": NOW + 600, "bruno": None}, "Bruno carries none"
    assert silent(NOW + 600)["ana"] is None
