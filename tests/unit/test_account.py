"""A soak's account counts what is wrong, and only that."""

from __future__ import annotations

import pytest

from local.audit.run_account import AuditView
from pregao.domain.audit.chain import Tail, link
from tests.bench import account

ADMITTED = {"alert_id": "a", "verdict": "admitted", "alert": {"contract": "WINZ26", "seq": 1}}


def step(status, seq=1, channel="websocket", chain="WINZ26#2026-11-25", **more):
    record = {"alert_id": "a", "operator": "ana", "channel": channel, "status": status}
    return record | {"chain": chain, "seq": seq} | more


def test_a_verdict_told_needs_its_record():
    refused = {"alert_id": "a", "verdict": "duplicate"}
    audit = AuditView([ADMITTED, refused], [], [])
    assert account.answers_unrecorded(audit, [("a", "admitted")]) == 0
    assert account.answers_unrecorded(audit, [("a", "duplicate"), ("a", "duplicate"), ("b", "admitted")]) == 2


def test_once_is_once():
    assert account.admitted_twice(AuditView([ADMITTED, ADMITTED], [], [])) == 1
    assert account.admitted_twice(AuditView([ADMITTED], [], [])) == 0
    assert (
        account.decided_twice(AuditView([], [], [{"alert_id": "a"}, {"alert_id": "a"}, {"alert_id": "b"}]))
        == 1
    )


def test_an_opportunity_rings_an_operator_once():
    alerts = [
        {"alert_id": name, "verdict": "admitted", "alert": {"opportunity": {"id": of}}}
        for name, of in (("a", "o"), ("b", "o"), ("c", "p"))
    ]

    def told(alert, operator, attention, why="reached_threshold"):
        status = "listed" if attention == "listed" else "intent"
        one = step(status, attention=attention, attention_why=why, screens=1)
        return one | {"alert_id": alert, "operator": operator}

    right = [
        told("a", "ana", "rung"),
        told("a", "ana", "rung"),  # delivered again
        told("b", "ana", "listed", "joins"),
        told("b", "bruno", "rung"),
        told("c", "ana", "rung"),
    ]
    audit = AuditView(alerts, [*right, step("received")], [])
    assert (account.rung_twice(audit), len(account.rung(audit))) == (0, 3)
    assert (account.listed_because(audit, "joins"), account.listed_because(audit, "below_threshold")) == (
        1,
        0,
    )
    assert account.rung_twice(AuditView(alerts, [*right, told("a", "bruno", "rung")], [])) == 1


@pytest.mark.parametrize(("numbers", "bad"), [([1, 2, 3], 0), ([1, 3], 1), ([1, 1], 1), ([2], 1), ([], 0)])
def test_numbers_stand_without_a_hole(numbers, bad):
    alerts = [
        {"alert_id": str(at), "verdict": "admitted", "alert": {"contract": "WINZ26", "seq": seq}}
        for at, seq in enumerate(numbers)
    ]
    assert account.numbers_missing(AuditView(alerts, [], [])) == bad


def test_each_admitted_alert_has_an_attempt_and_each_attempt_an_admitted_alert():
    assert account.without_delivery(AuditView([ADMITTED], [], [])) == 1
    assert account.without_delivery(AuditView([ADMITTED], [step("intent")], [])) == 0
    assert account.of_nothing_admitted(AuditView([], [step("intent")], [{"alert_id": "b"}])) == 2
    assert account.of_nothing_admitted(AuditView([ADMITTED], [step("intent")], [])) == 0


@pytest.mark.parametrize(
    ("statuses", "orphans", "cut_off"),
    [
        (["intent", "sent"], 0, 0),
        (["intent", "intent", "sent"], 0, 1),
        (["sent"], 1, 0),
        (["intent", "sent", "sent"], 1, 0),
        (["sent", "intent"], 1, 1),
        (["intent", "gone", "intent", "failed", "received"], 0, 0),
        (["withheld", "received"], 0, 0),
        (["intent", "unknown"], 0, 0),
        (["unknown"], 0, 0),
    ],
)
def test_an_outcome_comes_behind_its_intent(statuses, orphans, cut_off):
    steps = [step(status, seq) for seq, status in enumerate(statuses, 1)]
    assert account.outcomes_and_intents(AuditView([], steps[::-1], [])) == (orphans, cut_off)


@pytest.mark.parametrize(("screens", "expected"), [(1, (0, 0)), (0, (1, 0))])
def test_an_alert_that_is_listed_has_no_other_intent(screens, expected):
    steps = [step("listed", 1, screens=screens), step("sent", 2)]
    assert account.outcomes_and_intents(AuditView([], steps, [])) == expected


def test_an_intent_of_one_channel_is_none_of_another():
    steps = [step("intent", 1), step("sent", 1, "email", "WINZ26#2026-11-25#fallback")]
    assert account.outcomes_and_intents(AuditView([], steps, [])) == (1, 1)


class TestChains:
    def audit(self, count=3, **changes):
        records, _ = link([{"alert_id": str(n)} for n in range(count)], Tail("WINZ26#2026-11-25"))
        records = [one | changes for one in records]
        return AuditView([], [], records), records

    def test_whole(self):
        audit, _ = self.audit()
        assert account.chains_broken(audit) == 0

    def test_edited(self):
        audit, _ = self.audit(alert_id="other")
        assert account.chains_broken(audit) == 1

    def test_one_taken_out(self):
        audit, records = self.audit()
        del records[1]
        assert account.chains_broken(audit) == 1


