"""The story of flow/connections: subscribe, resume, receipt, act; and what is answered to nonsense."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pregao.domain.alerts.signal import Pattern, Severity
from pregao.domain.audit.chain import broken_at, stamp
from pregao.domain.delivery.alert_state import GRACE_S
from pregao.domain.delivery.mute import MUTE_S, Mute
from pregao.domain.delivery.operators import Interest, Status
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why
from pregao.flow.connections import POST_S, RESUME_LIMIT, Caller, Connections, hear
from pregao.flow.steps.in_time import TimeLeft
from tests.fakes import (
    CANDLE,
    NOW,
    PLENTY,
    AtOnce,
    Clock,
    FakeActionBook,
    FakeAdmissionBook,
    FakeAlertLog,
    FakeDeliveryBook,
    FakeFallbackQueue,
    FakeOpenBook,
    FakeReminderBook,
    FakeScreens,
    Store,
    admitted,
    an_alert,
    an_operator,
    quote_requests,
)

ANA, BRUNO = Caller("a1", "ana", "trader"), Caller("b1", "bruno", "trader")
VERA, WALTER = Caller("v1", "vera", "viewer"), Caller("w1", "walter", "trader")


class Desk:
    """Ana, Bruno, the viewer Vera and Walter, who trades the dollar alone, at their open screens."""

    def __init__(self):
        self.store, self.clock, self.screens, self.pauses = Store(), Clock(), FakeScreens(), []
        self.timers = FakeFallbackQueue()
        self.book, self.admission = FakeDeliveryBook(self.store), FakeAdmissionBook(self.store)
        feed, actions = FakeAlertLog(self.store), FakeActionBook(self.store)
        desk = [an_operator("ana"), an_operator("bruno"), an_operator("vera", role="viewer")]
        desk += [an_operator("walter", interest=Interest(("WDO",)))]
        self.deps = Connections(
            desk,
            self.screens,
            self.book,
            actions,
            feed,
            AtOnce(),
            self.pauses.append,
            self.clock,
            quote_requests(self.store),
            FakeReminderBook(self.store),
            FakeOpenBook(self.store),
            lambda: self.timers,
            10,
        )
        for caller in (ANA, BRUNO, VERA, WALTER):
            self.screens.watch(caller.connection_id, caller.operator)

    def admit(self, count=1, contract="WINZ26", **more):
        alerts = [an_alert(CANDLE + 300 * n, contract=contract, **more) for n in range(count)]
        return [admitted(self.admission, alert) for alert in alerts]

    def say(self, caller, **frame):
        return self.heard_of(caller, **frame).what

    def heard_of(self, caller, **frame):
        return hear(json.dumps(frame), caller, self.deps, PLENTY)

    def heard(self, caller, action=None):
        """The frames a caller's screen got, of one kind or all."""
        frames = [json.loads(raw) for one, raw in self.screens.frames if one == caller.connection_id]
        return [frame for frame in frames if action in (None, frame["action"])]

    def error(self, caller):
        (frame,) = self.heard(caller, "error")
        return frame["code"]


@pytest.fixture
def desk():
    return Desk()


def test_ping(desk):
    assert desk.say(ANA, action="ping") == "ping"
    assert desk.heard(ANA) == [{"action": "pong", "server_time": NOW, "cursor": {}}]


class TestSubscribe:
    def test_is_kept_and_greeted(self, desk):
        desk.admit(2)
        desk.say(ANA, action="subscribe", symbols=["WIN"], patterns=["engulfing"], min_severity="high")
        wish = Interest(("WIN",), ("engulfing",), Severity.HIGH)
        assert desk.screens.rows["a1"] == ("ana", wish)
        (hello,) = desk.heard(ANA)
        assert hello == {
            "action": "hello",
            "operator": "ana",
            "role": "trader",
            "server_time": NOW,
            "cursor": {"WINZ26": 2},
        }

    def test_without_a_choice_means_everything(self, desk):
        desk.say(ANA, action="subscribe")
        assert desk.screens.rows["a1"] == ("ana", Interest())


