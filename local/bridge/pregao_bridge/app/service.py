"""The bridge at log-on: a scheduled task of the desk's user on Windows, a systemd user unit elsewhere.

No Windows service: one lives in session 0, where it sees no desktop, and the terminal's package finds a
terminal only in the session of the user who has it open.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as Xml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

TASK = "Pregao bridge"
NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"
AGAIN = "PT5M"
"""The log-on trigger repeats: the scheduler's own restart covers what failed to start, not what ended later.
The start of a bridge that runs is ignored."""


def task_xml(config: Path, user: str, python: Path) -> bytes:
    """Return the task's definition, UTF-16 as schtasks wants it; `user` with the domain before it."""
    again = {"Interval": AGAIN, "StopAtDurationEnd": "false"}
    task = Xml.Element("Task", {"version": "1.2", "xmlns": NAMESPACE})
    _fill(_child(task, "RegistrationInfo"), {"Description": "Pregao: MetaTrader 5 candles to the cloud"})
    trigger = _child(_child(task, "Triggers"), "LogonTrigger")
    _fill(_child(trigger, "Repetition"), again)
    _fill(trigger, {"Enabled": "true", "UserId": user})
    principal = _child(_child(task, "Principals"), "Principal", id="Author")
    _fill(principal, {"UserId": user, "LogonType": "InteractiveToken", "RunLevel": "LeastPrivilege"})
    _settings(_child(task, "Settings"))
    action = _child(_child(task, "Actions", Context="Author"), "Exec")
    arguments = f'-m pregao_bridge run --config "{config}"'
    _fill(action, {"Command": str(python), "Arguments": arguments, "WorkingDirectory": str(config.parent)})
    xml: bytes = Xml.tostring(task, encoding="utf-16")
    return xml


def systemd_unit(config: Path, python: Path) -> str:
    """Return a unit for `systemctl --user`; a bad configuration or a second bridge is not started again."""
    return "\n".join(
        [
            "[Unit]",
            "Description=Pregao: candles to the cloud",
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            f'ExecStart="{python}" -m pregao_bridge run --config "{config}"',
            f"WorkingDirectory={config.parent}",
            "Restart=on-failure",
            "RestartSec=10",
            "RestartPreventExitStatus=2 3",
            "",
            "[Install]",
            "WantedBy=default.target",
            "",
        ]
    )


def manage(verb: str, config: Path, run: Callable[[Sequence[str]], int] | None = None) -> int:
    """Install, remove or show the task; returns the exit code of schtasks."""
    run = run or _run
    if verb == "install":
        return _install(config, run)
    if verb == "remove":
        run(["schtasks", "/End", "/TN", TASK])
        return run(["schtasks", "/Delete", "/TN", TASK, "/F"])
    return run(["schtasks", "/Query", "/TN", TASK, "/V", "/FO", "LIST"])


def definition(config: Path) -> str:
    """Return what would be installed on this system."""
    python = Path(sys.executable)
    if sys.platform == "win32":
        return task_xml(config, _user(), _windowless(python)).decode("utf-16")
    return systemd_unit(config, python)


def _install(config: Path, run: Callable[[Sequence[str]], int]) -> int:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "task.xml"
        file.write_bytes(task_xml(config, _user(), _windowless(Path(sys.executable))))
        code = run(["schtasks", "/Create", "/TN", TASK, "/XML", str(file), "/F"])
    return code or run(["schtasks", "/Run", "/TN", TASK])


def _settings(settings: Xml.Element) -> None:
    _fill(
        settings,
        {
            "MultipleInstancesPolicy": "IgnoreNew",
            "DisallowStartIfOnBatteries": "false",
            "StopIfGoingOnBatteries": "false",
            "AllowHardTerminate": "true",
            "StartWhenAvailable": "true",
            "RunOnlyIfNetworkAvailable": "false",
        },
    )
    _fill(_child(settings, "IdleSettings"), {"StopOnIdleEnd": "false", "RestartOnIdle": "false"})
    _fill(settings, {"AllowStartOnDemand": "true", "Enabled": "true", "Hidden": "false"})
    _fill(settings, {"ExecutionTimeLimit": "PT0S", "Priority": "5"})
    _fill(_child(settings, "RestartOnFailure"), {"Interval": "PT1M", "Count": "999"})


def _windowless(python: Path) -> Path:
    """Return the interpreter without a window, which nobody can close by mistake."""
    beside = python.with_name("pythonw.exe")
    return beside if beside.exists() else python


def _user() -> str:
    domain = os.environ.get("USERDOMAIN")
    return f"{domain}\\{getpass.getuser()}" if domain else getpass.getuser()


def _child(parent: Xml.Element, name: str, **attributes: str) -> Xml.Element:
    return Xml.SubElement(parent, name, attributes)


def _fill(parent: Xml.Element, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        Xml.SubElement(parent, name).text = value


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, check=False).returncode
