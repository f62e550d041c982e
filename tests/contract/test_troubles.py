"""flow.ports.phone.TroubleBook on the fake and on DynamoDB (moto)."""

from __future__ import annotations

import pytest

from pregao.aws.tables.delivery.troubles import Troubles
from pregao.domain.delivery.operators import Channel
from pregao.domain.delivery.trouble import InTrouble, Trouble, in_trouble
from tests.cloud import STATE, moto_dynamo
from tests.fakes import NOW, FakeTroubles

BLOCKED = "ana", Channel.TELEGRAM, "blocked"


@pytest.fixture(params=["fake", "moto"])
def troubles(request):
    if request.param == "fake":
        yield FakeTroubles()
        return
    with moto_dynamo() as dynamo:
        yield Troubles(dynamo, STATE["admission"])


def test_a_cause_begins_once_and_is_counted(troubles):
    assert [troubles.failed(*BLOCKED, NOW + at) for at in range(3)] == [True, False, False]
    assert troubles.all() == [Trouble(*BLOCKED, NOW, NOW + 2, 3)]


def test_it_begins_again_after_the_channel_worked(troubles):
    troubles.failed(*BLOCKED, NOW)
    troubles.worked("ana", Channel.TELEGRAM)
    assert troubles.all() == []
    assert troubles.failed(*BLOCKED, NOW + 9)


def test_each_operator_channel_and_cause_has_its_own(troubles):
    troubles.failed(*BLOCKED, NOW)
    others = [("ana", Channel.TELEGRAM, "429"), ("ana", Channel.PUSH, "429"), ("an", Channel.PUSH, "429")]
    assert all(troubles.failed(*one, NOW + at) for at, one in enumerate(others, 1))
    assert [(one.channel, one.cause) for one in troubles.of("ana")] == [
        ("telegram", "blocked"),
        ("telegram", "429"),
        ("push", "429"),
    ]
    troubles.worked("ana", Channel.TELEGRAM)
    assert [(one.operator, one.channel) for one in troubles.all()] == [("ana", "push"), ("an", "push")]


def test_what_never_was_can_end(troubles):
    troubles.worked("ana", Channel.PUSH)
    assert troubles.of("ana") == []


def test_the_sum_names_nobody_and_passes_who_is_off_the_desk():
    found = [
        Trouble("ana", Channel.PUSH, "expired", NOW, NOW + 1),
        Trouble("ana", Channel.TELEGRAM, "blocked", NOW + 2, NOW + 9),
        Trouble("gone", Channel.PUSH, "429", NOW - 9, NOW + 99),
    ]
    assert in_trouble(found, {"ana", "bruno"}) == InTrouble(1, NOW, "blocked", Channel.TELEGRAM)
    assert in_trouble(found, {"bruno"}) is None