class TestResume:
    def test_sends_what_was_missed_in_order(self, desk):
        desk.admit(4)
        desk.admit(2, "WDOZ26")
        desk.say(ANA, action="resume", cursor={"WINZ26": 1, "WDOZ26": 2})
        assert [frame["alert"]["seq"] for frame in desk.heard(ANA, "alert")] == [2, 3, 4]
        assert desk.heard(ANA)[-1] == {"action": "resumed", "cursor": {"WINZ26": 4, "WDOZ26": 2}}

    def test_a_contract_that_cannot_be_read_leaves_the_others_and_the_question_open(self, desk, monkeypatch):
        """The screen hears no answer, connects again and asks again; what came is not asked for twice."""
        desk.admit(2)
        desk.admit(2, "WDOZ26")
        since = FakeAlertLog.since

        def some(feed, contract, seq, limit):
            if contract == "WINZ26":
                raise ConnectionError
            return since(feed, contract, seq, limit)

        monkeypatch.setattr(FakeAlertLog, "since", some)
        with pytest.raises(ExceptionGroup):
            desk.say(ANA, action="resume", cursor={"WINZ26": 0, "WDOZ26": 0})
        assert [frame["action"] for frame in desk.heard(ANA)] == ["alert", "alert"]

    def test_a_replay_ends_where_its_invocation_has_no_more_time(self, desk):
        """What is behind that counts as not seen: the screen asks on from there."""
        desk.admit(4)
        desk.admit(2, "WDOZ26")
        left = iter([20.0, 20.0, 20.0])
        frame = json.dumps({"action": "resume", "cursor": {"WINZ26": 0, "WDOZ26": 0}})
        hear(frame, ANA, desk.deps, TimeLeft(lambda: next(left, POST_S)))
        assert len(desk.heard(ANA, "alert")) == 2
        assert desk.heard(ANA)[-1] == {"action": "resumed", "cursor": {"WINZ26": 2, "WDOZ26": 0}}

    def test_nothing_missed_is_said_too(self, desk):
        desk.say(ANA, action="resume", cursor={"WINZ26": 0})
        assert desk.heard(ANA) == [{"action": "resumed", "cursor": {"WINZ26": 0}}]

    def test_what_does_not_concern_the_caller_counts_as_seen(self, desk):
        desk.admit(3)
        desk.say(ANA, action="subscribe", symbols=["WDO"])
        desk.say(ANA, action="resume", cursor={"WINZ26": 0})
        assert desk.heard(ANA, "alert") == []
        assert desk.heard(ANA)[-1]["cursor"] == {"WINZ26": 3}

    def test_nor_what_the_desk_does_not_give_them(self, desk):
        """A subscription to everything reaches no further than the operator's own interest."""
        desk.admit(2)
        desk.say(WALTER, action="subscribe")
        desk.say(WALTER, action="resume", cursor={"WINZ26": 0})
        assert desk.heard(WALTER, "alert") == []

    def test_before_it_has_subscribed_a_screen_sees_nothing(self, desk):
        desk.admit(2)
        desk.screens.opened("a2", "ana", NOW)
        early = Caller("a2", "ana", "trader")
        desk.say(early, action="resume", cursor={"WINZ26": 0})
        assert desk.error(early) == "not_subscribed"

    def test_a_socket_nobody_knows_is_told_to_connect_again(self, desk):
        stranger = Caller("x9", "ana", "trader")
        desk.say(stranger, action="subscribe")
        assert desk.error(stranger) == "unknown_socket"

    def test_ends_at_the_limit_and_says_where(self, desk):
        alerts = desk.admit(3)
        desk.store.feed["WINZ26"] = [alerts[n % 3] for n in range(RESUME_LIMIT + 5)]
        desk.say(ANA, action="resume", cursor={"WINZ26": 0})
        assert len(desk.heard(ANA, "alert")) == RESUME_LIMIT

    def test_a_frame_that_was_not_sent_and_what_follows_do_not_count_as_seen(self, desk):
        desk.admit(4)
        original, posts = desk.screens.post, []

        def post(connection_id, frame):
            posts.append(frame)
            return Status.FAILED if len(posts) == 3 else original(connection_id, frame)

        desk.screens.post = post
        desk.say(ANA, action="resume", cursor={"WINZ26": 0})
        assert [frame["alert"]["seq"] for frame in desk.heard(ANA, "alert")] == [1, 2]
        assert desk.heard(ANA)[-1]["cursor"] == {"WINZ26": 2}


