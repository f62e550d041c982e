"""One message per opportunity on a channel that lets messages be changed."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import pytest

from pregao.domain.alerts.alert import Opportunity
from pregao.domain.alerts.signal import Pattern
from pregao.domain.delivery.alert_state import Taken
from pregao.domain.delivery.operators import Channel
from pregao.domain.delivery.timer import Timer
from pregao.flow.ports.refusals import ChannelRefused, ChannelSilent
from pregao.flow.steps.current_note import EDIT_S, ROUNDS
from pregao.flow.steps.in_time import TimeLeft
from pregao.flow.steps.settled import Settled
from tests.fakes import CANDLE, NOW, FakeAdmissionBook, admitted, an_alert
from tests.unit.flow.steps.test_phone import Desk


class Told(Desk):
    """Ana's desk, whose alerts are of one opportunity."""

    about: ClassVar = {"opportunity": Opportunity("o")}

    def another(self, minutes, **changes):
        at = CANDLE + 60 * minutes
        one = an_alert(at, now=at + 300.25, **self.about, **changes)
        return admitted(FakeAdmissionBook(self.store), one)

    def joins(self, alert):
        return self.take(Timer(alert, (), 1, "joins", joins=("ana", "nobody")))

    @property
    def telegram(self):
        return self.senders[Channel.TELEGRAM]


@pytest.fixture
def desk():
    return Told()


def test_what_rings_later_takes_the_place_of_what_rang_before(desk):
    desk.settle(Channel.TELEGRAM)
    assert desk.telegram.withdrawn == []
    desk.alert = desk.another(5, pattern=Pattern.UNUSUAL_RANGE)
    desk.settle(Channel.TELEGRAM)
    assert [note.alert_id for note in desk.sent(Channel.TELEGRAM)][1:] == [desk.alert.id]
    assert desk.telegram.withdrawn == [("ana", "note-1")]


def test_what_is_sent_late_of_an_older_alert_goes_itself(desk):
    older = desk.alert
    desk.alert = desk.another(5, pattern=Pattern.UNUSUAL_RANGE)
    desk.settle(Channel.TELEGRAM)
    desk.alert = older
    desk.settle(Channel.TELEGRAM)
    assert desk.telegram.withdrawn == [("ana", "note-2")]


@pytest.mark.parametrize("error", [ChannelRefused("bad_request"), ChannelSilent()])
def test_a_service_that_does_not_take_it_back_stops_nothing(desk, error):
    desk.settle(Channel.TELEGRAM)
    desk.alert = desk.another(5, pattern=Pattern.UNUSUAL_RANGE)
    desk.telegram.faults.before("withdraw", error)
    assert desk.settle(Channel.TELEGRAM) == Settled(steps={"telegram sent": 1})
    assert desk.audited("telegram") == ["intent", "sent"] * 2


def test_push_replaces_by_its_topic(desk):
    desk.settle(Channel.PUSH)
    desk.alert = desk.another(5, pattern=Pattern.UNUSUAL_RANGE)
    desk.settle(Channel.PUSH)
    assert [note.topic for note in desk.sent()] == ["o", "o"]
    assert desk.senders[Channel.PUSH].withdrawn == []


def test_what_joins_is_a_line_of_the_message_and_rings_nobody(desk):
    desk.settle(Channel.TELEGRAM)
    for minutes, price in ((5, 131_300.0), (10, 131_350.0)):
        joining = desk.another(minutes, price=price)
        assert [desk.joins(joining) for _ in range(2)] == [Settled(), Settled()]
    assert len(desk.sent(Channel.TELEGRAM)) == 1
    provider_id, note = desk.telegram.amended[-1]
    assert (provider_id, note.alert_id) == ("note-1", desk.alert.id)
    assert [line for line in note.lines if line.startswith("+")] == [
        "+ ▲ COMPRA WINZ26 @ 131.300 · Rompimento de nível (11:10)",
        "+ ▲ COMPRA WINZ26 @ 131.350 · Rompimento de nível (11:15)",
    ]
    assert desk.audited("telegram") == ["intent", "sent"]


def test_what_joins_before_the_message_goes_stands_in_it(desk):
    desk.joins(desk.another(5))
    assert desk.telegram.amended == []
    desk.settle(Channel.TELEGRAM)
    (note,) = desk.sent(Channel.TELEGRAM)
    assert sum(line.startswith("+") for line in note.lines) == 1


def test_a_message_that_says_who_decided_keeps_what_joined_and_hears_of_no_more(desk):
    desk.settle(Channel.TELEGRAM)
    desk.joins(desk.another(5))
    desk.store.decisions[desk.alert.id] = Taken("ana", "executed", NOW + 30)
    desk.settle(Channel.EMAIL)
    _, note = desk.telegram.amended[-1]
    assert "Executado por Ana" in note.lines[-1]
    assert sum(line.startswith("+") for line in note.lines) == 1
    amended = len(desk.telegram.amended)
    desk.joins(desk.another(10))
    assert len(desk.telegram.amended) == amended


