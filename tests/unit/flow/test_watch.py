"""The story of flow/watch: each minute what was left open is sent again, closed or told."""

from __future__ import annotations

import json

import pytest

from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.audit.chain import GENESIS, TABLES, broken_at
from pregao.domain.delivery.alert_state import WATCH_S, HandedOver, Taken
from pregao.domain.delivery.operators import Interest
from pregao.domain.delivery.reminder import TRIED_S, Reminder
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why
from pregao.domain.delivery.suppression import Suppression, address_key
from pregao.domain.feeds.silence import FeedRules
from pregao.flow.ports.audit import EndedDay
from pregao.flow.ports.delivery import Rings
from pregao.flow.ports.refusals import Contended, MailBusy, MailRefused, OutOfTime, Refused
from pregao.flow.steps.channels import Channels
from pregao.flow.steps.feeds import Feeding
from pregao.flow.steps.in_time import TimeLeft
from pregao.flow.watch import (
    GIVE_UP_S,
    OVERDUE_AGAIN_S,
    RESENDS,
    UNSETTLED_AGAIN_S,
    Alerts,
    Watch,
    Watched,
    watch,
)
from tests.fakes import (
    CANDLE,
    NOW,
    OVERDUE_S,
    PLENTY,
    SETTLED_S,
    AtOnce,
    Clock,
    FakeActionBook,
    FakeAdmissionBook,
    FakeAlertLog,
    FakeAlertQueue,
    FakeDayBook,
    FakeDeadLetters,
    FakeDeliveryBook,
    FakeFallbackQueue,
    FakeFeedBook,
    FakeMailbox,
    FakeOpenBook,
    FakeReminderBook,
    FakeScreens,
    FakeSuppressions,
    FakeUnreachedBook,
    Store,
    admitted,
    an_alert,
    an_entry,
    an_operator,
)


class Desk:
    """Ana with a screen, Bruno (English) with none."""

    def __init__(self):
        self.store, self.clock, self.screens = Store(), Clock(), FakeScreens()
        self.queue, self.dead, self.mailbox = FakeAlertQueue(), FakeDeadLetters(), FakeMailbox()
        self.admission, self.deliveries = FakeAdmissionBook(self.store), FakeDeliveryBook(self.store)
        self.timers = FakeFallbackQueue()
        self.actions, self.pauses = FakeActionBook(self.store), []
        self.screens.watch("a1", "ana")
        self.store.ended = dict.fromkeys(TABLES, EndedDay("2026-11-22", GENESIS))
        self.desk = [an_operator("ana"), an_operator("bruno", language="en")]
        self.each = False

    def watch(self, after=0.0, time=PLENTY):
        self.clock.now += after
        open_book = FakeOpenBook(self.store)
        mailboxes = FakeSuppressions(self.store), FakeUnreachedBook(self.store)
        queues = self.queue, self.dead, self.deliveries, self.timers, self.actions
        alerts = Alerts(open_book, *queues, FakeAlertLog(self.store), FakeReminderBook(self.store))
        channels = Channels(
            self.desk, self.screens, AtOnce(), self.mailbox, *mailboxes, "pregao@mesa.example"
        )
        pause, clock = self.pauses.append, self.clock
        feeds = Feeding(FakeFeedBook(self.store), FeedRules({}), channels, pause, clock)
        story = Watch(alerts, channels, feeds, FakeDayBook(self.store), pause, clock, each=self.each)
        return watch(story, time)

    def admit(self, count=1):
        return [admitted(self.admission, an_alert(CANDLE + 300 * n)) for n in range(count)]

    def hold_back(self, count, first=0):
        self.clock.now = max(self.clock.now, NOW + first + count)
        for n in range(first, first + count):
            one = an_alert(CANDLE + 300 * n)
            head = self.admission.head(one.contract, NOW)
            self.admission.commit(an_entry(head, one, Verdict.QUEUE_FULL, NOW + n), AdmissionRules(), NOW + n)

    def heard(self, action):
        frames = [json.loads(raw) for _, raw in self.screens.frames]
        return [frame for frame in frames if frame["action"] == action]


@pytest.fixture
def desk():
    return Desk()