class TestReceipt:
    def test_is_recorded_for_the_timer_to_audit(self, desk):
        (alert,) = desk.admit()
        assert desk.say(ANA, action="receipt", alert_id=alert.id) == "receipt"
        assert desk.book.reached(alert.id)["ana"].received_at == NOW
        assert desk.heard(ANA) == []
        assert desk.store.records["entrega_audit"] == []

    def test_after_the_email_is_audited_as_late_once(self, desk):
        (alert,) = desk.admit()
        desk.book.mailed(alert.id, "ana", NOW + 10)
        for seconds in (15, 16, 17):
            desk.clock.now = NOW + seconds
            desk.say(ANA, action="receipt", alert_id=alert.id)
        (record,) = desk.store.records["entrega_audit"]
        assert (record["status"], record["late"], record["latency_ms"]) == ("received", True, 15_000.0)
        assert broken_at(desk.store.records["entrega_audit"]) is None

    def test_after_the_email_was_given_up_is_audited_too(self, desk):
        (alert,) = desk.admit()
        desk.book.gave_up(alert.id, "ana", NOW + 10)
        desk.say(ANA, action="receipt", alert_id=alert.id)
        assert len(desk.store.of("entrega_audit", status="received")) == 1

    def test_of_somebody_else_is_not_mine(self, desk):
        (alert,) = desk.admit()
        desk.book.mailed(alert.id, "bruno", NOW)
        desk.say(ANA, action="receipt", alert_id=alert.id)
        assert desk.store.records["entrega_audit"] == []

    def test_of_an_unknown_alert(self, desk):
        assert desk.say(ANA, action="receipt", alert_id="0" * 64) == "error unknown_alert"
        assert desk.error(ANA) == "unknown_alert"


