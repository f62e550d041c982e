"""The end-to-end tests' post: what a try without an answer judged is told as it was judged then."""

from __future__ import annotations

from local.audit.run_account import AuditView
from tests.e2e import desk

AGAIN = 503, {"error": "try again"}


def told(monkeypatch, *answers):
    """What `post` returns of these answers; alert a was admitted once and then a duplicate, b at first."""
    left = list(answers)
    judged = [("a", "duplicate", 3), ("b", "duplicate", 2), ("a", "admitted", 1)]
    records = [{"alert_id": one, "verdict": verdict, "seq": seq} for one, verdict, seq in judged]
    monkeypatch.setattr(desk, "_posted", lambda *_: left.pop(0))
    monkeypatch.setattr(desk, "audit_of", lambda *_: AuditView(records, [], []))
    monkeypatch.setattr(desk.time, "sleep", lambda _: None)
    return desk.post(None, b"")


def alerts(*verdicts):
    return 202, {"accepted": 1, "alerts": [{"id": one, "verdict": it} for one, it in verdicts]}


def test_of_a_post_that_came_twice_the_first_verdict_counts(monkeypatch):
    answer = alerts(("b", "duplicate"), ("a", "duplicate"))
    assert told(monkeypatch, AGAIN, answer) == alerts(("b", "duplicate"), ("a", "admitted"))


def test_of_a_post_that_was_answered_at_once_the_answer_counts(monkeypatch):
    assert told(monkeypatch, alerts(("a", "duplicate"))) == alerts(("a", "duplicate"))


def test_an_answer_without_alerts_stays_as_it_is(monkeypatch):
    assert told(monkeypatch, AGAIN, (400, {"reasons": []})) == (400, {"reasons": []})