def test_a_quiet_minute_does_nothing(desk):
    assert desk.watch() == Watched()
    assert desk.screens.frames == []


class TestSendAgain:
    def test_what_the_queue_never_heard_of(self, desk):
        alerts = desk.admit(2)
        assert desk.watch(OVERDUE_S - 1) == Watched()
        assert desk.watch(1) == Watched(sent_again=2)
        assert desk.queue.sent == alerts

    def test_not_at_once_again(self, desk):
        desk.admit()
        desk.watch(OVERDUE_S)
        assert desk.watch(OVERDUE_AGAIN_S - 1) == Watched()
        assert desk.watch(1).sent_again == 1

    def test_a_queue_that_does_not_answer_costs_one_round(self, desk):
        desk.admit()
        desk.queue.faults.before("send", ConnectionError())
        with pytest.raises(ExceptionGroup):
            desk.watch(OVERDUE_S)
        assert desk.watch(OVERDUE_AGAIN_S).sent_again == 1

    def test_what_goes_again_and_again_in_vain_is_buried_once(self, desk):
        (alert,) = desk.admit()
        desk.clock.now += OVERDUE_S
        rounds = [desk.watch(OVERDUE_AGAIN_S) for _ in range(RESENDS + 3)]
        assert sum(one.sent_again for one in rounds) == len(desk.queue.sent) == RESENDS
        assert sum(one.given_up for one in rounds) == 1
        ((dead_letters, reason),) = desk.dead.dead_letters
        assert dead_letters == alert
        assert f"{RESENDS} times" in reason


class TestSettle:
    @pytest.fixture
    def delivered(self, desk):
        """One alert that is delivered, decided on and not settled."""
        (alert,) = desk.admit()
        tail = desk.deliveries.tail(alert.contract, NOW)
        desk.deliveries.begin(alert, [], tail, NOW, 30)
        desk.deliveries.finish(alert, [], tail)
        desk.store.decisions[alert.id] = {}
        return alert

    def test_starts_the_lost_timers_of_whoever_has_neither_seen_nor_got_it(self, desk, delivered):
        desk.deliveries.received(delivered.id, "ana", NOW + 1)
        assert desk.watch(SETTLED_S - 1) == Watched()
        assert desk.watch(2) == Watched(sent_again=1)
        ((timer, delay),) = desk.timers.started
        assert (timer.operators, timer.attempt, delay) == (("bruno",), 1, 0)
        assert desk.watch(UNSETTLED_AGAIN_S - 1) == Watched()
        assert desk.watch(1).sent_again == 1

    def test_closes_what_two_timers_settled_at_the_same_moment(self, desk, delivered):
        desk.deliveries.mailed(delivered.id, "ana", NOW + 1)
        desk.deliveries.gave_up(delivered.id, "bruno", NOW + 1)
        assert desk.watch(SETTLED_S + 1) == Watched()
        assert desk.store.unsettled_at == {}

    def test_what_never_settles_is_buried(self, desk, delivered):
        desk.clock.now += SETTLED_S
        rounds = [desk.watch(UNSETTLED_AGAIN_S) for _ in range(RESENDS + 2)]
        assert len(desk.timers.started) == RESENDS
        assert sum(one.given_up for one in rounds) == 1
        assert "ana, bruno" in desk.dead.dead_letters[0][1]