class TestAct:
    def act(self, desk, caller, alert, decision="executed", **more):
        return desk.say(caller, action="act", alert_id=alert.id, decision=decision, **more)

    def test_is_audited_and_told_to_whom_the_alert_concerns(self, desk):
        (alert,) = desk.admit()
        assert self.act(desk, ANA, alert, note="na abertura", order_id="42") == "act"
        (record,) = desk.store.records["acao_operador_audit"]
        assert (record["operator"], record["decision"]) == ("op-ana", "executed")
        assert (record["note"], record["order_id"]) == ("na abertura", "42")
        for caller in (ANA, BRUNO, VERA):
            (news,) = desk.heard(caller, "action")
            assert (news["operator"], news["decision"], news["at"]) == ("ana", "executed", NOW)
            assert (news["note"], news["order_id"]) == ("na abertura", "42")
        assert desk.heard(WALTER) == []  # of another market

    def test_is_told_to_a_screen_that_asked_for_less_or_came_later(self, desk):
        """Such a screen has the alert on its list, from GET /api/alerts."""
        (alert,) = desk.admit()
        desk.say(BRUNO, action="subscribe", symbols=["WDO"])
        desk.screens.watch("a2", "ana")
        self.act(desk, ANA, alert)
        for caller in (BRUNO, Caller("a2", "ana", "trader")):
            assert [one["alert_id"] for one in desk.heard(caller, "action")] == [alert.id]

    def test_the_first_decision_wins(self, desk):
        (alert,) = desk.admit()
        self.act(desk, ANA, alert)
        assert self.act(desk, BRUNO, alert, "rejected") == "error already_decided"
        assert desk.error(BRUNO) == "already_decided"
        assert "ana: executed" in desk.heard(BRUNO, "error")[0]["message"]
        assert len(desk.store.records["acao_operador_audit"]) == 1
        assert len(desk.heard(VERA, "action")) == 1

    def test_without_a_side_there_is_nothing_to_execute(self, desk):
        (alert,) = desk.admit(pattern=Pattern.UNUSUAL_RANGE)
        assert self.act(desk, ANA, alert) == "error nothing_to_execute"
        assert "decide otherwise" in desk.heard(ANA, "error")[0]["message"]
        assert desk.store.records["acao_operador_audit"] == []
        assert self.act(desk, ANA, alert, "watching") == "act"

    @pytest.mark.parametrize(
        ("opened_as", "today"),
        [
            ("viewer", "viewer"),
            ("compliance", "compliance"),
            ("trader", "viewer"),
            ("trader", "compliance"),
            ("viewer", "trader"),
            ("", "trader"),
        ],
    )
    def test_only_a_trader_acts_by_the_socket_s_role_and_by_today_s(self, desk, opened_as, today):
        (alert,) = desk.admit()
        desk.deps.operators[2] = an_operator("vera", role=today)
        vera = Caller("v1", "vera", opened_as)
        assert self.act(desk, vera, alert) == "error forbidden"
        assert desk.store.records["acao"] == []
        assert desk.heard(ANA) == []

    def test_on_an_alert_of_others_is_theirs_to_decide(self, desk):
        """Walter trades the dollar: his word must not close the index's alert for Ana."""
        (alert,) = desk.admit()
        assert self.act(desk, WALTER, alert) == "error forbidden"
        assert desk.store.records["acao"] == []
        assert self.act(desk, ANA, alert) == "act"

    def test_a_viewer_may_look_not_act(self, desk):
        (alert,) = desk.admit()
        assert self.act(desk, VERA, alert) == "error forbidden"
        assert desk.store.records["acao_operador_audit"] == []
        assert desk.heard(ANA) == []

    def test_on_an_unknown_alert(self, desk):
        assert self.act(desk, ANA, an_alert()) == "error unknown_alert"

    def test_a_colleague_whose_screen_is_gone_keeps_nobody_from_the_news(self, desk):
        (alert,) = desk.admit()
        desk.screens.gone, desk.screens.failing = {"a1"}, {"b1"}
        self.act(desk, ANA, alert)
        assert len(desk.heard(VERA, "action")) == 1


class TestPending:
    def pend(self, desk, caller, alert, decision="executed"):
        return desk.say(caller, action="pending", alert_id=alert.id, decision=decision)

    def test_is_told_to_all_whom_the_alert_concerns_and_recorded_nowhere(self, desk):
        (alert,) = desk.admit()
        before = dict(desk.store.records)
        assert self.pend(desk, ANA, alert) == "pending"
        for caller in (ANA, BRUNO, VERA):
            assert desk.heard(caller) == [
                {
                    "action": "pending",
                    "alert_id": alert.id,
                    "operator": "ana",
                    "decision": "executed",
                    "at": NOW,
                    "until": NOW + GRACE_S,
                }
            ]
        assert desk.heard(WALTER) == []
        assert dict(desk.store.records) == before

    def test_taken_back_it_is_over_at_once(self, desk):
        (alert,) = desk.admit()
        self.pend(desk, ANA, alert, None)
        (news,) = desk.heard(BRUNO)
        assert (news["decision"], news["at"], news["until"]) == (None, NOW, NOW)

    def test_a_screen_that_wants_other_alerts_hears_nothing(self, desk):
        (alert,) = desk.admit()
        desk.say(BRUNO, action="subscribe", symbols=["WDO"])
        self.pend(desk, ANA, alert)
        assert desk.heard(BRUNO, "pending") == []

    @pytest.mark.parametrize("caller", [VERA, WALTER])
    def test_who_may_not_decide_is_not_about_to(self, desk, caller):
        (alert,) = desk.admit()
        assert self.pend(desk, caller, alert) == "error pending_refused"
        assert desk.heard(ANA) == []

    def test_of_an_unknown_alert(self, desk):
        assert self.pend(desk, ANA, an_alert()) == "error pending_refused"

    def test_a_screen_that_is_gone_keeps_nobody_from_the_news(self, desk):
        (alert,) = desk.admit()
        desk.screens.gone = {"b1"}
        self.pend(desk, ANA, alert)
        assert len(desk.heard(VERA, "pending")) == 1


