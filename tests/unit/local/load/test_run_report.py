"""The account of a run: what counts as lost, what the report says, what the exit code is."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import typer

from local.audit.run_account import AuditView
from local.cli.replay import factor, settle_account
from local.load.run import Report, lost, percentiles

ANA = SimpleNamespace(audit_id="ana", symbols=("*",), patterns=("*",), min_severity="medium")
BRUNO = SimpleNamespace(audit_id="bruno", symbols=("WIN",), patterns=("engulfing",), min_severity="high")
DESK = SimpleNamespace(operators=(ANA, BRUNO))


def judged(alert_id, verdict="admitted", severity="medium", pattern="engulfing", instrument="WIN"):
    alert = {
        "instrument": instrument,
        "contract": f"{instrument}Z26",
        "symbol": f"{instrument}$N",
        "pattern": pattern,
        "severity": severity,
    }
    return {"alert_id": alert_id, "verdict": verdict, "pattern": pattern, "alert": alert}


def step(alert_id, operator, channel, status, **more):
    return {"alert_id": alert_id, "operator": operator, "channel": channel, "status": status} | more


def test_a_frame_without_a_receipt_is_lost():
    """Sent is not seen."""
    audit = AuditView([judged("a")], [step("a", "ana", "websocket", "sent", sent=1)], [])
    assert lost(audit, DESK) == {("a", "ana")}


@pytest.mark.parametrize(("channel", "status"), [("websocket", "received"), ("email", "sent")])
def test_a_receipt_or_an_email_reaches(channel, status):
    audit = AuditView([judged("a")], [step("a", "ana", channel, status)], [])
    assert lost(audit, DESK) == set()


def test_only_whom_it_concerns_can_lose_it():
    """Bruno wants high engulfings of WIN; everybody else's alerts are none of his."""
    reached = [step(name, "ana", "email", "sent") for name in "abcd"]
    alerts = [
        judged("a", severity="high"),
        judged("b"),
        judged("c", severity="high", instrument="WDO"),
        judged("d", severity="critical", pattern="level_break"),
    ]
    assert lost(AuditView(alerts, reached, []), DESK) == {("a", "bruno")}


def test_what_did_not_ring_is_not_lost():
    """It is on the list: nobody owes a receipt for it."""
    audit = AuditView([judged("a")], [step("a", one, "websocket", "listed") for one in ("ana", "bruno")], [])
    assert lost(audit, DESK) == set()
    assert len(audit.listed()) == 2


def test_what_was_refused_is_not_lost():
    assert lost(AuditView([judged("a", verdict="duplicate")], [], []), DESK) == set()


def test_attempts_are_outcomes():
    """Intents and receipts are no attempts of their own."""
    steps = [step("a", "ana", "websocket", status) for status in ("intent", "sent", "received")]
    audit = AuditView([], [*steps, step("a", "bruno", "email", "failed")], [])
    assert audit.attempts() == 2


def test_percentiles_of_nothing_one_and_many():
    assert percentiles([]) == dict.fromkeys(("p50", "p95", "p99", "max"))
    assert percentiles([7.0]) == dict.fromkeys(("p50", "p95", "p99", "max"), 7.0)
    found = percentiles([float(n) for n in range(101)])
    assert found == {"p50": 50.0, "p95": 95.0, "p99": 99.0, "max": 100.0}


@pytest.mark.parametrize(("text", "value"), [("60", 60.0), ("0.5", 0.5), ("max", None)])
def test_a_speed_is_a_factor_or_max(text, value):
    assert factor(text) == value


@pytest.mark.parametrize("text", ["0", "-1", "fast", "inf", "nan", ""])
def test_other_speeds_are_refused(text):
    with pytest.raises(typer.BadParameter, match="max"):
        factor(text)


def report(**changes):
    values = dict.fromkeys(Report.__dataclass_fields__, 0) | {
        "alerts": {"admitted": 1},
        "patterns": {},
        "latency_ms": percentiles([]),
        "audit": {},
        "stopped": None,
    }
    return Report(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "code"), [({}, 0), ({"lost": 1}, 1), ({"refused": 1}, 1), ({"stopped": "interrupted"}, 1)]
)
def test_the_exit_code_is_zero_only_when_nothing_was_lost(tmp_path, changes, code):
    path = tmp_path / "r.json"
    assert settle_account(report(**changes), path) == code
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written["alerts"] == {"admitted": 1}
    assert written["lost"] == changes.get("lost", 0)