class TestTimeOut:
    def test_closes_what_nobody_decided_on_and_tells_the_screens(self, desk):
        (alert,) = desk.admit()
        desk.store.overdue_at.clear()
        desk.clock.now = alert.decide_by
        assert desk.watch() == Watched(timed_out=1)
        (record,) = desk.store.of("acao_operador_audit", alert_id=alert.id)
        assert (record["operator"], record["decision"]) == ("system", "TIMEOUT")
        (news,) = desk.heard("action")
        assert (news["alert_id"], news["decision"]) == (alert.id, "TIMEOUT")
        assert desk.watch() == Watched()
        assert broken_at(desk.store.records["acao_operador_audit"]) is None

    def test_each_screen_hears_of_what_concerns_its_operator_and_of_nothing_else(self, desk):
        """One reading for all that ended in a round; Walter trades the dollar, Vera both."""
        desk.desk += [an_operator("walter", interest=Interest(("WDO",))), an_operator("vera")]
        desk.screens.watch("w1", "walter", Interest())
        desk.screens.watch("v1", "vera", Interest(("WDO",)))
        (index,) = desk.admit()
        dollar = an_alert(CANDLE, instrument="WDO", contract="WDOZ26", symbol="WDO$N")
        admitted(desk.admission, dollar)
        desk.store.overdue_at.clear()
        desk.clock.now = max(index.decide_by, dollar.decide_by)
        assert desk.watch().timed_out == 2
        told = [(name, json.loads(raw)["alert_id"]) for name, raw in desk.screens.frames]
        assert sorted(told) == sorted(
            [("w1", dollar.id), *((name, one.id) for name in ("a1", "v1") for one in (index, dollar))]
        )

    def test_a_chain_that_moves_is_read_again(self, desk):
        (alert,) = desk.admit()
        desk.store.overdue_at.clear()
        desk.clock.now = alert.decide_by
        original, busy = desk.actions.tail, [Contended()]

        def tail(contract, now):
            if busy:
                raise busy.pop()
            return original(contract, now)

        desk.actions.tail = tail
        assert desk.watch().timed_out == 1
        assert desk.pauses == [1]


class TestTimeOutOfEach:
    """In a desk where each decides: of every trader who was rung and did not decide."""

    @pytest.fixture
    def alert(self, desk):
        (alert,) = desk.admit()
        desk.store.overdue_at.clear()
        desk.clock.now = alert.decide_by
        desk.each = True
        return alert

    def decisions(self, desk):
        return [(one["operator"], one["decision"]) for one in desk.store.of("acao_operador_audit")]

    def test_of_who_did_not_decide(self, desk, alert):
        desk.store.own[alert.id, "ana"] = Taken("ana", "executed", NOW)
        assert desk.watch() == Watched(timed_out=1)
        assert self.decisions(desk) == [("op-bruno", "TIMEOUT")]
        (news,) = desk.heard("action")
        assert (news["operator"], news["decision"], news["own"]) == ("bruno", "TIMEOUT", True)
        assert desk.watch() == Watched()

    def test_of_whom_it_was_handed_to_and_not_of_who_handed_it_over(self, desk, alert):
        desk.store.handed[alert.id, "ana"] = HandedOver("bruno", NOW)
        desk.watch()
        assert self.decisions(desk) == [("op-bruno", "TIMEOUT")]

    def test_not_of_whom_it_did_not_ring(self, desk, alert):
        desk.store.listed[alert.id] = {"bruno": RingDecision(Ring.LISTED, Why.JOINS)}
        desk.watch()
        assert self.decisions(desk) == [("op-ana", "TIMEOUT")]

    def test_of_the_desk_where_no_trader_was_rung(self, desk, alert):
        joins = RingDecision(Ring.LISTED, Why.JOINS)
        desk.store.listed[alert.id] = {"ana": joins, "bruno": joins}
        desk.watch()
        assert self.decisions(desk) == [("system", "TIMEOUT")]

    def test_who_watches_has_an_hour(self, desk, alert):
        desk.store.watched[alert.id, "ana"] = Taken("ana", "watching", NOW)
        assert desk.watch().timed_out == 1
        assert desk.watch(WATCH_S) == Watched()
        assert self.decisions(desk) == [("op-bruno", "TIMEOUT")]
        assert desk.store.own[alert.id, "ana"].decision == "watching"

    def test_a_large_desk_takes_several_rounds(self, desk, alert):
        desk.desk = tuple(an_operator(f"trader-{n}") for n in range(60))
        assert [desk.watch().timed_out for _ in range(4)] == [1, 1, 1, 0]
        assert len({one for one, _ in self.decisions(desk)}) == len(self.decisions(desk)) == 60


