"""The story of flow/detect: judge in order, commit, then tell the queue; and what a crash leaves behind."""

from __future__ import annotations

import pytest

from pregao.domain.alerts.admission import AdmissionRules, Mute, Verdict
from pregao.domain.audit.chain import broken_at
from pregao.flow.detect import Admission, admit
from pregao.flow.ports.refusals import Contended, OutOfTime
from pregao.flow.steps.audit.append import TRIES
from pregao.flow.steps.in_time import TimeLeft
from tests.fakes import (
    CANDLE,
    EVIDENCE,
    NOW,
    PLENTY,
    FakeAdmissionBook,
    FakeAlertQueue,
    Store,
    admitted,
    an_alert,
)


class Desk:
    """The story's dependencies, fakes all of them."""

    def __init__(self, **rules):
        self.store = Store()
        self.queue = FakeAlertQueue()
        self.pauses = []
        self.open = True
        self.deps = Admission(
            FakeAdmissionBook(self.store), self.queue, AdmissionRules(**rules), self.pauses.append
        )

    def in_session(self, _):
        return self.open

    def admit(self, *alerts, now=NOW, replay=False, time=PLENTY):
        return admit(alerts, self, self.deps, now, time, replay=replay, provenance=lambda _alert: EVIDENCE)

    def verdicts(self, *alerts, **more):
        return [one.verdict for one in self.admit(*alerts, **more)]

    def audited(self):
        return [record["verdict"] for record in self.store.records["alertas_audit"]]


@pytest.fixture
def desk():
    return Desk()


def test_what_is_admitted_is_audited_and_queued_with_its_number(desk):
    (judged,) = desk.admit(an_alert())
    assert judged.verdict is Verdict.ADMITTED
    assert [alert.seq for alert in desk.queue.sent] == [1]
    (record,) = desk.store.records["alertas_audit"]
    assert record["alert"]["seq"] == 1
    assert record["alert_id"] == judged.alert.id


def test_a_quiet_batch_asks_nobody(desk):
    desk.store.faults.before("head", AssertionError("nobody should ask"))
    desk.queue.faults.before("send", AssertionError("nobody should send"))
    assert desk.admit() == []


def test_the_head_is_read_once_for_a_whole_batch(desk):
    alerts = [an_alert(CANDLE + 300 * n) for n in range(5)]
    reads = []
    original = desk.deps.book.head
    desk.deps.book.head = lambda *args: reads.append(1) or original(*args)
    assert desk.verdicts(*alerts, replay=True) == [Verdict.ADMITTED] * 5
    assert len(reads) == 1
    assert [alert.seq for alert in desk.queue.sent] == [1, 2, 3, 4, 5]


def test_every_verdict_leaves_a_record_with_its_reason(desk):
    desk.deps = Admission(desk.deps.book, desk.queue, AdmissionRules(queue_limit=2), desk.pauses.append)
    far = {"price": 150_000.0}
    batch = [
        an_alert(),
        an_alert(),
        an_alert(CANDLE + 30, **far),
        an_alert(CANDLE + 300),
        an_alert(CANDLE + 600),
    ]
    wanted = [
        Verdict.ADMITTED,
        Verdict.DUPLICATE,
        Verdict.RATE_LIMITED,
        Verdict.ADMITTED,
        Verdict.QUEUE_FULL,
    ]
    assert desk.verdicts(*batch, replay=True) == wanted
    assert desk.audited() == [verdict.value for verdict in wanted]
    assert all(record["verdict_reason"] for record in desk.store.records["alertas_audit"])
    assert broken_at(desk.store.records["alertas_audit"]) is None
    assert len(desk.queue.sent) == 2