class TestMute:
    def mute(self, desk, caller, alert, of="pattern"):
        return desk.say(caller, action="mute", alert_id=alert.id, of=of)

    def test_is_kept_for_a_quarter_of_an_hour_and_told_to_one_s_own_screens(self, desk):
        (alert,) = desk.admit()
        desk.screens.watch("a2", "ana")
        assert self.mute(desk, ANA, alert) == "mute"
        assert self.mute(desk, ANA, alert, "instrument") == "mute"
        pattern, market = (
            {"of": of, "name": name, "until": NOW + MUTE_S}
            for of, name in (("pattern", alert.pattern.value), ("instrument", "WIN"))
        )
        for screen in (ANA, Caller("a2", "ana", "trader")):
            assert [one["mutes"] for one in desk.heard(screen)] == [[pattern], [pattern, market]]
        assert desk.heard(BRUNO) == []
        assert desk.screens.present(["ana"]).mutes[0] == Mute(
            "ana", "pattern", alert.pattern.value, NOW + MUTE_S
        )

    def test_is_lifted_and_lifting_what_is_not_there_is_fine(self, desk):
        (alert,) = desk.admit()
        self.mute(desk, ANA, alert)
        for _ in range(2):
            assert desk.say(ANA, action="unmute", of="pattern", name=alert.pattern.value) == "unmute"
        assert [one["mutes"] for one in desk.heard(ANA)][1:] == [[], []]

    def test_a_viewer_may_mute_for_themselves(self, desk):
        (alert,) = desk.admit()
        assert self.mute(desk, VERA, alert) == "mute"
        assert desk.screens.present(["ana"]).mutes == []

    def test_a_screen_that_comes_back_is_told_what_is_still_muted(self, desk):
        (alert,) = desk.admit()
        self.mute(desk, ANA, alert)
        desk.clock.now = NOW + MUTE_S - 1
        desk.say(ANA, action="subscribe")
        assert len(desk.heard(ANA, "muted")) == 2
        desk.clock.now = NOW + MUTE_S
        desk.say(ANA, action="subscribe")
        assert len(desk.heard(ANA, "muted")) == 2  # over: nothing to tell

    def test_of_what_is_not_mine_or_not_there(self, desk):
        (alert,) = desk.admit()
        assert self.mute(desk, WALTER, alert) == "error mute_refused"
        assert self.mute(desk, ANA, an_alert(CANDLE + 9000)) == "error mute_refused"
        assert desk.screens.muted == {}


