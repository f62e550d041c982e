"""The bridge is its own small install."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from pathlib import Path

import pregao_bridge


def test_it_brings_neither_the_system_nor_numpy():
    """Importing every module of the bridge loads nothing but botocore, urllib3 and the standard library."""
    modules = ", ".join(f"pregao_bridge.{one.name}" for one in pkgutil.iter_modules(pregao_bridge.__path__))
    assert "pregao_bridge.terminal" in modules
    strangers = "{'pregao', 'local', 'numpy', 'boto3', 'pydantic', 'MetaTrader5'}"
    code = f"import sys, {modules}; print({strangers} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"


def test_the_package_for_windows_is_imported_in_one_place():
    """And only when somebody connects."""
    sources = {path.name: path.read_text() for path in Path(pregao_bridge.__path__[0]).glob("*.py")}
    assert [name for name, text in sources.items() if 'import_module("MetaTrader5")' in text] == [
        "metatrader.py"
    ]
    assert [name for name, text in sources.items() if "import MetaTrader5" in text] == []