def test_a_service_that_does_not_change_it_stops_nothing(desk):
    desk.settle(Channel.TELEGRAM)
    desk.telegram.faults.before("amend", ChannelSilent())
    assert desk.joins(desk.another(5)) == Settled()


def test_who_does_not_carry_it_is_told_nothing(desk):
    desk.settle(Channel.TELEGRAM)
    desk.ana = replace(desk.ana, steps=(desk.ana.steps[0], desk.ana.steps[-1]))
    desk.joins(desk.another(5))
    assert desk.telegram.amended == []


def test_for_whom_the_time_is_too_short_another_timer_begins(desk):
    """A service that hangs for one after the other would end the function, and the timers beside this one."""
    left = iter([75.0, EDIT_S, EDIT_S - 1])
    desk.time, joining = TimeLeft(lambda: next(left)), desk.another(5)
    desk.time.for_more(0)
    timer = Timer(joining, (), 1, "joins", joins=("ana", "nobody", "bruno"))
    assert desk.take(timer) == Settled()
    ((rest, delay),) = desk.queue.started
    assert (rest, delay) == (replace(timer, joins=("nobody", "bruno")), 0)


def test_what_joins_while_the_message_is_on_its_way_stands_in_it(desk):
    joining, send = desk.another(5), desk.telegram.send
    desk.telegram.send = lambda *args: (desk.joins(joining), send(*args))[1]
    desk.settle(Channel.TELEGRAM)
    ((provider_id, note),) = desk.telegram.amended
    assert provider_id == "note-1"
    assert any(line.startswith("+ ▲") for line in note.lines)


class TestSideBySide:
    """Two change one message at once, and what was read first is written last."""

    @staticmethod
    def meanwhile(desk, happens):
        """While the next change is on its way to the service, something else happens whole."""
        amend, once = desk.telegram.amend, [happens]

        def slow(*args):
            if once:
                once.pop()()
            amend(*args)

        desk.telegram.amend = slow

    @staticmethod
    def lines(desk):
        return [line for line in desk.telegram.amended[-1][1].lines if line.startswith("+")]

    def test_two_that_join_stand_in_it(self, desk):
        desk.settle(Channel.TELEGRAM)
        first, second = desk.another(5), desk.another(10)
        self.meanwhile(desk, lambda: desk.joins(second))
        desk.joins(first)
        assert len(self.lines(desk)) == 2

    def test_a_decision_and_one_that_joins(self, desk):
        """The message would ask for a decision that is taken, with its buttons."""
        desk.settle(Channel.TELEGRAM)

        def decided():
            desk.store.decisions[desk.alert.id] = Taken("ana", "executed", NOW + 30)
            desk.settle(Channel.EMAIL)

        self.meanwhile(desk, decided)
        desk.joins(desk.another(5))
        note = desk.telegram.amended[-1][1]
        assert "Executado por Ana" in note.lines[-1]
        assert len(self.lines(desk)) == 1
        assert note.links == ()

    def test_an_older_text_whose_answer_is_lost(self, desk):
        """The service hangs and takes it after the newer one."""
        desk.settle(Channel.TELEGRAM)
        amend = desk.telegram.amend

        def lost(*args):
            desk.telegram.amend = amend
            desk.store.decisions[desk.alert.id] = Taken("ana", "executed", NOW + 30)
            desk.settle(Channel.EMAIL)
            amend(*args)
            raise ChannelSilent("too_slow")

        desk.telegram.amend = lost
        desk.joins(desk.another(5))
        assert "Executado por Ana" in desk.telegram.amended[-1][1].lines[-1]

    def test_one_that_joins_while_a_message_is_brought_up_to_date_behind_its_sending(self, desk):
        send = desk.telegram.send
        desk.telegram.send = lambda *args: (desk.joins(desk.another(5)), send(*args))[1]
        self.meanwhile(desk, lambda: desk.joins(desk.another(10)))
        desk.settle(Channel.TELEGRAM)
        assert len(self.lines(desk)) == 2

    def test_one_that_joins_while_it_is_told_who_decided(self, desk):
        desk.settle(Channel.TELEGRAM)
        desk.store.decisions[desk.alert.id] = Taken("ana", "executed", NOW + 30)
        self.meanwhile(desk, lambda: desk.joins(desk.another(5)))
        desk.settle(Channel.EMAIL)
        assert len(self.lines(desk)) == 1
        assert "Executado por Ana" in desk.telegram.amended[-1][1].lines[-1]

    def test_a_message_that_changes_all_the_time_is_left_after_a_while(self, desk):
        desk.settle(Channel.TELEGRAM)
        minutes = iter(range(10, 10_000, 5))
        amend = desk.telegram.amend

        def busy(*args):
            amend(*args)
            one = desk.another(next(minutes))
            desk.notes.join(one, "ana", Channel.TELEGRAM, f"+ {one.id}", NOW)

        desk.telegram.amend = busy
        desk.joins(desk.another(5))
        assert len(desk.telegram.amended) == ROUNDS
