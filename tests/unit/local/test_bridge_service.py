"""The start at log-on: the task as Windows reads it, the commands that register it, systemd's unit."""

from __future__ import annotations

import sys
from configparser import RawConfigParser
from pathlib import Path, PureWindowsPath
from xml.etree import ElementTree as Xml

import pytest

from pregao_bridge.app import service
from pregao_bridge.app.cli import main
from tests.unit.local.test_bridge_config import GOOD

CONFIG = PureWindowsPath(r"C:\pregão & mesa\bridge.toml")
PYTHON = PureWindowsPath(r"C:\pregao\venv\Scripts\pythonw.exe")


@pytest.fixture
def task():
    return Xml.fromstring(service.task_xml(CONFIG, r"MESA\joão", PYTHON))  # noqa: S314 our own


def text(task, path):
    return task.findtext("/".join(f"{{{service.NAMESPACE}}}{part}" for part in path.split("/")))


def test_the_file_is_what_schtasks_reads():
    """UTF-16 with its mark, and it says so."""
    raw = service.task_xml(CONFIG, r"MESA\joão", PYTHON)
    assert raw[:2] in {b"\xff\xfe", b"\xfe\xff"}
    assert raw.decode("utf-16").lower().startswith("<?xml version='1.0' encoding='utf-16'?>")


def test_the_parts_are_in_the_schemas_order(task):
    """The Task Scheduler schema, version 1.2, is a sequence."""
    parts = [part.tag.split("}")[1] for part in task]
    assert parts == ["RegistrationInfo", "Triggers", "Principals", "Settings", "Actions"]
    assert task.get("version") == "1.2"
    principals = task.find(f"{{{service.NAMESPACE}}}Principals")
    actions = task.find(f"{{{service.NAMESPACE}}}Actions")
    assert principals[0].get("id") == actions.get("Context")


def test_it_runs_in_the_users_own_session(task):
    """At log-on, with the desktop, without rights that the terminal has not."""
    assert text(task, "Triggers/LogonTrigger/UserId") == r"MESA\joão"
    assert text(task, "Principals/Principal/UserId") == r"MESA\joão"
    assert text(task, "Principals/Principal/LogonType") == "InteractiveToken"
    assert text(task, "Principals/Principal/RunLevel") == "LeastPrivilege"


def test_it_runs_for_ever_and_once(task):
    """No time limit, one instance, again after a failure and every five minutes if it is gone."""
    settings = {part.tag.split("}")[1]: part.text for part in task.find(f"{{{service.NAMESPACE}}}Settings")}
    assert settings["ExecutionTimeLimit"] == "PT0S"
    assert settings["MultipleInstancesPolicy"] == "IgnoreNew"
    assert settings["DisallowStartIfOnBatteries"] == settings["StopIfGoingOnBatteries"] == "false"
    assert text(task, "Settings/RestartOnFailure/Interval") == "PT1M"
    assert text(task, "Settings/RestartOnFailure/Count") == "999"
    assert text(task, "Settings/IdleSettings/StopOnIdleEnd") == "false"
    assert text(task, "Triggers/LogonTrigger/Repetition/Interval") == "PT5M"


def test_what_it_starts(task):
    """The command line, quoted; beside the configuration."""
    assert text(task, "Actions/Exec/Command") == str(PYTHON)
    assert text(task, "Actions/Exec/Arguments") == f'-m pregao_bridge run --config "{CONFIG}"'
    assert text(task, "Actions/Exec/WorkingDirectory") == r"C:\pregão & mesa"


def test_installing_registers_and_starts(tmp_path):
    """The definition is on disk while schtasks reads it; a refusal is passed on."""
    ran, file = [], tmp_path / "bridge.toml"
    codes = iter([0, 0, 1])

    def run(command):
        ran.append(list(command))
        if "/XML" in command:
            kept = Path(command[command.index("/XML") + 1]).read_bytes()
            assert kept == service.task_xml(file, service._user(), Path(sys.executable))
        return next(codes)

    assert service.manage("install", file, run) == 0
    assert service.manage("install", file, run) == 1
    assert [command[1] for command in ran] == ["/Create", "/Run", "/Create"]
    assert "/F" in ran[0]


@pytest.mark.parametrize(("verb", "words"), [("remove", ["/End", "/Delete"]), ("status", ["/Query"])])
def test_removing_and_asking(tmp_path, verb, words):
    """The bridge is ended before its task goes."""
    ran = []
    assert service.manage(verb, tmp_path / "bridge.toml", lambda command: ran.append(command) or 0) == 0
    assert [command[1] for command in ran] == words


def test_the_window_less_interpreter_is_taken_where_there_is_one(tmp_path):
    """Nobody can close its window by mistake."""
    assert service._windowless(tmp_path / "python.exe") == tmp_path / "python.exe"
    (tmp_path / "pythonw.exe").touch()
    assert service._windowless(tmp_path / "python.exe") == tmp_path / "pythonw.exe"


def test_on_linux_it_prints_a_unit(tmp_path, capsys):
    """For `systemctl --user`; a configuration with a mistake is not installed."""
    file = tmp_path / "bridge.toml"
    file.write_text(GOOD)
    assert main(["service", "install", "--print", "-c", str(file)]) == 0
    unit = RawConfigParser()
    unit.optionxform = str
    unit.read_string(capsys.readouterr().out)
    assert unit["Service"]["ExecStart"] == f'"{sys.executable}" -m pregao_bridge run --config "{file}"'
    assert unit["Service"]["RestartPreventExitStatus"] == "2 3"
    assert Path(unit["Service"]["WorkingDirectory"]) == tmp_path
    file.write_text("x = 1")
    assert main(["service", "install", "--print", "-c", str(file)]) == 2
