"""flow.ports.phone.OpportunityNotes on the fake and on DynamoDB (moto)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pregao.aws.tables.delivery.opportunity_notes import Notes
from pregao.domain.alerts.alert import Opportunity
from pregao.domain.delivery.operators import Channel
from pregao.flow.ports.phone import KeptNote
from tests.cloud import STATE, moto_dynamo
from tests.fakes import NOW, FakeNotes, an_alert

WHO = "ana", Channel.TELEGRAM


@pytest.fixture(params=["fake", "moto"])
def notes(request):
    if request.param == "fake":
        yield FakeNotes()
        return
    with moto_dynamo() as dynamo:
        yield Notes(dynamo, STATE["admission"])


def numbered(seq, opportunity="o"):
    return replace(an_alert(), id=f"{seq:064}", seq=seq, opportunity=Opportunity(opportunity))


def test_nothing_is_known_before(notes):
    assert notes.of("o", *WHO) == KeptNote()


def test_the_newest_alert_s_message_is_kept_and_the_older_one_taken_back(notes):
    assert notes.keep(numbered(1), *WHO, "11", NOW) is None
    assert notes.keep(numbered(2), *WHO, "12", NOW) == KeptNote(numbered(1), "11")
    assert notes.of("o", *WHO) == KeptNote(numbered(2), "12")


def test_one_that_comes_too_late_is_taken_back_itself(notes):
    notes.keep(numbered(2), *WHO, "12", NOW)
    assert notes.keep(numbered(1), *WHO, "13", NOW) == KeptNote(numbered(1), "13")
    assert notes.of("o", *WHO) == KeptNote(numbered(2), "12")


def test_the_same_twice_takes_nothing_back(notes):
    notes.keep(numbered(1), *WHO, "11", NOW)
    assert notes.keep(numbered(1), *WHO, "11", NOW) is None


def test_what_joins_is_told_once_in_its_order_also_before_a_message_is_there(notes):
    for seq in (10, 3, 10):
        notes.join(numbered(seq), *WHO, f"line {seq}", NOW)
    assert notes.of("o", *WHO) == KeptNote(joined=("line 3", "line 10"))
    notes.keep(numbered(1), *WHO, "11", NOW)
    told = notes.join(numbered(200), *WHO, "line 200", NOW)
    assert told == KeptNote(numbered(1), "11", ("line 3", "line 10", "line 200"))


def test_of_each_opportunity_operator_and_channel_there_is_one(notes):
    notes.keep(numbered(1), *WHO, "11", NOW)
    assert notes.keep(numbered(2, "p"), *WHO, "12", NOW) is None
    assert notes.keep(numbered(2), "bruno", Channel.TELEGRAM, "12", NOW) is None
    assert notes.of("o", "carla", Channel.TELEGRAM) == KeptNote()
