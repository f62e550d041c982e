"""`pregao trace` over what the deployed functions wrote: every step, its time, and what is missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from local.cli.app import app
from local.ops.trace_read import read_trace
from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.audit.archive_days import ArchiveError
from pregao.domain.delivery.timer import Timer
from pregao.wire.alert_v1 import dump_alert, dump_timer
from tests.fakes import CANDLE, NOW, admitted, an_alert, an_entry
from tests.functions.conftest import ANA, BRUNO
from tests.functions.test_observed import NOW as POSTED
from tests.functions.test_observed import an_alerts_life, of_queue, posted

OUTPUTS = ("AdmissionTable", "AlertasAuditTable", "EntregaAuditTable", "AcaoOperadorAuditTable")
ALERT_DAY = datetime.fromtimestamp(NOW, UTC)


@pytest.fixture
def place(stack, monkeypatch):
    """The stack as a command sees it."""
    found = SimpleNamespace(
        outputs={name: stack.resources[name] for name in OUTPUTS}, client={"dynamodb": stack.dynamo}.get
    )
    monkeypatch.setattr("local.stack.deployed.deployed", lambda _name, _state: found)
    return found


def run(*words):
    result = CliRunner().invoke(app(["trace"]), ["trace", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output


def steps(told):
    return [
        (one["kind"], one["operator"], one["outcome"], one["since_detection_ms"]) for one in told["steps"]
    ]


class TestAWholeLife:
    def test_a_step_over_its_budget_is_marked(self, stack, place, monkeypatch):
        """Half a second between judgement and intent, where 300 ms are for it; judging took 250 of 600."""
        stack.at(POSTED).watch("a1", "ana")
        (told,) = json.loads(stack.call("detect", posted())["body"])["alerts"]
        stack.at(POSTED + 0.5).call("deliver", of_queue("deliver", *stack.messages("AlertQueue")))
        seen = json.loads(run(told["id"], "--json"))["steps"]
        assert {one["kind"]: one["over_ms"] for one in seen} == {
            "posted": None,
            "queued": 300.0,
            "websocket": None,
        }
        monkeypatch.setenv("COLUMNS", "140")
        (line,) = (one for one in run(told["id"]).splitlines() if "! >" in one)
        assert "queued ! > 300 ms" in line

    def test_each_step_with_its_time_by_operator(self, stack, place):
        alert, _ = an_alerts_life(stack)
        told = json.loads(run(alert.id, "--json"))
        assert (told["verdict"], told["live"], told["missing"]) == ("admitted", True, [])
        assert steps(told) == [
            ("posted", "", "admitted", 0.0),
            ("queued", "", "", 100.0),
            *sorted(
                [
                    ("websocket", ANA, "sent", 100.0),
                    ("receipt", ANA, "received", 200.0),
                    ("email", BRUNO, "sent", 10_000.0),
                ],
                key=lambda one: (one[1], one[3]),
            ),
            ("decision", ANA, "executed", 20_000.0),
        ]
        assert [one["since_close_ms"] - one["since_detection_ms"] for one in told["steps"]] == [250.0] * 6
        receipt = next(one for one in told["steps"] if one["kind"] == "receipt")
        assert receipt["took_ms"] == 100.0  # from the frame, not from the record the timer wrote

    def test_in_the_terminal(self, stack, place, monkeypatch):
        monkeypatch.setenv("COLUMNS", "160")
        alert, _ = an_alerts_life(stack)
        told = run(alert.id)
        assert alert.id in told
        lines = {line.split()[0]: line for line in told.splitlines() if "█" in line}
        assert {"ana", "bruno"} <= set(lines)  # operators.yaml knows who they are, the audit does not
        assert "10,00 s" in lines["bruno"]
        email, screen = (next(one for one in told.splitlines() if what in one) for what in ("e-mail", "tela"))
        assert email.rindex("█") > screen.rindex("█")


class TestWhatIsMissing:
    def test_an_alert_that_did_not_ring_says_why(self, stack, place):
        first = admitted(stack.books.admission, an_alert())
        held = an_alert(CANDLE + 300)
        head = stack.books.admission.head(first.contract, NOW)
        entry = an_entry(head, held, Verdict.RATE_LIMITED)
        stack.books.admission.commit(entry, AdmissionRules(), NOW)
        told = json.loads(run(held.id, "--json"))
        assert (told["verdict"], told["reason"], told["missing"]) == ("rate_limited", "because", [])
        assert [one["kind"] for one in told["steps"]] == ["posted"]
        assert "não tocou · did not ring: rate_limited (because)" in run(held.id)

    def test_an_alert_that_was_never_delivered(self, stack, place):
        alert = admitted(stack.books.admission, an_alert())
        told = json.loads(run(alert.id, "--json"))
        assert [one["kind"] for one in told["missing"]] == ["delivery", "decision"]
        assert "nenhuma entrega gravada" in run(alert.id)

    def test_a_screen_that_did_not_confirm(self, stack, place):
        alert = admitted(stack.books.admission, an_alert())
        stack.at(NOW + 1).watch("a1", "ana")
        stack.call("deliver", of_queue("deliver", dump_alert(alert).decode()))
        assert {"kind": "receipt", "operator": ANA} in json.loads(run(alert.id, "--json"))["missing"]
        assert "ana: sem confirmação" in run(alert.id)

    def test_an_attempt_whose_function_died(self, stack, place):
        alert = admitted(stack.books.admission, an_alert())
        stack.at(NOW + 1)
        body = dump_timer(Timer(alert, ("ana",), 1, "no_screen"))
        stack.call("fallback", of_queue("fallback", body))
        outcome = next(one for one in stack.records("entrega") if one["status"] == "sent")
        key = {"chain": {"S": outcome["chain"]}, "seq": {"N": str(outcome["seq"])}}
        stack.dynamo.delete_item(TableName=stack.resources["EntregaAuditTable"], Key=key)
        told = json.loads(run(alert.id, "--json"))
        (attempt,) = [one for one in told["steps"] if one["operator"]]
        assert (attempt["outcome"], attempt["ended"], attempt["took_ms"]) == ("intent", None, None)
        assert {"kind": "outcome", "operator": ANA} in told["missing"]
        assert "uma tentativa sem desfecho" in run(alert.id)

    def test_a_replayed_alert_counts_from_its_detection(self, stack, place):
        alert = admitted(stack.books.admission, an_alert(CANDLE - 10 * 86_400, now=NOW))
        told = json.loads(run(alert.id, "--json"))
        assert not told["live"]
        assert "reprise" in run(alert.id)


class TestWhich:
    @pytest.fixture
    def two(self, stack):
        return [admitted(stack.books.admission, an_alert(CANDLE + 300 * n)) for n in range(2)]

    def test_by_its_beginning(self, place, two):
        assert read_trace(place, two[1].id[:8], ALERT_DAY, 1).alert["id"] == two[1].id

    def test_a_whole_id_at_any_age(self, place, two):
        later = datetime(2033, 1, 1, tzinfo=UTC)
        assert read_trace(place, two[0].id, later, 1).alert["id"] == two[0].id

    @pytest.mark.parametrize("apart", [300, 86_400], ids=["of one day", "of two days"])
    def test_a_beginning_of_two_names_both(self, stack, place, apart):
        first, second = beginning_alike(apart)
        admitted(stack.books.admission, first)
        later = NOW + apart // 86_400 * 86_400
        admitted(stack.books.admission, second, now=later)
        until = datetime.fromtimestamp(later, UTC)
        with pytest.raises(ArchiveError, match=rf"(?s)2 alerts .*{first.id[:16]}") as told:
            read_trace(place, f" {first.id[0].upper()}… ", until, 3)
        assert second.id[:16] in str(told.value)

    def test_nothing_written_is_refused(self, place, two):
        with pytest.raises(ArchiveError, match="empty"):
            read_trace(place, " … ", ALERT_DAY, 1)

    def test_an_unknown_one_says_what_to_do(self, place, two):
        with pytest.raises(ArchiveError, match="--days"):
            read_trace(place, "0" * 8, ALERT_DAY, 3)
        with pytest.raises(ArchiveError, match="--stack"):
            read_trace(place, "0" * 64, ALERT_DAY, 3)
        with pytest.raises(ArchiveError, match="within --days 1"):
            read_trace(place, two[0].id[:8], datetime.fromtimestamp(POSTED + 40 * 86_400, UTC), 1)


def beginning_alike(apart):
    """Two alerts so many seconds or a little more apart, whose ids have the first digit in common."""
    first = an_alert()
    later = (an_alert(CANDLE + apart + 300 * more) for more in range(1000))
    return first, next(one for one in later if one.id[0] == first.id[0])
