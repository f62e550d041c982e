"""`pregao channel`: an address goes into the secret and is told by nothing; a test says what came back."""

from __future__ import annotations

import json
import re

import boto3
import pytest
from typer.testing import CliRunner

from local.cli.app import app
from local.stack.phone_services import Fault, serving_phones
from pregao.aws.tables.delivery.devices import Devices
from pregao.aws.tables.delivery.troubles import Troubles
from pregao.domain.delivery.operators import Channel
from pregao.domain.delivery.push import Device
from tests.cloud import REGION, STATE, moto_dynamo
from tests.fakes import NOW

TOKEN = "1234:local"


class There:
    """A stack with the secret and the state table."""

    def __init__(self, arn):
        self.outputs = {"ChannelsSecretArn": arn, "AdmissionTable": STATE["admission"]}

    def client(self, service):
        return boto3.client(service, region_name=REGION)


@pytest.fixture
def there(monkeypatch):
    with moto_dynamo():
        secrets = boto3.client("secretsmanager", region_name=REGION)
        there = There(secrets.create_secret(Name="channels", SecretString="{}")["ARN"])
        monkeypatch.setattr("local.stack.deployed.deployed", lambda *_: there)
        yield there


@pytest.fixture
def services():
    with serving_phones() as services:
        yield services


def said(*words, answers=()):
    return CliRunner().invoke(app(["channel"]), ["channel", *words], input="\n".join(answers) + "\n")


def kept(there):
    """What the secret holds, beside the key of the hashes that records have."""
    secret = there.client("secretsmanager").get_secret_value(SecretId=there.outputs["ChannelsSecretArn"])
    read = json.loads(secret["SecretString"])
    key = read.pop("seal", None)
    assert key is None or len(bytes.fromhex(key)) == 32
    return read


def test_the_first_address_brings_the_key_of_the_hashes_and_the_next_keeps_it(there, services):
    def key():
        arn = there.outputs["ChannelsSecretArn"]
        secret = there.client("secretsmanager").get_secret_value(SecretId=arn)
        return json.loads(secret["SecretString"]).get("seal")

    assert key() is None
    add(services)
    first = key()
    add(services)
    assert key() == first is not None


def add(services):
    return said("add", "ana", "telegram", "--server", services.url, answers=[TOKEN, "42"])


def test_an_address_is_asked_for_kept_and_told_by_nothing(there, services):
    done = add(services)
    assert done.exit_code == 0, done.output
    assert kept(there) == {
        "operators": {"ana": {"telegram": {"token": TOKEN, "chat": "42", "server": services.url}}}
    }
    assert TOKEN not in done.output
    assert TOKEN not in said("list").output
    assert "channels: [screen, telegram 10, email 60]" in done.output


def test_a_test_is_sent_and_says_what_came_back(there, services):
    add(services)
    done = said("test", "ana", "telegram")
    assert done.exit_code == 0, done.output
    (one,) = services.of("telegram")
    assert one.told["text"].startswith("Pregão: teste do canal")


def test_a_blocked_bot_says_what_to_do(there, services):
    add(services)
    services.blocked.add("42")
    done = said("test", "ana", "telegram")
    assert done.exit_code == 1
    assert "press Start" in done.output
    assert TOKEN not in done.output


def test_without_an_address_the_command_that_adds_one_is_named(there):
    done = said("test", "ana", "slack")
    assert (done.exit_code, "pregao channel add ana slack" in done.output) == (1, True)


def test_a_device_is_switched_on_in_the_page_whatever_word_is_tried(there):
    for word in ("test", "add"):
        done = said(word, "ana", "push")
        assert done.exit_code != 0
        assert "na página" in done.output
        assert "channel add ana push" not in done.output


@pytest.mark.parametrize("fault", [Fault(), Fault(429), Fault(500), Fault(403)])
def test_whatever_a_test_comes_to_it_says_what_to_do_or_where_that_stands(there, services, fault):
    add(services)
    services.faults += [fault] * 9
    done = said("test", "ana", "telegram")
    assert done.exit_code == 1
    assert re.search(r"; .*(RUNBOOK|network|Start)", done.output), done.output


def test_an_address_that_no_step_names_is_told_so(there, services):
    add(services)
    assert "telegram (sem passo · no step)" in said("list").output


def test_what_was_added_can_be_taken_away(there, services):
    add(services)
    assert said("remove", "ana", "telegram").exit_code == 0
    assert kept(there) == {"operators": {}}
    assert said("remove", "ana", "telegram").exit_code == 1


@pytest.mark.parametrize(
    "words",
    [
        ["add", "nobody", "telegram"],
        ["add", "ana", "pigeon"],
        ["add", "ana", "push"],
        ["add", "ana", "telegram", "--server", "http://10.0.0.1"],
    ],
)
def test_what_is_none_is_refused(there, words):
    assert said(*words, answers=[TOKEN, "42"]).exit_code == 2
    assert kept(there) == {}


@pytest.mark.parametrize(
    ("channel", "answers"),
    [("telegram", ["token", "42"]), ("slack", ["https://example.com"]), ("ntfy", ["x"])],
)
def test_an_address_of_another_form_is_refused_and_not_repeated(there, channel, answers):
    done = said("add", "ana", channel, answers=answers)
    assert (done.exit_code, kept(there)) == (2, {})


def test_keys_are_made_once_and_the_public_one_is_published(there):
    devices = Devices(there.client("dynamodb"), STATE["admission"])
    assert "pregao channel keys" in said("list").output
    assert said("keys").exit_code == 0
    first = kept(there)["vapid"], devices.public_key()
    assert said("keys").exit_code == 0
    assert (kept(there)["vapid"], devices.public_key()) == first
    said("keys", "--renew")
    assert kept(there)["vapid"] != first[0]
    assert devices.public_key() != first[1]


def test_every_device_of_somebody_goes(there):
    devices = Devices(there.client("dynamodb"), STATE["admission"])
    for name in ("phone", "desk"):
        devices.add("ana", Device(f"https://fcm.googleapis.com/{name}", "k", "a", name, NOW))
    assert "push (desk)" in said("list").output
    assert said("remove", "ana", "push").exit_code == 0
    assert devices.of("ana") == []


def test_what_does_not_reach_somebody_is_listed_until_it_works_again(there, services):
    add(services)
    troubles = Troubles(there.client("dynamodb"), there.outputs["AdmissionTable"])
    for at in range(3):
        troubles.failed("ana", Channel.TELEGRAM, "blocked", 1_795_443_000.0 + at)
    line = next(one for one in said("list").output.splitlines() if "!" in one)
    assert "telegram: blocked, desde · since 23/11/2026 11:10, 3x; abra a conversa" in line
    services.blocked.add("42")
    assert said("test", "ana", "telegram").exit_code == 1
    assert troubles.all() != []
    services.blocked.clear()
    assert said("test", "ana", "telegram").exit_code == 0
    assert troubles.all() == []
    assert "!" not in said("list").output
