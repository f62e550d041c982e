"""`pregao ledger`: the account of a stack's closed sessions, as text, JSON and a page."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from local.cli import ledger
from local.cli.app import app
from pregao.domain.alerts.signal import Pattern
from pregao.domain.calibration.ledger import Told
from pregao.domain.delivery.attention import Scored, SessionScores
from pregao.flow.ports.calibration import KeptScores
from tests.fakes import NOW, FakeLedgerBook, Store
from tests.judged import LOADED
from tests.unit.domain.calibration.test_account import MONDAY, row
from tests.unit.domain.calibration.test_account import ledger as session

ANA = LOADED.operators[0]


class Scores:
    """ScoresBook: thirty sessions, each with ten opportunities worth 1 to 10."""

    def every(self, _first, _last):
        alerts = tuple(Scored(number, Pattern.ENGULFING, float(number)) for number in range(1, 11))
        days = [SessionScores(MONDAY + timedelta(day), alerts) for day in range(30)]
        return [KeptScores("WIN", "M5", days)]


@pytest.fixture
def book(monkeypatch):
    made = FakeLedgerBook(Store())
    monkeypatch.setattr(ledger, "_books", lambda _stack: (made, Scores()))
    return made


@pytest.fixture
def kept(book):
    people = {ANA.audit_id: Told(seen=True), "<script>": Told()}
    said = {"p": 0.45, "baseline": 0.44, "target_first": True, "result": "target", "r": 1.0}
    for place in range(3):
        day = MONDAY - timedelta(40 * place)
        book.keep(session(row(str(place), people=people, **said), session=day), NOW)
    return book


def run(*words):
    return CliRunner().invoke(app(["ledger"]), ["ledger", *words], env={"COLUMNS": "140"})


def test_the_last_thirty_days_that_there_are_or_those_named(kept):
    assert json.loads(run("--json").stdout)["sessions"] == [MONDAY.isoformat()]
    said = json.loads(run("--json", "--from", "2026-01-01", "--to", "14/10/2026").stdout)
    assert len(said["sessions"]) == 2


def test_people_by_name_in_text_and_page(kept, tmp_path):
    said = run("--html", str(tmp_path / "ledger.html"))
    page = (tmp_path / "ledger.html").read_text(encoding="utf-8")
    for text in (said.stdout, page):
        assert ANA.id in text
        assert ANA.audit_id not in text
        assert "+1.00" in text
    assert "<script>" not in page
    assert "<circle" in page


def test_nothing_closed_says_what_to_do(book):
    said = run()
    assert (said.exit_code, "pregao calibrate" in said.stderr) == (1, True)


def test_days_the_wrong_way_round_are_refused(kept):
    refused = run("--from", "2026-11-25", "--to", "2026-11-20")
    assert (refused.exit_code, "--from" in refused.stderr) == (2, True)


@pytest.mark.parametrize(("budget", "rings"), [(0, 10), (3, 3), (10, 10)])
def test_another_budget_over_the_sessions_that_were(kept, budget, rings):
    """Each session by the threshold of those before it; 0 rings all."""
    said = json.loads(run("--json", "--budget", str(budget)).stdout)["preview"][ANA.id]
    assert said["mean"] == rings
    assert {one["rings"] for one in said["sessions"]} == {rings}
    assert f"--budget {budget}: {rings}.0 toques" in run("--budget", str(budget)).stdout