class TestOneself:
    """The socket says who speaks; a frame cannot say otherwise, and reaches nobody else's."""

    @pytest.mark.parametrize("name", ["operator", "as", "connection_id", "role"])
    @pytest.mark.parametrize(
        "action", ["subscribe", "resume", "receipt", "act", "pending", "mute", "unmute", "ping"]
    )
    def test_no_frame_names_somebody_else(self, desk, action, name):
        (alert,) = desk.admit()
        more = {
            "resume": {"cursor": {"WINZ26": 0}},
            "receipt": {"alert_id": alert.id},
            "act": {"alert_id": alert.id, "decision": "executed"},
            "pending": {"alert_id": alert.id, "decision": "executed"},
            "mute": {"alert_id": alert.id, "of": "pattern"},
            "unmute": {"of": "pattern", "name": "engulfing"},
        }
        assert desk.say(ANA, action=action, **more.get(action, {}), **{name: "bruno"}) == "error bad_frame"
        assert desk.book.reached(alert.id) == {}
        assert desk.store.records["acao"] == []
        assert desk.heard(BRUNO) == []

    def test_a_receipt_confirms_for_its_own_operator_alone(self, desk):
        (alert,) = desk.admit()
        desk.say(ANA, action="receipt", alert_id=alert.id)
        assert list(desk.book.reached(alert.id)) == ["ana"]

    def test_resume_answers_on_the_asking_socket_by_its_own_wishes(self, desk):
        """Ana's second screen wants the dollar: it is not shown what her first one would be."""
        desk.admit(2)
        desk.screens.watch("a2", "ana", Interest(("WDO",)))
        desk.say(Caller("a2", "ana", "trader"), action="resume", cursor={"WINZ26": 0})
        assert {one for one, _ in desk.screens.frames} == {"a2"}
        assert [json.loads(raw)["action"] for _, raw in desk.screens.frames] == ["resumed"]

    @pytest.mark.parametrize(
        "frame",
        [
            {"action": "subscribe"},
            {"action": "resume", "cursor": {"WINZ26": 0}},
            {"action": "receipt"},
            {"action": "act", "decision": "executed"},
            {"action": "ping"},
        ],
        ids=lambda one: one["action"],
    )
    def test_who_has_left_the_desk_sees_and_does_nothing_more(self, desk, frame):
        """The socket was opened before; it may live for two hours."""
        (alert,) = desk.admit()
        if frame["action"] in {"receipt", "act"}:
            frame = frame | {"alert_id": alert.id}
        del desk.deps.operators[0]
        assert desk.say(ANA, **frame) == "error not_on_desk"
        (answer,) = desk.heard(ANA)
        assert answer["code"] == "not_on_desk"
        assert desk.book.reached(alert.id) == {}
        assert desk.store.records["acao"] == []


@pytest.mark.parametrize(
    "body",
    [
        None,
        "",
        "ping",
        "[]",
        "{}",
        '{"action":"shout"}',
        '{"action":"ping","and":1}',
        '{"action":"act","alert_id":"x","decision":"executed"}',
        '{"action":"receipt"}',
        "\udcff",
        '{"action":"resume","cursor":{"WINZ26":-1}}',
    ],
)
def test_nonsense_is_answered_and_changes_nothing(desk, body):
    rows = dict(desk.screens.rows)
    assert hear(body, ANA, desk.deps, PLENTY).what == "error bad_frame"
    assert desk.error(ANA) == "bad_frame"
    assert desk.screens.rows == rows
    assert not desk.store.records["entrega_audit"]


def test_too_large_is_answered(desk):
    assert hear('{"action":"ping"}' + " " * 40_000, ANA, desk.deps, PLENTY).what == "error too_large"


def test_an_answer_to_a_socket_that_is_gone_is_no_error(desk):
    desk.screens.gone = {"a1"}
    assert desk.say(ANA, action="ping") == "ping"


