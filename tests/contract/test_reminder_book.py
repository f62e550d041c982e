"""The port ReminderBook: what comes back to whom and when, and each step's link in the chain."""

from __future__ import annotations

import pytest

from pregao.domain.audit.chain import broken_at, link
from pregao.domain.audit.records import reminder_record
from pregao.domain.delivery.reminder import Reminder
from pregao.flow.ports.refusals import Contended
from tests.fakes import CANDLE, NOW, admitted, an_alert


@pytest.fixture
def alert(world):
    return admitted(world.admission, an_alert())


def write(world, alert, how, at, tail=None, who="ana"):
    tail = tail or world.reminders.tail(alert.contract, NOW)
    record = link([reminder_record(alert, f"op-{who}", at, NOW)], tail)[0][0]
    reminder = Reminder(who, alert.id, at or 0.0)
    getattr(world.reminders, how)(reminder, record, tail)
    return reminder


def test_its_time_comes_and_it_is_told_once(world, alert):
    set_ = write(world, alert, "remind", NOW + 900)
    assert world.reminders.of("ana") == [set_]
    assert world.reminders.of("bruno") == []
    assert world.open.undecided(NOW + 899, 10).reminders == []
    assert world.open.undecided(NOW + 900, 10).reminders == [set_]
    world.reminders.done(set_)
    world.reminders.done(set_)
    assert world.open.undecided(NOW + 10**6, 10).reminders == world.reminders.of("ana") == []


def test_a_later_one_takes_its_place(world, alert):
    first = write(world, alert, "remind", NOW + 900)
    second = write(world, alert, "remind", NOW + 1800)
    world.reminders.done(first)  # told by a round that had read it before
    assert world.reminders.of("ana") == [second]
    assert world.open.undecided(NOW + 1800, 10).reminders == [second]


def test_one_taken_back_does_not_come(world, alert):
    write(world, alert, "remind", NOW + 900)
    write(world, alert, "forget", None)
    write(world, alert, "forget", None)
    assert world.reminders.of("ana") == world.open.undecided(NOW + 10**6, 10).reminders == []
    records = world.records("acao")
    assert [one["kind"] for one in records] == ["reminder"] * 3
    assert broken_at(records) is None


def test_everybody_has_their_own_the_longest_due_first(world, alert):
    other = admitted(world.admission, an_alert(CANDLE + 300))
    late = write(world, alert, "remind", NOW + 1800)
    soon = write(world, other, "remind", NOW + 900)
    of_bruno = write(world, alert, "remind", NOW + 60, who="bruno")
    assert world.open.undecided(NOW + 10**6, 10).reminders == [of_bruno, soon, late]


def test_a_chain_that_moved_is_contended_and_nothing_is_kept(world, alert):
    tail = world.reminders.tail(alert.contract, NOW)
    write(world, alert, "remind", NOW + 900)
    with pytest.raises(Contended):
        write(world, alert, "remind", NOW + 1800, tail)
    assert [one.at for one in world.reminders.of("ana")] == [NOW + 900]