class TestWatchedByTheDesk:
    def test_the_first_who_watched_has_the_last_word(self, desk):
        (alert,) = desk.admit()
        desk.store.overdue_at.clear()
        desk.store.watched |= {
            (alert.id, "ana"): Taken("ana", "watching", NOW + 9),
            (alert.id, "bruno"): Taken("bruno", "watching", NOW + 5),
        }
        desk.clock.now = alert.decide_by
        assert desk.watch() == Watched()
        assert alert.id not in desk.store.decisions
        assert desk.watch(WATCH_S) == Watched()
        assert desk.store.decisions[alert.id] == Taken("bruno", "watching", NOW + 5)
        assert desk.store.of("acao_operador_audit") == []


class TestRemind:
    """Ana watches an alert and wants it back; Bruno has no screen."""

    @pytest.fixture
    def alert(self, desk):
        (alert,) = desk.admit()
        desk.store.overdue_at.clear()
        desk.store.closed.add(alert.id)
        for who in ("ana", "bruno"):
            desk.store.watched[alert.id, who] = Taken(who, "watching", NOW)
        return alert

    def want(self, desk, alert, who="ana"):
        desk.store.reminders[who, alert.id] = Reminder(who, alert.id, NOW + 900)

    def told(self, desk):
        found = desk.store.of("entrega_audit", cause="reminder")
        return [(one["operator"], one["channel"], one["status"]) for one in found]

    def test_it_is_told_on_her_screen_once(self, desk, alert):
        self.want(desk, alert)
        assert desk.watch(899) == Watched()
        assert desk.watch(1) == Watched(reminded=1)
        assert desk.watch(60) == Watched()
        (news,) = desk.heard("reminder")
        assert news == {"action": "reminder", "alert_id": alert.id, "at": NOW + 900}
        assert self.told(desk) == [("op-ana", "websocket", "intent"), ("op-ana", "websocket", "sent")]

    def test_without_a_screen_it_waits_for_one(self, desk, alert):
        self.want(desk, alert, "bruno")
        assert desk.watch(960) == Watched()
        assert self.told(desk) == []
        desk.screens.watch("b1", "bruno")
        assert desk.watch(60) == Watched(reminded=1)
        assert self.told(desk)[-1] == ("op-bruno", "websocket", "sent")

    def test_a_screen_that_is_gone_does_not_end_it(self, desk, alert):
        self.want(desk, alert)
        desk.screens.failing.add("a1")
        assert desk.watch(900) == Watched()
        assert self.told(desk)[-1] == ("op-ana", "websocket", "failed")
        desk.screens.failing.clear()
        assert desk.watch(60) == Watched(reminded=1)

    def test_after_a_quarter_of_an_hour_it_is_given_up_and_that_is_written(self, desk, alert):
        self.want(desk, alert, "bruno")
        assert desk.watch(900 + TRIED_S) == Watched()
        assert [one[2] for one in self.told(desk)] == ["intent", "failed"]
        assert desk.store.reminders == {}

    def test_what_was_decided_meanwhile_does_not_come_back(self, desk, alert):
        self.want(desk, alert)
        desk.store.own[alert.id, "ana"] = Taken("ana", "executed", NOW + 60)
        assert desk.watch(900) == Watched()
        assert (desk.heard("reminder"), self.told(desk), desk.store.reminders) == ([], [], {})


