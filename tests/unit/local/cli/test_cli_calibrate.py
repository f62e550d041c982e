"""`pregao calibrate`: sessions of a file, or those of a stack that are over."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from local.cli import calibrate
from local.cli.app import app
from local.lab.market import TIMEZONE
from local.lab.mt5file import write_mt5
from pregao.flow.calibrate import CATCH_UP
from tests.unit.domain.calibration.test_size import lively
from tests.unit.flow.test_calibrate import Rounds, days

MARKET = lively(2, 25)


@pytest.fixture
def rounds(monkeypatch):
    made = Rounds()
    monkeypatch.setattr(calibrate, "_of", lambda _stack, _config: (made.deps, made.closing))
    return made


@pytest.fixture
def book(rounds):
    return rounds.deps.book


def run(*words):
    return CliRunner().invoke(app(["calibrate"]), ["calibrate", *words], env={"COLUMNS": "120"})


def test_the_sessions_of_a_file_each_once(book, tmp_path):
    write_mt5(MARKET, tmp_path / "candles.csv", TIMEZONE)
    said = json.loads(run(str(tmp_path / "candles.csv"), "--json").stdout)
    assert len(said) == 25
    assert (said[0]["slots"], said[0]["outlook"]) == (0, False)
    assert (said[-1]["slots"], said[-1]["outlook"]) == (30, True)
    assert sorted(str(day) for day in book.store.calibrations["WIN", "M5"]) == [
        one["session"] for one in said
    ]
    assert json.loads(run(str(tmp_path / "candles.csv"), "--json").stdout) == []
    assert "nothing to calibrate" in run(str(tmp_path / "candles.csv")).stdout


def test_of_a_stack_the_sessions_that_are_over_and_one_again(rounds):
    said = json.loads(run("--json").stdout)
    assert [one["session"] for one in said] == [str(day) for day in days()[-CATCH_UP:]]
    assert "nothing to close" in run().stdout
    again = json.loads(run("--json", "--day", str(days()[-1])).stdout)
    assert again == [{"session": str(days()[-1]), "alerts": 0, "outcomes": 0, "differences": {}}]


@pytest.mark.parametrize("day", ["2031-01-02", "2001-01-02"])
def test_a_day_that_the_stack_has_not_is_refused(rounds, day):
    refused = run("--day", day)
    assert (refused.exit_code, day in refused.stderr) == (2, True)


def test_a_day_that_is_none_is_refused(book):
    refused = run("--day", "yesterday")
    assert (refused.exit_code, "2026-11-25" in refused.stderr) == (2, True)
    assert book.store.calibrations == {}


def test_a_stack_without_candles_says_what_to_do(rounds):
    rounds.candles.rows.clear()
    refused = run()
    assert (refused.exit_code, "give a file" in refused.stderr) == (2, True)