class TestRemind:
    """Ana watches an alert and wants it back."""

    @pytest.fixture
    def alert(self, desk):
        (alert,) = desk.admit()
        desk.say(ANA, action="act", alert_id=alert.id, decision="watching")
        return alert

    def remind(self, desk, alert, minutes, caller=ANA):
        return desk.say(caller, action="remind", alert_id=alert.id, minutes=minutes)

    def records(self, desk):
        return desk.store.of("acao_operador_audit", kind="reminder")

    def test_it_is_kept_recorded_and_told_to_her_screens_alone(self, desk, alert):
        desk.screens.watch("a2", "ana")
        self.remind(desk, alert, 15)
        told = {"action": "reminders", "reminders": [{"alert_id": alert.id, "at": NOW + 900}]}
        assert desk.heard(ANA, "reminders") == [told]
        assert "a2" in {one for one, raw in desk.screens.frames if b'"reminders"' in raw}
        assert desk.heard(BRUNO, "reminders") == []
        (record,) = self.records(desk)
        assert (record["operator"], record["alert_id"], record["remind_at"]) == (
            "op-ana",
            alert.id,
            stamp(NOW + 900),
        )

    def test_a_screen_that_comes_later_hears_of_it(self, desk, alert):
        self.remind(desk, alert, 30)
        desk.say(ANA, action="subscribe")
        assert desk.heard(ANA, "reminders")[-1]["reminders"][0]["at"] == NOW + 1800

    def test_it_is_taken_back(self, desk, alert):
        self.remind(desk, alert, 15)
        self.remind(desk, alert, None)
        assert desk.heard(ANA, "reminders")[-1]["reminders"] == []
        assert [one["remind_at"] for one in self.records(desk)] == [stamp(NOW + 900), None]

    @pytest.mark.parametrize("caller", [BRUNO, VERA, WALTER])
    def test_not_what_one_does_not_watch(self, desk, alert, caller):
        self.remind(desk, alert, 15, caller)
        assert desk.error(caller) == "remind_refused"
        assert self.records(desk) == []

    def test_not_what_is_decided_or_over(self, desk, alert):
        desk.clock.now += 3600
        self.remind(desk, alert, 15)
        desk.clock.now -= 3600
        desk.say(ANA, action="act", alert_id=alert.id, decision="executed")
        self.remind(desk, alert, 15)
        assert [one["code"] for one in desk.heard(ANA, "error")] == ["remind_refused"] * 2
        assert self.records(desk) == []

    @pytest.mark.parametrize("minutes", [0, -1, 61, 1.5, "15", True])
    def test_a_time_that_is_none_is_refused(self, desk, alert, minutes):
        self.remind(desk, alert, minutes)
        assert desk.error(ANA) == "bad_frame"