class TestHeldBack:
    def test_is_told_on_screens_and_by_mail_where_none_is_open(self, desk):
        desk.hold_back(3)
        assert desk.watch() == Watched(held_back=3)
        (digest,) = desk.heard("digest")
        assert (digest["reason"], digest["total"]) == ("queue_full", 3)
        (line,) = digest["counts"]
        assert line.pop("count") == 3
        assert list(line.values()) == ["WIN", "WINZ26", "level_break", "long"]
        (mail,) = desk.mailbox.sent
        assert (mail.to, mail.subject) == ("bruno@mesa.example", "[Pregão] 3 alerts held back: queue full")
        assert "3 x WINZ26: Level break · LONG" in mail.text
        assert desk.watch() == Watched()

    def test_only_to_whom_it_concerns(self, desk):
        desk.desk = [an_operator("ana", interest=Interest(("WDO",))), an_operator("bruno")]
        desk.hold_back(1)
        desk.watch()
        assert desk.heard("digest") == []
        assert [mail.to for mail in desk.mailbox.sent] == ["bruno@mesa.example"]

    def test_a_screen_found_closed_does_not_count(self, desk):
        desk.screens.gone = {"a1"}
        desk.hold_back(1)
        desk.watch()
        assert [mail.to for mail in desk.mailbox.sent] == ["ana@mesa.example", "bruno@mesa.example"]

    def test_a_busy_mailbox_leaves_it_for_the_next_minute(self, desk):
        desk.hold_back(1)
        desk.mailbox.faults.before("send", MailBusy("slow"))
        with pytest.raises(ExceptionGroup) as told:
            desk.watch()
        assert told.group_contains(MailBusy)
        assert desk.watch(60) == Watched(held_back=1)

    def test_an_address_that_is_refused_does_not_hold_up_the_others(self, desk):
        desk.screens.rows.clear()
        desk.hold_back(2)
        desk.mailbox.faults.before("send", MailRefused("MessageRejected"))
        assert desk.watch() == Watched(held_back=2)
        assert [mail.to for mail in desk.mailbox.sent] == ["bruno@mesa.example"]
        ((letter, reason),) = desk.timers.dead_letters
        assert (letter.operators, letter.cause) == (("ana",), "held_back")
        assert [(one.operator, one.cause) for one in desk.store.unreached.values()] == [("ana", "refused")]
        assert "2 alerts held back" in reason
        assert "MessageRejected" in reason

    def test_one_busy_mailbox_is_nobody_else_s_affair(self, desk):
        """For ten minutes: who has a screen gets one digest, those behind the busy one theirs, once."""
        desk.screens.watch("d1", "dora")
        desk.desk = [an_operator(name) for name in ("ana", "bruno", "carla", "dora")]
        busy(desk, "bruno")
        desk.hold_back(3)
        for _ in range(9):
            with pytest.raises(ExceptionGroup) as told:
                desk.watch(60)
            assert told.group_contains(MailBusy)
        assert [socket for socket, _ in desk.screens.frames] == ["a1", "d1"]
        assert [mail.operator for mail in desk.mailbox.sent] == ["carla"]
        assert desk.store.held_back[0].notified == {"ana", "carla", "dora"}

    def test_what_comes_meanwhile_is_told_to_all_and_the_old_to_whom_it_was_not(self, desk):
        desk.hold_back(1)
        desk.mailbox.faults.before("send", MailBusy("slow"))
        with pytest.raises(ExceptionGroup):
            desk.watch()
        desk.hold_back(3, first=1)
        assert desk.watch(60).held_back == 4
        assert [frame["total"] for frame in desk.heard("digest")] == [1, 3]
        (mail,) = desk.mailbox.sent
        assert mail.subject == "[Pregão] 4 alerts held back: queue full"

    def test_a_mailbox_that_stays_busy_is_a_dead_letter(self, desk):
        busy(desk, "bruno")
        desk.hold_back(1)
        with pytest.raises(ExceptionGroup):
            desk.watch(GIVE_UP_S - 2)
        assert desk.watch(1) == Watched(held_back=1)
        ((letter, reason),) = desk.timers.dead_letters
        assert letter.operators == ("bruno",)
        assert "SendingPaused" in reason
        assert desk.watch(60) == Watched()

    def test_screens_that_cannot_be_read_leave_the_mailboxes(self, desk):
        desk.hold_back(1)
        desk.screens.present = raises(ConnectionError)
        with pytest.raises(ExceptionGroup):
            desk.watch()
        assert [mail.operator for mail in desk.mailbox.sent] == ["ana", "bruno"]
        assert desk.store.held_back == []


def test_a_part_that_fails_does_not_keep_the_others_from_their_work(desk):
    desk.hold_back(1)
    late = an_alert(CANDLE + 3000)
    with pytest.raises(Refused):
        admitted(desk.admission, an_alert(CANDLE))
    admitted(desk.admission, late)
    desk.queue.faults.before("send", ConnectionError())
    desk.clock.now = late.decide_by + 100
    with pytest.raises(ExceptionGroup, match="timed_out=1, held_back=1"):
        desk.watch()


