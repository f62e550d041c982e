"""The bridge on a Windows Python under wine, made by prepare.sh; without it everything here is skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

WHERE = Path(os.environ.get("PREGAO_WINDOWS", ".tools/windows")).resolve()
PYTHON = r"C:\Python313\python.exe"
WHY = None if shutil.which("wine") else "wine is not installed"
if WHY is None and not (WHERE / ".ready").exists():
    WHY = f"no Windows Python in {WHERE}: `make windows` makes one"
ENVIRON = {
    **os.environ,
    "WINEPREFIX": str(WHERE / "prefix"),
    "WINEARCH": "win64",
    "WINEDEBUG": "-all",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@pytest.fixture(autouse=True, scope="session")
def windows():
    """One wine server for the run, ended with it."""
    if WHY is not None:
        pytest.skip(WHY)
    yield
    subprocess.run(["wineserver", "-k"], env=ENVIRON, check=False)


def start(directory, *words):
    """Start the Windows Python; its output goes through pipes, a file in their place fails under wine."""
    command = ["wine", PYTHON, *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=directory, env=ENVIRON, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe
    )


def finished(directory, *words, within_s=120):
    """Run to the end; returns exit code, output and errors as text."""
    process = start(directory, *words)
    try:
        out, errors = process.communicate(timeout=within_s)
    finally:
        process.kill()
    return process.returncode, out.decode(), errors.decode()
