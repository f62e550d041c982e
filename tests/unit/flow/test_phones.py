"""flow/phones: an operator's devices and silence, under their session's token, refused in words."""

from __future__ import annotations

import json
import time

import pytest

from pregao.domain.delivery.operators import Channel, Step
from pregao.domain.delivery.push import AT_MOST
from pregao.flow.authorize import Authorize
from pregao.flow.phones import Phones
from pregao.wire.push_request_v1 import LABEL_MAX, LARGEST, SILENT_AT_MOST_S
from pregao.wire.token_v1 import Identity, issue
from tests.fakes import NOW, Clock, FakeDevices, FakeTroubles, an_operator

KEY = "k" * 64
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SUBSCRIPTION = {"endpoint": ENDPOINT, "keys": {"p256dh": P256DH, "auth": AUTH}, "label": "Firefox, Android"}


class Desk:
    def __init__(self):
        self.clock, self.devices, self.counted = Clock(NOW), FakeDevices(), []
        self.devices.key, self.troubles = "PUBLIC", FakeTroubles()
        steps = (Step(Channel.PUSH, 5), Step(Channel.EMAIL, 60))
        self.operators = (an_operator("ana", steps=steps), an_operator("bruno"))
        roles = {one.id: one.role for one in self.operators}
        self.phones = Phones(
            self.operators,
            Authorize([KEY], roles, frozenset()),
            self.devices,
            self.clock,
            self.counted.append,
            self.troubles,
        )

    def ask(self, method, body=None, who="ana", key=None, token=None):
        token = token or issue(Identity(who, "trader"), KEY, now=time.time(), life_s=600)
        text = json.dumps(body) if not isinstance(body, bytes) else None
        raw = body if text is None else text.encode()
        return self.phones.answer(method, {"authorization": f"Bearer {token}"}, {"key": key}, raw)


@pytest.fixture
def desk():
    return Desk()


def test_a_device_is_added_and_shown_without_its_address(desk):
    told = desk.ask("POST", SUBSCRIPTION)
    assert told.status == 201
    (one,) = told.fields["devices"]
    assert (one["label"], one["since"]) == ("Firefox, Android", NOW)
    assert told.fields["key"] == "PUBLIC"
    assert told.fields["steps"][0] == {"channel": "push", "after_s": 5}
    assert ENDPOINT not in json.dumps(told.fields)
    assert AUTH not in json.dumps(told.fields)


def test_it_is_its_owner_s_alone(desk):
    desk.ask("POST", SUBSCRIPTION)
    assert desk.ask("GET", who="bruno").fields["devices"] == []
    key = desk.ask("GET").fields["devices"][0]["key"]
    desk.ask("DELETE", who="bruno", key=key)
    assert len(desk.ask("GET").fields["devices"]) == 1
    assert desk.ask("DELETE", key=key).fields["devices"] == []


def test_the_same_device_again_is_one_and_beyond_the_bound_the_oldest_goes(desk):
    for number in range(AT_MOST + 2):
        desk.clock.now += 1
        told = desk.ask("POST", {**SUBSCRIPTION, "endpoint": f"{ENDPOINT}{number}", "label": str(number)})
        desk.ask("POST", {**SUBSCRIPTION, "endpoint": f"{ENDPOINT}{number}", "label": str(number)})
    assert [one["label"] for one in told.fields["devices"]] == ["2", "3", "4", "5", "6"]


FORGED = issue(Identity("ana", "trader"), "x" * 64, now=time.time(), life_s=600)


@pytest.mark.parametrize("token", ["", "no.token.at-all", FORGED])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_without_a_good_token_nothing_is_told_or_kept(desk, method, token):
    body = json.dumps(SUBSCRIPTION).encode()
    told = desk.phones.answer(method, {"authorization": f"Bearer {token}"}, None, body)
    assert (told.status, desk.devices.of("ana")) == (401, [])
    assert "devices" not in told.fields
    assert desk.counted


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"not JSON", "bad_request"),
        ([], "bad_request"),
        ({}, "no_push_service"),
        ({**SUBSCRIPTION, "endpoint": "https://10.0.0.1/x"}, "no_push_service"),
        ({**SUBSCRIPTION, "endpoint": "http://127.0.0.1:1/x"}, "no_push_service"),
        ({**SUBSCRIPTION, "endpoint": 5}, "no_push_service"),
        ({**SUBSCRIPTION, "keys": None}, "bad_request"),
        ({**SUBSCRIPTION, "label": 5}, "bad_request"),
        ({**SUBSCRIPTION, "keys": {"p256dh": P256DH}}, "bad_key"),
        ({**SUBSCRIPTION, "keys": {"p256dh": AUTH, "auth": AUTH}}, "bad_key"),
        ({**SUBSCRIPTION, "keys": {"p256dh": "!" * 87, "auth": AUTH}}, "bad_key"),
        ({**SUBSCRIPTION, "label": "x" * LARGEST}, "too_large"),
        ({"silent_until": NOW}, "bad_time"),
        ({"silent_until": NOW + SILENT_AT_MOST_S + 1}, "bad_time"),
        ({"silent_until": True}, "bad_time"),
        ({"silent_until": "14:00"}, "bad_time"),
        (b'{"silent_until": NaN}', "bad_time"),
    ],
)
def test_what_cannot_be_taken_is_refused_in_words(desk, body, why):
    told = desk.ask("POST", body)
    assert (told.status, told.fields["error"]) == (400, why)
    assert told.fields["reasons"]
    assert desk.devices.of("ana") == []
    assert desk.counted == [why]


def test_a_label_is_cut_and_holds_what_can_be_seen(desk):
    (one,) = desk.ask("POST", {**SUBSCRIPTION, "label": "a\u202e\n" + "b" * 200}).fields["devices"]
    assert one["label"] == "a" + "b" * (LABEL_MAX - 1)


def test_a_silence_is_seen_and_is_over_by_itself_or_when_it_is_lifted(desk):
    assert desk.ask("POST", {"silent_until": NOW + 600}).fields["silent_until"] == NOW + 600
    assert desk.ask("GET", who="bruno").fields["silent_until"] is None
    desk.clock.now += 600
    assert desk.ask("GET").fields["silent_until"] is None
    desk.ask("POST", {"silent_until": desk.clock() + 60})
    assert desk.ask("POST", {"silent_until": None}).fields["silent_until"] is None


def test_what_does_not_reach_somebody_is_told_to_them_alone_until_they_have_another_device(desk):
    desk.troubles.failed("ana", Channel.PUSH, "expired", NOW)
    desk.troubles.failed("ana", Channel.TELEGRAM, "blocked", NOW + 1)
    desk.troubles.failed("ana", Channel.TELEGRAM, "blocked", NOW + 9)
    assert desk.ask("GET").fields["troubles"] == [
        {"channel": "push", "cause": "expired", "since": NOW, "times": 1},
        {"channel": "telegram", "cause": "blocked", "since": NOW + 1, "times": 2},
    ]
    assert desk.ask("GET", who="bruno").fields["troubles"] == []
    told = desk.ask("POST", SUBSCRIPTION).fields["troubles"]
    assert [one["channel"] for one in told] == ["telegram"]
