"""`pregao calibrate`: sessions of a file, or the last one that a stack has kept."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from local.cli import calibrate
from local.cli.app import app
from local.lab.market import TIMEZONE
from local.lab.mt5file import write_mt5
from tests.fakes import FakeCalibrationBook, Store
from tests.unit.domain.calibration.test_size import lively
from tests.unit.flow.test_calibrate import KeptCandles

MARKET = lively(2, 25)


class Kept(KeptCandles):
    """The same, with the newest."""

    def before(self, _instrument, _timeframe, until, limit):
        return [one for one in self.rows if one.time < until][-limit:]


@pytest.fixture
def book(monkeypatch):
    made = FakeCalibrationBook(Store())
    monkeypatch.setattr(calibrate, "_books", lambda _stack: (Kept(MARKET), made))
    return made


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


def test_of_a_stack_the_last_session(book):
    said = run()
    assert (said.exit_code, "sim · yes" in said.stdout) == (0, True)
    assert len(book.store.calibrations["WIN", "M5"]) == 1


def test_a_day_that_is_none_is_refused(book):
    refused = run("--day", "yesterday")
    assert (refused.exit_code, "2026-11-27" in refused.stderr) == (2, True)
    assert book.store.calibrations == {}


def test_a_stack_without_candles_says_what_to_do(book, monkeypatch):
    monkeypatch.setattr(calibrate, "_books", lambda _stack: (Kept(MARKET[:0]), book))
    refused = run()
    assert (refused.exit_code, "give a file" in refused.stderr) == (2, True)