class TestGate:
    def test_stale_by_the_real_clock(self, desk):
        assert desk.verdicts(an_alert(), now=CANDLE + 600.001) == [Verdict.STALE]
        assert desk.queue.sent == []

    def test_not_yet_stale_on_the_last_second(self, desk):
        assert desk.verdicts(an_alert(), now=CANDLE + 600.0) == [Verdict.ADMITTED]

    def test_a_replay_is_never_stale(self, desk):
        assert desk.verdicts(an_alert(), now=NOW + 1e7, replay=True) == [Verdict.ADMITTED]

    def test_out_of_session(self, desk):
        desk.open = False
        assert desk.verdicts(an_alert()) == [Verdict.OUT_OF_SESSION]

    @pytest.mark.parametrize("mute", [Mute("WIN"), Mute(pattern="level_break"), Mute("WIN", "level_break")])
    def test_muted(self, mute):
        assert Desk(mutes=(mute,)).verdicts(an_alert()) == [Verdict.MUTED]

    @pytest.mark.parametrize("mute", [Mute("WDO"), Mute(pattern="engulfing"), Mute("WIN", "engulfing")])
    def test_mutes_of_others_do_not_count(self, mute):
        assert Desk(mutes=(mute,)).verdicts(an_alert()) == [Verdict.ADMITTED]

    def test_refused_once_refused_ever_but_as_a_duplicate(self, desk):
        desk.verdicts(an_alert(), now=NOW + 10_000)
        assert desk.verdicts(an_alert(), now=NOW + 10_000) == [Verdict.DUPLICATE]
        assert desk.audited() == ["stale", "duplicate"]


class TestCrash:
    def test_between_commit_and_send_the_retry_hands_it_over_again(self, desk):
        desk.queue.faults.before("send", ConnectionError())
        with pytest.raises(ExceptionGroup):
            desk.admit(an_alert())
        (judged,) = desk.admit(an_alert(now=NOW + 5), now=NOW + 5)
        assert judged.verdict is Verdict.DUPLICATE
        assert judged.unfinished
        assert [(alert.seq, alert.detected_at) for alert in desk.queue.sent] == [(1, NOW)]

    def test_a_lost_answer_of_the_queue_sends_twice_rather_than_never(self, desk):
        desk.queue.faults.after("send", ConnectionError())
        with pytest.raises(ExceptionGroup):
            desk.admit(an_alert())
        desk.admit(an_alert())
        assert len(desk.queue.sent) == 2

    def test_a_lost_answer_of_the_store_is_found_on_retry(self, desk):
        desk.store.faults.after("commit", ConnectionError())
        with pytest.raises(ExceptionGroup):
            desk.admit(an_alert())
        assert desk.verdicts(an_alert()) == [Verdict.DUPLICATE]
        assert [alert.seq for alert in desk.queue.sent] == [1]

    def test_in_the_middle_of_a_batch_nothing_is_lost_or_numbered_twice(self, desk):
        alerts = [an_alert(CANDLE + 300 * n) for n in range(3)]
        desk.store.faults.after("commit", ConnectionError())
        with pytest.raises(ExceptionGroup):
            desk.admit(*alerts, replay=True)
        assert [alert.seq for alert in desk.queue.sent] == [2, 3]  # those behind it do not wait
        assert desk.verdicts(*alerts, replay=True) == [Verdict.DUPLICATE] * 3
        assert [alert.seq for alert in desk.queue.sent] == [2, 3, 1, 2, 3]

    def test_what_cannot_be_judged_keeps_nobody_behind_it_from_the_queue(self, desk):
        alerts = [an_alert(CANDLE + 300 * n) for n in range(3)]
        desk.store.faults.before("commit", ConnectionError())
        with pytest.raises(ExceptionGroup, match="2 of 3"):
            desk.admit(*alerts, replay=True)
        assert [alert.candle.time for alert in desk.queue.sent] == [CANDLE + 300, CANDLE + 600]

    def test_what_there_is_no_time_for_is_left_to_the_next_post(self, desk):
        alerts = [an_alert(CANDLE + 300 * n) for n in range(3)]
        with pytest.raises(ExceptionGroup) as told:
            desk.admit(*alerts, replay=True, time=TimeLeft(lambda: 1.0))
        assert told.group_contains(OutOfTime)
        assert len(desk.queue.sent) == 1
        verdicts = desk.verdicts(*alerts, replay=True)
        assert verdicts == [Verdict.DUPLICATE, Verdict.ADMITTED, Verdict.ADMITTED]

    def test_what_was_delivered_is_not_sent_again(self, desk):
        (judged,) = desk.admit(an_alert())
        desk.store.claims[judged.alert.id]["state"] = "finished"
        assert desk.verdicts(an_alert()) == [Verdict.DUPLICATE]
        assert len(desk.queue.sent) == 1

    def test_a_retry_that_has_become_stale_still_hands_the_first_over(self, desk):
        desk.queue.faults.before("send", ConnectionError())
        with pytest.raises(ExceptionGroup):
            desk.admit(an_alert())
        (judged,) = desk.admit(an_alert(), now=NOW + 10_000)
        assert (judged.verdict, judged.unfinished) == (Verdict.DUPLICATE, True)
        assert len(desk.queue.sent) == 1


