"""The bridge is its own small install."""

from __future__ import annotations

import pkgutil
import re
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

import pregao_bridge

BRIDGE = Path(__file__).resolve().parents[3] / "local" / "bridge"


def test_it_brings_neither_the_system_nor_numpy():
    """Importing every module of the bridge loads nothing but botocore, urllib3 and the standard library."""
    modules = ", ".join(
        one.name
        for one in pkgutil.walk_packages(pregao_bridge.__path__, "pregao_bridge.")
        if not one.name.endswith("__main__")
    )
    assert "pregao_bridge.terminal.mt5" in modules
    strangers = "{'pregao', 'local', 'numpy', 'boto3', 'pydantic', 'yaml', 'MetaTrader5'}"
    code = f"import sys, {modules}; print({strangers} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_the_package_for_windows_is_imported_in_one_place():
    """And only when somebody connects."""
    sources = {path.name: path.read_text() for path in Path(pregao_bridge.__path__[0]).rglob("*.py")}
    assert [name for name, text in sources.items() if 'import_module("MetaTrader5")' in text] == [
        "metatrader.py"
    ]
    assert [name for name, text in sources.items() if "import MetaTrader5" in text] == []


def test_what_runs_all_day_carries_nothing_of_the_other_commands():
    """check, backfill and service come when asked for."""
    names = ("app.subcommands", "app.check", "app.service", "feed.backfill")
    others = {f"pregao_bridge.{name}" for name in names}
    code = f"import sys, pregao_bridge.app.cli; print({others} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """As `pip wheel local/bridge --no-deps` builds it: the same backend, asked directly."""
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=BRIDGE, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    with zipfile.ZipFile(built) as files:
        yield built.name, files


def test_the_wheel_holds_the_package_alone(wheel):
    """Every module, the command, nothing else."""
    name, files = wheel
    assert re.fullmatch(r"pregao_bridge-[\d.]+-py3-none-any\.whl", name)
    inside = {Path(one) for one in files.namelist()}
    modules = {one.relative_to(BRIDGE) for one in (BRIDGE / "pregao_bridge").rglob("*.py")}
    assert {one for one in inside if ".dist-info" not in str(one.parts[0])} == modules
    (entry,) = (one for one in files.namelist() if one.endswith("entry_points.txt"))
    assert b"pregao-bridge = pregao_bridge.app.cli:main" in files.read(entry)


def test_its_requirements_are_few(wheel):
    """botocore and urllib3; on Windows the terminal's package, numpy and time zones."""
    _, files = wheel
    (metadata,) = (one for one in files.namelist() if one.endswith("METADATA"))
    said = message_from_bytes(files.read(metadata))
    needs = [re.split(r"[>=;]", one)[0].strip() for one in said.get_all("Requires-Dist")]
    windows = {
        re.split(r"[>=;]", one)[0]
        for one in said.get_all("Requires-Dist")
        if "sys_platform == 'win32'" in one
    }
    assert sorted(needs) == ["botocore", "metatrader5", "numpy", "tzdata", "urllib3"]
    assert windows == {"metatrader5", "numpy", "tzdata"}


@pytest.mark.parametrize("path", sorted((BRIDGE / "pregao_bridge").rglob("*.py")), ids=lambda path: path.stem)
def test_a_module_ends_at_400_lines(path):
    """As everywhere."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