class TestTimeliness:
    """Detected at 1,000 s; 40 s are allowed."""

    @pytest.mark.parametrize(
        ("told", "kills", "came"),
        [
            (1040, [], account.IN_TIME),
            (1041, [], account.LATE),
            (1041, [999, 1041], account.LATE),  # before it was detected, and when it was late already
            (1041, [1020], account.KILLED),
            (1240, [1020], account.KILLED),
            (1241, [1020], account.TOO_LATE),
            (1241, [1010, 1021], account.KILLED),  # which of them had it is not known
            (1300, [1020, 1100], account.TOO_LATE),  # hidden then: nobody could be killed with it
            (1300, [1020, 1160], account.KILLED),  # back, and killed again
        ],
    )
    def test_a_kill_costs_one_time_out(self, told, kills, came):
        assert account.timeliness(1000, told, kills, 40) == came


@pytest.mark.parametrize(
    ("answered", "kills", "twice"),
    [
        ([10.0], [10.1], (0, 0)),
        ([10.0, 200.0], [], (1, 0)),
        ([10.0, 200.0], [9.6, 13.0], (1, 0)),
        ([10.0, 200.0], [9.9], (0, 1)),  # SES was asked, and had not answered
        ([10.0, 200.0], [10.5], (0, 1)),
        ([10.0, 200.0, 400.0], [10.5], (1, 1)),
    ],
)
def test_a_second_email_is_excused_by_a_death_while_the_first_was_sent_alone(answered, kills, twice):
    sent = {("a", "ana"): [(yes - 0.2, yes) for yes in answered]}
    unexplained, excused = account.sent_twice(sent, kills)
    assert (len(unexplained), excused) == twice


def test_who_is_refused_has_a_dead_letter_that_says_so():
    refused = [("a", "ana"), ("a", "ana"), ("b", "ana")]
    letters = [(("a", "ana"), "the e-mail was refused: MessageRejected"), (("b", "ana"), "its tries failed")]
    assert account.refused_unsaid(refused, letters, "MessageRejected") == 1
    assert account.refused_unsaid(refused[:1], letters, "MessageRejected") == 0


class TestPhones:
    """Steps to what operators carry, held against what the services took."""

    AT = "2026-11-25T10:00:{:02}.000000+00:00"
    EPOCH = 1_795_600_800.0

    def record(self, status, seconds=0, channel="push", **more):
        return step(status, seconds, channel, recorded_at=self.AT.format(seconds)) | more

    def note(self, seconds=0, channel="push", alert="a"):
        return account.Noted(channel, alert, "ana", self.EPOCH + seconds)

    def test_one_note_a_channel(self):
        assert account.noted_twice([self.note(), self.note(channel="telegram"), self.note(alert="b")]) == 0
        assert account.noted_twice([self.note(), self.note(1)]) == 1

    def test_a_note_has_an_intent(self):
        audit = AuditView([], [self.record("intent"), self.record("sent", channel="telegram")], [])
        assert account.notes_without_intent(audit, [self.note()]) == 0
        assert account.notes_without_intent(audit, [self.note(), self.note(channel="telegram")]) == 1

    @pytest.mark.parametrize(("seconds", "late"), [(9, 0), (10, 0), (13, 0), (14, 1)])
    def test_nothing_after_a_decision(self, seconds, late):
        actions = [{"alert_id": "a", "recorded_at": self.AT.format(at)} for at in (20, 10)]
        audit = AuditView([], [], [*actions, {"alert_id": "b", "recorded_at": self.AT.format(0)}])
        assert len(account.notes_too_late(audit, [self.note(seconds)])) == late

    @pytest.mark.parametrize(("operator", "late"), [("ana", 1), ("bruno", 0)])
    def test_nothing_after_ones_own_receipt(self, operator, late):
        receipt = step("received", received_at=self.AT.format(5)) | {"operator": operator}
        assert len(account.notes_too_late(AuditView([], [receipt], []), [self.note(20)])) == late

    def test_nothing_of_what_did_not_ring(self):
        assert len(account.notes_too_late(AuditView([], [step("listed")], []), [self.note()])) == 1

    @pytest.mark.parametrize(
        ("statuses", "end"),
        [
            (["intent", "sent"], "sent"),
            (["intent"], None),
            (["intent", "failed", "intent"], None),
            (["intent", "failed", "intent", "sent"], "sent"),
            (["intent", "unknown"], "unknown"),
            (["withheld"], "withheld"),
        ],
    )
    def test_how_a_step_ended(self, statuses, end):
        records = [self.record(status, at) for at, status in enumerate(statuses)]
        assert account.step_ends(AuditView([], records[::-1], [])) == {("push", "a", "ana"): end}

    @pytest.mark.parametrize(
        ("end", "taken", "untrue"),
        [
            ("sent", True, 0),
            ("sent", False, 1),
            ("failed", False, 0),
            ("failed", True, 1),
            ("withheld", True, 1),
            ("unknown", True, 0),
            ("unknown", False, 0),
            (None, True, 0),
        ],
    )
    def test_what_is_said_of_it_is_true(self, end, taken, untrue):
        assert len(account.ends_untrue({("push", "a", "ana"): end}, [self.note()] if taken else [])) == untrue

    def test_steps_begin_in_their_order(self):
        right = [
            self.record("intent", 0),
            self.record("intent", 5, "telegram"),
            self.record("intent", 6),  # tried again
            self.record("intent", 9, "email"),
        ]
        assert account.out_of_order(AuditView([], right[::-1], [])) == 0
        assert account.out_of_order(AuditView([], right[1:3], [])) == 1

    def test_a_step_that_died_before_its_intent_began_before_it_ended(self):
        died = [self.record("intent", 3, "telegram"), self.record("unknown", 180)]
        assert account.out_of_order(AuditView([], died, [])) == 0
        late = [self.record("intent", 3, "telegram"), self.record("intent", 4), self.record("unknown", 180)]
        assert account.out_of_order(AuditView([], late, [])) == 1
