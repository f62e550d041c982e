"""`pregao run` from the command line: what it begins with, and how Ctrl-C ends it."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import date
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from local.cli import run as command
from local.cli.app import app


@pytest.fixture
def asked(monkeypatch):
    """What the replay is asked for; the stack is not started, and nobody waits at the end."""
    seen = SimpleNamespace(stopped=None, paused=0)

    @contextmanager
    def nothing(*_args, **_kwargs):
        yield SimpleNamespace(http_url="http://h", websocket_url="ws://w")

    def replayed(_stack, file, symbol, speed, operators, **more):
        vars(seen).update(file=file, symbol=symbol, speed=speed, operators=operators, **more)
        return SimpleNamespace(stopped=seen.stopped)

    monkeypatch.setattr(command, "stack_up", nothing)
    monkeypatch.setattr(command, "page", nothing)
    monkeypatch.setattr(command, "sample", lambda *_args, **_kwargs: "the sample")
    monkeypatch.setattr(command, "replay_into", replayed)
    monkeypatch.setattr(command, "settle_account", lambda *_args: 0)
    monkeypatch.setattr(command.signal, "pause", lambda: setattr(seen, "paused", seen.paused + 1))
    return seen


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
    assert (asked.speed, asked.paused, asked.made, asked.file) == (speed, paused, True, "the sample")


def test_a_file_is_replayed_whole_or_from_a_day_on(asked, tmp_path):
    file = tmp_path / "x.csv"
    file.write_text("x")
    assert run("--once", "--candles", str(file), "--from", "2026-11-27").exit_code == 0
    assert (asked.file, asked.made, asked.first) == (file, False, date(2026, 11, 27))
    assert "2026-11-27" in run("--candles", str(file), "--from", "27/11").output


def test_control_c_in_a_replay_ends_the_command(asked):
    asked.stopped = "interrupted"
    assert run().exit_code == 130
    assert asked.paused == 0