class TestHandover:
    """Ana's shift ends: Bruno gets what she has open."""

    @pytest.fixture
    def alert(self, desk):
        (alert,) = desk.admit()
        return self.delivered(desk, alert)

    def delivered(self, desk, alert):
        desk.store.claims[alert.id]["state"] = "finished"
        return alert

    def hand(self, desk, to="bruno", caller=ANA):
        return desk.say(caller, action="handover", to=to)

    def records(self, desk):
        return desk.store.of("acao_operador_audit", kind="handover")

    def test_it_is_recorded_told_to_both_and_the_colleagues_step_starts(self, desk, alert):
        assert self.hand(desk) == "handover"
        told = {
            "action": "handover",
            "operator": "ana",
            "to": "bruno",
            "alert_ids": [alert.id],
            "at": NOW,
        }
        assert desk.heard(ANA, "handover") == desk.heard(BRUNO, "handover") == [told]
        assert desk.heard(VERA, "handover") == desk.heard(WALTER, "handover") == []
        (record,) = self.records(desk)
        assert [record[one] for one in ("operator", "handed_to", "alert_id")] == [
            "op-ana",
            "op-bruno",
            alert.id,
        ]
        assert broken_at(desk.store.records["acao_operador_audit"]) is None
        ((timer, delay),) = desk.timers.started
        assert (timer.operators, timer.cause, timer.channel, delay) == (("bruno",), "no_receipt", "email", 10)
        assert desk.store.acts(alert.id).handed["ana"].to == "bruno"

    def test_without_a_screen_the_step_starts_at_once(self, desk, alert):
        desk.screens.closed(BRUNO.connection_id)
        self.hand(desk)
        ((timer, delay),) = desk.timers.started
        assert (timer.cause, delay) == ("no_screen", 0)

    def test_what_he_confirmed_before_is_to_be_confirmed_again(self, desk, alert):
        desk.say(BRUNO, action="receipt", alert_id=alert.id)
        desk.book.gave_up(alert.id, "bruno", NOW)
        self.hand(desk)
        assert not desk.book.reached(alert.id)["bruno"].done
        again = desk.book.received(alert.id, "bruno", NOW + 60)
        assert (again.received_at, again.shown_ms) == (NOW + 60, None)

    def test_the_same_twice_is_recorded_once_and_answered_again(self, desk, alert):
        self.hand(desk)
        self.hand(desk)
        assert len(self.records(desk)) == 1
        assert [one["alert_ids"] for one in desk.heard(ANA, "handover")] == [[alert.id]] * 2

    def test_a_function_that_dies_behind_the_record_starts_the_step_the_next_time(self, desk, alert):
        desk.timers.faults.before("start", OSError("no line"))
        with pytest.raises(OSError, match="no line"):
            self.hand(desk)
        assert desk.timers.started == []
        self.hand(desk)
        assert len(self.records(desk)) == len(desk.timers.started) == 1
        assert desk.store.unsettled_at[alert.id] > NOW  # the minute's round finds it too

    def test_it_may_be_handed_back(self, desk, alert):
        self.hand(desk)
        self.hand(desk, "ana", BRUNO)
        assert set(desk.store.acts(alert.id).handed) == {"bruno"}
        self.hand(desk)
        assert set(desk.store.acts(alert.id).handed) == {"ana"}
        assert len(self.records(desk)) == 3

    @pytest.mark.parametrize(
        ("caller", "to", "code"),
        [
            (ANA, "zoe", "handover_unknown"),
            (ANA, "ana", "handover_self"),
            (ANA, "vera", "handover_forbidden"),
            (VERA, "bruno", "handover_forbidden"),
            (Caller("a1", "ana", "viewer"), "bruno", "handover_forbidden"),
            (ANA, "walter", "handover_nothing"),
        ],
    )
    def test_refused_by_its_name(self, desk, alert, caller, to, code):
        self.hand(desk, to, caller)
        assert desk.error(caller) == code
        assert self.records(desk) == desk.timers.started == []

    def test_not_what_is_decided_over_listed_or_not_delivered(self, desk, alert):
        listed = self.delivered(desk, admitted(desk.admission, an_alert(CANDLE + 300)))
        below = RingDecision(Ring.LISTED, Why.BELOW)
        desk.store.listed[listed.id] = {"ana": below}
        admitted(desk.admission, an_alert(CANDLE + 600))
        desk.say(ANA, action="act", alert_id=alert.id, decision="rejected")
        self.hand(desk)
        assert desk.error(ANA) == "handover_nothing"
        desk.store.listed[listed.id] = {"bruno": below}
        desk.clock.now = listed.decide_by
        self.hand(desk)
        assert [one["code"] for one in desk.heard(ANA, "error")] == ["handover_nothing"] * 2
        desk.clock.now -= 1
        self.hand(desk)
        assert desk.heard(BRUNO, "handover")[0]["alert_ids"] == [listed.id]
        assert desk.store.listed[listed.id] == {}  # it rings him now

    def test_what_the_colleague_decided_for_himself_stays(self, desk, alert):
        desk.deps = replace(desk.deps, each=True)
        desk.say(BRUNO, action="act", alert_id=alert.id, decision="rejected")
        self.hand(desk)
        assert desk.error(ANA) == "handover_nothing"

    @pytest.mark.parametrize("each", [False, True])
    def test_both_may_decide_still(self, desk, alert, each):
        desk.deps = replace(desk.deps, each=each)
        self.hand(desk)
        assert desk.say(BRUNO, action="act", alert_id=alert.id, decision="executed") == "act"
        assert desk.store.acts(alert.id).stands_for("bruno").decision == "executed"
