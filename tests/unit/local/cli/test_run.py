"""`pregao run` and `replay` from the command line: what they begin with, and how Ctrl-C ends them."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from local.cli import run as command
from local.cli.app import app
from local.errors import HistoryError
from local.lab.market import PER_SESSION, synthesize
from local.lab.mt5file import write_mt5


@pytest.fixture
def asked(monkeypatch, tmp_path):
    """What the replay is asked for; the stack is not started, and nobody waits at the end."""
    seen = SimpleNamespace(stopped=None, paused=0, started=0)

    @contextmanager
    def nothing(*_args, **_kwargs):
        seen.started += 1
        yield SimpleNamespace(http_url="http://h", websocket_url="ws://w")

    def replayed(_stack, tape, speed, operators, **more):
        vars(seen).update(tape=tape, speed=speed, operators=operators, **more)
        return SimpleNamespace(stopped=seen.stopped)

    monkeypatch.setattr("local.stack.up.stack_up", nothing)
    monkeypatch.setattr(command, "page", nothing)
    monkeypatch.setattr(command, "phones", nothing)
    monkeypatch.setattr(command, "STATE", tmp_path)
    monkeypatch.setattr(command, "replay_into", replayed)
    monkeypatch.setattr(command, "settle_account", lambda *_args: 0)
    monkeypatch.setattr(command.signal, "pause", lambda: setattr(seen, "paused", seen.paused + 1))
    return seen


@pytest.fixture
def file(tmp_path):
    """Five sessions of a made-up market, from 24 to 28 November."""
    path = tmp_path / "velas.csv"
    write_mt5(synthesize(1, 5, date(2026, 11, 23)).candles, path, "America/Sao_Paulo")
    return path


def run(*words):
    return CliRunner().invoke(app(["run"]), ["run", *words])


@pytest.mark.parametrize(
    ("words", "speed", "paused"),
    [
        ((), 60.0, 1),
        (("--once",), None, 0),
        (("--once", "--speed", "60"), 60.0, 0),
        (("--speed", "max"), None, 1),
    ],
)
def test_once_alone_goes_as_fast_as_it_can(asked, words, speed, paused):
    assert run(*words).exit_code == 0
    assert (asked.speed, asked.paused, asked.tape.made, asked.tape.name) == (
        speed,
        paused,
        True,
        "sample.csv",
    )


def test_a_file_is_replayed_whole_or_from_a_day_on(asked, file):
    assert run("--once", "--candles", str(file)).exit_code == 0
    assert (asked.tape.name, asked.tape.made, asked.tape.start) == ("velas.csv", False, 250)
    assert run("--once", "--candles", str(file), "--from", "2026-11-27").exit_code == 0
    assert asked.tape.start == 4 * PER_SESSION
    asked.tape = None
    assert run("--once", "--candles", str(file), "--from", "27/11/2026").exit_code == 0
    assert asked.tape.start == 4 * PER_SESSION
    assert "25/11/2026" in run("--candles", str(file), "--from", "27/11").output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "2026-12-24"), "no candle on 2026-12-24 or later; give an earlier day with --from"),
        (("--sheet", "x"), "the file is text and has no sheets"),
        (("--symbol", "NADA"), "NADA"),
    ],
)
def test_a_refused_file_starts_nothing(asked, file, words, says):
    """It is read before the stack is built, and not after a minute."""
    told = run("--once", "--candles", str(file), *words)
    assert says in str(told.exception)
    assert asked.started == 0


def test_a_file_without_history_starts_nothing(asked, file):
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:200]))
    told = run("--once", "--candles", str(file))
    assert "nothing to replay: 199 candles" in str(told.exception)
    assert asked.started == 0


def test_replay_refuses_a_file_before_it_asks_for_the_stack(file, monkeypatch):
    monkeypatch.setattr("local.stack.running.load", lambda _state: pytest.fail("the stack was asked for"))
    file.write_text("x")
    told = CliRunner().invoke(app(["replay"]), ["replay", str(file)])
    assert isinstance(told.exception, HistoryError)


def test_control_c_in_a_replay_ends_the_command(asked):
    asked.stopped = "interrupted"
    assert run().exit_code == 130
    assert asked.paused == 0
