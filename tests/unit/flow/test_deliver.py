"""The story of flow/deliver: intents, frames, timers, outcomes; once, whatever crashes in between."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import monotonic, sleep

import pytest

from pregao.domain.alerts.alert import Attention as Score
from pregao.domain.alerts.alert import Opportunity
from pregao.domain.alerts.opportunity import opportunity_id
from pregao.domain.alerts.signal import Direction, Pattern, Severity
from pregao.domain.audit.chain import broken_at
from pregao.domain.delivery.mute import Mute
from pregao.domain.delivery.operators import Channel, Interest, Status, Step
from pregao.domain.delivery.timer import Timer
from pregao.flow.deliver import BUDGET_S, LEASE_S, Delivered, Delivery, deliver
from pregao.flow.ports.refusals import Contended, Leased, OutOfTime
from pregao.flow.steps.in_time import TimeLeft
from pregao.wire.frames_v1 import alert_frame
from tests.fakes import (
    CANDLE,
    NOW,
    PLENTY,
    AtOnce,
    Clock,
    FakeAdmissionBook,
    FakeDeliveryBook,
    FakeFallbackQueue,
    FakeRules,
    FakeScreens,
    Store,
    a_level_alert,
    admitted,
    an_alert,
    an_operator,
)

ALL_SENT = Delivered(sent=3, operators={"sent": 2, "no_screen": 1}, posted_ms=0.0)


class Desk:
    """Ana with two screens, Bruno with one, Carla with none."""

    def __init__(self):
        self.store, self.clock, self.pauses = Store(), Clock(), []
        self.rules = FakeRules()
        self.screens, self.timers = FakeScreens(), FakeFallbackQueue()
        self.book = FakeDeliveryBook(self.store)
        for connection_id, operator in (("a1", "ana"), ("a2", "ana"), ("b1", "bruno")):
            self.screens.watch(connection_id, operator)
        self.operators = tuple(an_operator(name) for name in ("ana", "bruno", "carla"))
        self.alert = admitted(FakeAdmissionBook(self.store), an_alert())

    def deliver(self, time=PLENTY, **changes):
        deps = {
            "operators": self.operators,
            "screens": self.screens,
            "book": self.book,
            "outcomes": self.book,
            "fallback": self.timers,
            "frame": alert_frame,
            "pool": AtOnce(),
            "pause": self.pauses.append,
            "clock": self.clock,
            "receipt_grace_s": 10,
            "rules": self.rules,
        }
        return deliver(self.alert, Delivery(**{**deps, **changes}), time)

    def timer(self, cause):
        return [(timer.operators, delay) for timer, delay in self.timers.started if timer.cause == cause]

    def audited(self):
        return [(one["operator"], one["status"]) for one in self.store.records["entrega_audit"]]


@pytest.fixture
def desk():
    return Desk()


def test_every_screen_gets_the_frame_once(desk):
    assert desk.deliver() == ALL_SENT
    assert sorted(desk.screens.frames) == [(one, alert_frame(desk.alert)) for one in ("a1", "a2", "b1")]


def test_the_audit_has_the_intents_before_and_the_outcomes_after(desk):
    desk.deliver()
    assert desk.audited() == [
        ("op-ana", "intent"),
        ("op-bruno", "intent"),
        ("op-carla", "rung"),
        ("op-ana", "sent"),
        ("op-bruno", "sent"),
    ]
    ana = desk.store.of("entrega_audit", operator="op-ana", status="sent")[0]
    assert (ana["sent"], ana["gone"], ana["failed"]) == (2, 0, 0)
    assert broken_at(desk.store.records["entrega_audit"]) is None


def test_latency_runs_from_the_post_to_the_record(desk):
    desk.clock.now += 0.2504
    desk.deliver()
    assert {one["latency_ms"] for one in desk.store.records["entrega_audit"]} == {250.4}


def test_its_place_in_the_queue_is_freed(desk):
    assert desk.store.waiting
    desk.deliver()
    assert not desk.store.waiting


def test_nobody_concerned_is_a_delivery_too(desk):
    assert desk.deliver(operators=()) == Delivered()
    assert desk.timers.started == []
    assert desk.deliver().repeated


class TestTimers:
    def test_no_screen_at_once_no_receipt_after_the_grace(self, desk):
        desk.deliver()
        assert desk.timer("no_screen") == [(("carla",), 0)]
        assert desk.timer("no_receipt") == [(("ana", "bruno"), 10)]
        assert {timer.attempt for timer, _ in desk.timers.started} == {1}

    def test_whoever_has_other_steps_begins_with_their_first(self, desk):
        steps = (Step(Channel.PUSH, 3), Step(Channel.EMAIL, 60))
        desk.operators = (*desk.operators[:1], *(replace(one, steps=steps) for one in desk.operators[1:]))
        desk.deliver()
        started = {
            (timer.operators, timer.channel.value, timer.cause, delay) for timer, delay in desk.timers.started
        }
        assert started == {
            (("ana",), "email", "no_receipt", 10),
            (("bruno",), "push", "no_receipt", 3),
            (("carla",), "push", "no_screen", 0),
        }

    def test_a_screen_that_shows_other_things_is_none(self, desk):
        desk.screens.watch("b1", "bruno", Interest(("WDO",)))
        desk.deliver()
        assert desk.timer("no_screen") == [(("bruno", "carla"), 0)]

    def test_whom_the_alert_does_not_concern_gets_nothing(self, desk):
        choosy = an_operator("bruno", interest=Interest(min_severity=Severity.CRITICAL))
        desk.deliver(operators=(choosy,))
        assert desk.screens.frames == []
        assert desk.timers.started == []

    def test_a_screen_that_was_gone_counts_as_none(self, desk):
        desk.screens.gone = {"b1"}
        assert desk.deliver() == Delivered(2, 1, 0, False, {"sent": 1, "gone": 1, "no_screen": 1}, 0.0)
        assert desk.timer("no_screen") == [(("carla",), 0), (("bruno",), 0)]

    def test_one_of_two_screens_is_enough_to_wait(self, desk):
        desk.screens.gone = {"a1"}
        desk.deliver()
        assert desk.timer("no_receipt") == [(("ana", "bruno"), 10)]


class TestScreens:
    def test_gone_sockets_are_pruned(self, desk):
        desk.screens.gone = {"a1", "b1"}
        desk.deliver()
        assert [screen.connection_id for screen in desk.screens.everyone()] == ["a2"]

    def test_a_failing_screen_does_not_stop_the_others(self, desk):
        desk.screens.failing = {"a1", "b1"}
        assert desk.deliver() == Delivered(1, 0, 2, False, {"sent": 1, "failed": 1, "no_screen": 1}, 0.0)
        assert ("op-bruno", "failed") in desk.audited()
        assert ("op-ana", "sent") in desk.audited()
        assert desk.timer("no_screen") == [(("carla",), 0), (("bruno",), 0)]

    def test_all_gone_is_gone_one_failure_among_them_a_failure(self, desk):
        desk.screens.gone, desk.screens.failing = {"a1", "b1"}, {"a2"}
        desk.deliver()
        assert desk.audited()[3:] == [("op-ana", "failed"), ("op-bruno", "gone")]


class TestOnce:
    def test_the_second_message_does_nothing(self, desk):
        desk.deliver()
        before = (list(desk.screens.frames), list(desk.timers.started), desk.audited())
        assert desk.deliver() == Delivered(repeated=True)
        assert (desk.screens.frames, desk.timers.started, desk.audited()) == before

    def test_while_another_is_at_it_the_message_must_come_again(self, desk):
        desk.book.begin(desk.alert, [], desk.book.tail("WINZ26", desk.clock()), desk.clock(), LEASE_S)
        with pytest.raises(Leased):
            desk.deliver()
        assert desk.pauses == []
        assert desk.screens.frames == []

    def test_when_the_lease_has_run_out_it_starts_over(self, desk):
        desk.store.faults.before("finish", ConnectionError())
        with pytest.raises(ConnectionError):
            desk.deliver()
        with pytest.raises(Leased):
            desk.deliver()
        desk.clock.now += LEASE_S + 1
        assert desk.deliver() == replace(ALL_SENT, posted_ms=(LEASE_S + 1) * 1000.0)
        assert desk.deliver().repeated

    def test_a_timer_that_could_not_start_starts_over(self, desk):
        desk.timers.faults.before("start", ConnectionError())
        with pytest.raises(ConnectionError):
            desk.deliver()
        assert not desk.store.of("entrega_audit", status="sent")
        desk.clock.now += LEASE_S + 1
        desk.deliver()
        assert desk.timer("no_screen") == [(("carla",), 0)]

    def test_an_end_that_was_written_but_not_confirmed_is_not_repeated(self, desk):
        desk.store.faults.after("finish", ConnectionError())
        with pytest.raises(ConnectionError):
            desk.deliver()
        assert desk.deliver().repeated
        assert len(desk.screens.frames) == 3

    def test_a_chain_that_moves_under_way_is_read_again(self, desk):
        desk.store.faults.before("begin", Contended(), Contended())
        desk.store.faults.before("finish", Contended())
        assert desk.deliver() == ALL_SENT
        assert desk.pauses == [1, 2, 1]
        assert len(desk.audited()) == 5


class TestAttention:
    """Ana and Bruno have thresholds of their own; Carla has no screen."""

    def one(self, score=1.0, opportunity="f" * 64, at=CANDLE + 300, **changes):
        return an_alert(
            at,
            attention=Score(score, "range"),
            opportunity=Opportunity(opportunity, changes.pop("agrees", ()), changes.pop("conflicts", ())),
            **changes,
        )

    def next(self, desk, alert):
        desk.alert = admitted(FakeAdmissionBook(desk.store), alert)
        return desk.deliver()

    def listed(self, desk, screen):
        frames = [json.loads(frame) for one, frame in desk.screens.frames if one == screen]
        return [frame["listed"] for frame in frames if "listed" in frame]

    def test_below_their_threshold_it_is_on_the_list_in_silence(self, desk):
        desk.rules.least = {"ana": 0.9, "bruno": 1.1, "carla": 1.1}
        done = self.next(desk, self.one())
        assert done.operators == {"sent": 1, "listed": 2}
        assert self.listed(desk, "a1") == []
        assert self.listed(desk, "b1") == [{"why": "below_threshold", "score": 1.0, "threshold": 1.1}]
        assert [one.operators for one, _ in desk.timers.started] == [("ana",)]
        assert desk.timers.started[0][0].listed == ("bruno", "carla")
        assert desk.audited() == [
            ("op-ana", "intent"),
            ("op-bruno", "listed"),
            ("op-carla", "listed"),
            ("op-ana", "sent"),
            ("op-bruno", "sent"),
        ]
        (bruno,) = desk.store.of("entrega_audit", status="listed", operator="op-bruno")
        told = {name: bruno[name] for name in ("attention", "attention_why", "score", "threshold")}
        assert told == {
            "attention": "listed",
            "attention_why": "below_threshold",
            "score": 1.0,
            "threshold": 1.1,
        }
        (ana,) = desk.store.of("entrega_audit", status="intent")
        assert (ana["attention"], ana["attention_why"]) == ("rung", "reached_threshold")

    def test_later_ones_of_an_opportunity_join_it(self, desk):
        first = self.one()
        self.next(desk, first)
        self.next(desk, self.one(at=CANDLE + 600, agrees=(first.id,)))
        assert [one["why"] for one in self.listed(desk, "a1")] == ["joins"]
        assert len(desk.timers.started) == 2  # the first one's: with a screen, and without
        assert {one.alert.id for one, _ in desk.timers.started} == {first.id}

    def test_a_message_that_can_be_changed_is_to_say_what_joins(self, desk):
        ana, *others = desk.operators
        steps = (Step(Channel.PUSH, 5), Step(Channel.TELEGRAM, 10), Step(Channel.EMAIL, 60))
        desk.operators = (replace(ana, steps=steps), *others)
        first = self.one()
        self.next(desk, first)
        assert all(not one.joins for one, _ in desk.timers.started)
        later = self.one(at=CANDLE + 600, agrees=(first.id,))
        self.next(desk, later)
        timer, delay = desk.timers.started[-1]
        assert timer == Timer(timer.alert, (), 1, "joins", joins=("ana",))
        assert (timer.alert.id, delay) == (later.id, 0)

    def test_whom_the_first_did_not_concern_is_rung_by_the_next(self, desk):
        choosy = an_operator("bruno", interest=Interest(min_severity=Severity.HIGH))
        desk.operators = (desk.operators[0], choosy)
        first = self.one(severity=Severity.MEDIUM)
        self.next(desk, first)
        done = self.next(desk, self.one(at=CANDLE + 600, agrees=(first.id,)))
        assert done.operators == {"listed": 1, "sent": 1}
        assert desk.timers.started[-1][0].operators == ("bruno",)

    def test_both_sides_on_the_first_candle_ring_nobody(self, desk):
        begins = opportunity_id("WINZ26", "M5", CANDLE + 300)
        sides = [
            self.one(opportunity=begins, direction=one, pattern=pattern, conflicts=("x",))
            for one, pattern in ((Direction.LONG, Pattern.LEVEL_BREAK), (Direction.SHORT, Pattern.ENGULFING))
        ]
        for one in sides:
            assert self.next(desk, one).operators == {"listed": 3}
        assert desk.timers.started == []
        assert {one["why"] for one in self.listed(desk, "a1")} == {"conflict", "joins"}
        assert desk.store.closed == {one.id for one in sides}  # no TIMEOUT is due
        assert not desk.store.unsettled_at

    def test_a_late_first_one_finds_that_another_was_told(self, desk):
        """It knows of no other, so nobody asks before; the write is contended, and the next try asks."""
        early, later = self.one(), self.one(at=CANDLE + 600, agrees=("x",))
        self.next(desk, later)
        assert self.next(desk, early).operators == {"listed": 3}
        assert desk.pauses == [1]

    @pytest.mark.parametrize(("of", "name"), [("pattern", "engulfing"), ("instrument", "WIN")])
    def test_who_muted_it_has_it_on_the_list_for_so_long(self, desk, of, name):
        """No screen of theirs rings, nobody e-mails them; the others are rung, and the audit says why."""
        for operator in ("bruno", "carla"):
            desk.screens.mute(Mute(operator, of, name, NOW + 60))
        done = self.next(desk, self.one(pattern=Pattern.ENGULFING))
        assert done.operators == {"sent": 1, "listed": 2}
        assert self.listed(desk, "b1") == [{"why": "muted", "score": 1.0, "threshold": None}]
        assert [one.operators for one, _ in desk.timers.started] == [("ana",)]
        (bruno,) = desk.store.of("entrega_audit", status="listed", operator="op-bruno")
        assert (bruno["attention"], bruno["attention_why"]) == ("listed", "muted")
        desk.clock.now = NOW + 60
        assert self.next(desk, self.one(opportunity="e" * 64, at=CANDLE + 900)).operators["sent"] == 2

    def test_another_pattern_of_a_muted_opportunity_still_rings(self, desk):
        desk.screens.mute(Mute("bruno", "pattern", "engulfing", NOW + 900))
        first = self.one(pattern=Pattern.ENGULFING)
        self.next(desk, first)
        second = self.one(at=CANDLE + 600, pattern=Pattern.LEVEL_BREAK, agrees=(first.id,))
        assert self.next(desk, second).operators == {"listed": 2, "sent": 1}
        assert desk.timers.started[-1][0].operators == ("bruno",)

    def test_an_own_level_rings_in_a_muted_market(self, desk):
        desk.screens.mute(Mute("ana", "instrument", "WIN", NOW + 900))
        assert self.next(desk, a_level_alert(owner="op-ana")).operators == {"sent": 1}

    def test_an_unusual_range_can_be_muted_too(self, desk):
        desk.screens.mute(Mute("bruno", "pattern", "unusual_range", NOW + 900))
        assert self.next(desk, self.one(pattern=Pattern.UNUSUAL_RANGE)).operators["listed"] == 1

    def test_a_lease_that_ran_out_rings_the_same_ones_again(self, desk):
        desk.alert = admitted(FakeAdmissionBook(desk.store), self.one())
        desk.store.faults.before("finish", ConnectionError())
        with pytest.raises(ConnectionError):
            desk.deliver()
        desk.clock.now += LEASE_S + 1
        assert desk.deliver().operators == {"sent": 2, "no_screen": 1}


class TestHangs:
    """Ana's first screen does not answer: nobody else notices, and the story ends."""

    @pytest.fixture
    def never(self, desk, pool):
        """Posts to a1 begin and do not end before the test does; only then is the pool's end waited for."""
        over, post = threading.Event(), desk.screens.post

        def hang(connection_id, frame):
            if connection_id == "a1":
                over.wait(30)
            return post(connection_id, frame)

        desk.screens.post = hang
        yield
        over.set()

    @pytest.fixture
    def pool(self):
        with ThreadPoolExecutor(8) as pool:
            yield pool

    @pytest.fixture
    def short(self, monkeypatch):
        monkeypatch.setattr("pregao.flow.steps.broadcast.POSTS_S", 0.2)

    def test_the_others_have_their_frames_and_it_counts_as_failed(self, desk, never, pool, short):
        done = desk.deliver(pool=pool)
        assert (done.sent, done.failed, done.operators) == (2, 1, {"sent": 2, "no_screen": 1})
        assert ("op-ana", "sent") in desk.audited()
        assert desk.deliver().repeated

    def test_who_has_no_other_screen_is_woken_for_at_once(self, desk, never, pool, short):
        desk.screens.closed("a2")
        done = desk.deliver(pool=pool)
        assert done.operators == {"sent": 1, "failed": 1, "no_screen": 1}
        assert desk.timer("no_screen") == [(("carla",), 0), (("ana",), 0)]
        assert desk.timer("no_receipt") == [(("ana", "bruno"), 10)]
        assert ("op-ana", "failed") in desk.audited()

    def test_the_timers_are_started_while_it_hangs(self, desk, never, pool):
        """Should the process be killed then, fallback has the alert all the same."""
        delivering = pool.submit(desk.deliver, pool=pool)
        until = monotonic() + 10
        while len(desk.timers.started) < 2:
            assert monotonic() < until
            sleep(0.01)
        assert not delivering.done()
        assert desk.timer("no_screen") == [(("carla",), 0)]
        assert desk.timer("no_receipt") == [(("ana", "bruno"), 10)]

    def test_it_waits_no_longer_than_its_invocation_allows(self, desk, never, pool, monkeypatch):
        """Of 16 s the story keeps 15.5: a batch with many hanging screens ends in time."""
        monkeypatch.setattr("pregao.flow.steps.broadcast.POSTS_S", 3600.0)
        began = monotonic()
        left = TimeLeft(lambda: began + BUDGET_S + 1.0 - monotonic())
        assert desk.deliver(pool=pool, time=left).failed == 1


class TestTime:
    def test_the_first_of_a_batch_begins_and_the_next_where_there_is_time(self, desk):
        short = TimeLeft(lambda: BUDGET_S - 1)
        assert desk.deliver(time=short) == ALL_SENT
        with pytest.raises(OutOfTime):
            desk.deliver(time=short)

    def test_a_post_that_breaks_is_told_when_all_is_done(self, desk):
        def breaks(connection_id, frame):
            if connection_id == "b1":
                raise ValueError("no such frame")
            return Status.SENT

        desk.screens.post = breaks
        with pytest.raises(ExceptionGroup):
            desk.deliver()
        assert ("op-bruno", "failed") in desk.audited()
        assert desk.timer("no_screen") == [(("carla",), 0), (("bruno",), 0)]
        assert desk.deliver().repeated
