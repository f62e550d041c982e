"""flow.ports.phone.Devices on the fake and on DynamoDB (moto)."""

from __future__ import annotations

import pytest

from pregao.aws.tables.delivery.devices import Devices
from pregao.aws.tables.delivery.reach_book import ReachBook
from pregao.domain.delivery.push import AT_MOST, Device
from tests.cloud import STATE, moto_dynamo
from tests.fakes import NOW, FakeDevices

PHONE = Device("https://fcm.googleapis.com/a", "key", "auth", "phone", NOW)


@pytest.fixture(params=["fake", "moto"])
def devices(request):
    if request.param == "fake":
        yield FakeDevices()
        return
    with moto_dynamo() as dynamo:
        yield Devices(dynamo, STATE["admission"])


def numbered(number):
    return Device(f"https://fcm.googleapis.com/{number}", "key", "auth", str(number), NOW + number)


def test_the_oldest_first_and_each_once(devices):
    for one in (numbered(2), numbered(1), numbered(2)):
        devices.add("ana", one)
    assert devices.of("ana") == [numbered(1), numbered(2)]
    assert devices.of("bruno") == []


def test_beyond_the_bound_the_oldest_goes(devices):
    for number in range(AT_MOST + 1):
        devices.add("ana", numbered(number))
    assert devices.of("ana") == [numbered(number) for number in range(1, AT_MOST + 1)]


def test_a_device_is_forgotten_by_its_key_its_owner_s_alone(devices):
    devices.add("ana", PHONE)
    devices.add("bruno", PHONE)
    devices.remove("bruno", PHONE.key)
    devices.remove("bruno", PHONE.key)
    assert (devices.of("ana"), devices.of("bruno")) == ([PHONE], [])


def test_a_silence_is_no_device(devices):
    assert devices.silent_until("ana") is None
    devices.silence("ana", NOW + 60)
    assert devices.silent_until("ana") == NOW + 60
    assert devices.of("ana") == []
    devices.silence("ana", None)
    assert devices.silent_until("ana") == 0.0


def test_there_is_no_key_before_one_is_made(devices):
    assert devices.public_key() is None


def test_a_silence_is_seen_beside_how_far_an_alert_is():
    """Where the page reads who got an alert, of several operators at once."""
    with moto_dynamo() as dynamo:
        devices, reach = Devices(dynamo, STATE["admission"]), ReachBook(dynamo, STATE["admission"])
        for name, until in (("ana", NOW + 600.5), ("bruno", NOW - 5)):
            devices.silence(name, until)
        assert reach.silent(["ana", "bruno", "carla"]) == {"ana": NOW + 600.5, "bruno": NOW - 5}
        assert reach.silent([]) == {}
        assert reach.reached("0" * 64, ["ana"]) == {}