def busy(desk, operator):
    """Let the mailbox say to every e-mail of an operator that it takes none now."""
    send = desk.mailbox.send

    def refuse(mail):
        if mail.operator == operator:
            raise MailBusy("SendingPausedException")
        return send(mail)

    desk.mailbox.send = refuse


def raises(error):
    def port(*_):
        raise error

    return port


class TestIsolation:
    """What fails for one alert is not the affair of those behind it."""

    def first_fails(self, port):
        calls = []

        def call(*args):
            calls.append(args)
            if len(calls) == 1:
                raise ConnectionError
            return port(*args)

        return call

    def test_sending_again(self, desk, monkeypatch):
        alerts = desk.admit(3)
        monkeypatch.setattr(FakeOpenBook, "postpone", self.first_fails(FakeOpenBook.postpone))
        with pytest.raises(ExceptionGroup):
            desk.watch(OVERDUE_S)
        assert desk.queue.sent == alerts[1:]

    def test_settling(self, desk):
        alerts = desk.admit(3)
        for alert in alerts:
            tail = desk.deliveries.tail(alert.contract, NOW)
            desk.deliveries.begin(alert, [], tail, NOW, 30)
            desk.deliveries.finish(alert, [], tail)
            desk.store.decisions[alert.id] = {}
        desk.timers.faults.before("start", ConnectionError())
        with pytest.raises(ExceptionGroup):
            desk.watch(SETTLED_S + 1)
        assert [timer.alert for timer, _ in desk.timers.started] == alerts[1:]

    def test_timing_out(self, desk):
        alerts = desk.admit(3)
        desk.store.overdue_at.clear()
        desk.actions.tail = self.first_fails(desk.actions.tail)
        desk.clock.now = alerts[-1].decide_by
        with pytest.raises(ExceptionGroup):
            desk.watch()
        assert [one["alert_id"] for one in desk.heard("action")] == [one.id for one in alerts[1:]]

    def test_what_was_listed_is_told_when_the_session_is_over(self, desk):
        """To those whom it did not ring alone, by its own name, and apart from what was held back."""
        alert = admitted(desk.admission, an_alert())
        rings = Rings(
            listed={"bruno": RingDecision(Ring.LISTED, Why.JOINS)}, rung=("ana",), session_end=NOW + 3600
        )
        tail = desk.deliveries.tail(alert.contract, NOW)
        desk.deliveries.begin(alert, [], tail, NOW, 30, rings)
        desk.deliveries.finish(alert, [], desk.deliveries.tail(alert.contract, NOW), due=False)
        desk.store.decisions[alert.id] = Taken("ana", "executed")
        desk.watch(3500)
        assert desk.mailbox.sent == []
        desk.hold_back(1, first=1)
        assert desk.watch(101).held_back == 1
        told = [(mail.to, mail.subject) for mail in desk.mailbox.sent]
        assert told == [
            ("bruno@mesa.example", "[Pregão] 1 alert held back: queue full"),
            ("bruno@mesa.example", "[Pregão] 1 alert of the session that did not ring"),
        ]
        assert [one["reason"] for one in desk.heard("digest")] == ["queue_full"]
        assert desk.store.held_back == []

    def test_each_part_is_the_first_once_in_seven_minutes(self, desk, monkeypatch):
        """One that takes all the time keeps the same ones out in one minute, and not in the next."""
        began = []

        def part(name):
            return lambda *_: began.append(name) or Watched()

        monkeypatch.setattr("pregao.flow.watch.PARTS", [part(name) for name in range(7)])
        for _ in range(7):
            with pytest.raises(ExceptionGroup) as told:
                desk.watch(60, time=TimeLeft(lambda: 1.0))
            assert told.group_contains(OutOfTime)
        assert sorted(began) == list(range(7))


def test_a_suppressed_address_gets_no_digest(desk):
    desk.hold_back(2)
    FakeSuppressions(desk.store).add(Suppression(address_key("bruno@mesa.example"), "bruno", "bounced", NOW))
    assert desk.watch().held_back == 2
    assert desk.mailbox.sent == []
    assert desk.heard("digest")
    ((letter, reason),) = desk.timers.dead_letters
    assert letter.operators == ("bruno",)
    assert "suppressed" in reason