class TestContention:
    def test_in_the_middle_of_a_batch_the_head_is_read_anew(self, desk):
        original, done = desk.deps.book.commit, []

        def commit(entry, rules, now):
            original(entry, rules, now)
            if not done:
                done.append(True)
                rival = FakeAdmissionBook(desk.store)
                admitted(rival, an_alert(CANDLE - 3000))

        desk.deps.book.commit = commit
        alerts = [an_alert(CANDLE), an_alert(CANDLE + 300)]
        assert desk.verdicts(*alerts, replay=True) == [Verdict.ADMITTED] * 2
        assert [alert.seq for alert in desk.queue.sent] == [1, 3]
        assert desk.pauses == [1]

    def test_a_refusal_needs_no_second_look_at_the_head(self, desk):
        reads, original = [], desk.deps.book.head
        desk.deps.book.head = lambda *args: reads.append(1) or original(*args)
        desk.verdicts(an_alert(), an_alert())
        assert len(reads) == 1

    def test_somebody_faster_is_met_by_reading_again(self, desk):
        rival = FakeAdmissionBook(desk.store)
        original, done = desk.deps.book.head, []

        def head(contract, now):
            found = original(contract, now)
            if not done:
                done.append(admitted(rival, an_alert(CANDLE - 3000)))
            return found

        desk.deps.book.head = head
        assert desk.verdicts(an_alert()) == [Verdict.ADMITTED]
        assert desk.pauses == [1]
        assert [alert.seq for alert in desk.queue.sent] == [2]
        assert broken_at(desk.store.records["alertas_audit"]) is None

    def test_it_gives_up_in_the_end_and_the_caller_tries_again(self, desk):
        desk.store.faults.before("commit", *[Contended()] * TRIES)
        with pytest.raises(ExceptionGroup):
            desk.admit(an_alert())
        assert desk.pauses == list(range(1, TRIES))
        assert desk.queue.sent == []
        assert desk.verdicts(an_alert()) == [Verdict.ADMITTED]

    def test_places_that_crashed_alerts_held_are_given_back_on_the_way(self):
        desk = Desk(queue_limit=1)
        admitted(desk.deps.book, an_alert(CANDLE - 6000, now=NOW - 1000), now=NOW - 1000)
        assert desk.verdicts(an_alert()) == [Verdict.ADMITTED]

    def test_beaten_to_the_same_alert_between_refusal_and_record(self, desk):
        """Rate limited first, then somebody else records this very id: a duplicate, no endless loop."""
        admitted(desk.deps.book, an_alert(CANDLE - 30, price=150_000.0))
        original = desk.deps.book.commit

        def commit(entry, rules, now):
            if entry.judgement.verdict is Verdict.RATE_LIMITED:
                desk.store.claims[entry.alert.id] = {
                    "state": "refused",
                    "verdict": "rate_limited",
                    "alert": entry.alert,
                }
            original(entry, rules, now)

        desk.deps.book.commit = commit
        assert desk.verdicts(an_alert()) == [Verdict.DUPLICATE]
