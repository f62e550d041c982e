"""What all tests share: which worker takes which files, where they write, how often hypothesis tries."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import freezegun
import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from tests.emulated import need_emulator
from tests.seeds import fresh, tries

ROOT = Path(__file__).resolve().parents[1]
MEMORY = Path("/dev/shm")  # noqa: S108 folders that pytest and tempfile make for one user
ROOM = 2 << 30
"""Bytes that must be free in memory before the tests write there."""
AT_ONCE = 2
"""Stacks that run at the same time, however many workers there are: each holds a dozen processes."""
SLOW_FIRST = (
    "tests/e2e/",
    "tests/functions/",
    "tests/conformance/",
    "tests/browser/",
    "/test_tamper_",
    "/test_synthetic_",
    "/test_archive_sql.py",
    "/test_against_naive.py",
    "/test_rederive.py",
    "/test_simulation.py",
    "/test_bridge_process.py",
)
"""Begun first, so that no worker waits at the end for another's long file; `--durations` names new ones."""

fresh()  # before workers are started: they are to collect the same tests

os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "pregao")  # as template.yaml gives it to every function

# freezegun looks through every module: it would wake the lazy imports of some under a frozen clock, and
# leave one in those that time the tests themselves.
freezegun.configure(extend_ignore_list=["_pytest", "aws_lambda_powertools", "hypothesis", "pydantic"])

settings.register_profile("ours", max_examples=tries(40), deadline=None)
settings.load_profile("ours")

if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    for name in ("PYTEST_DEBUG_TEMPROOT", "TMPDIR"):  # tmp_path's root and everybody else's
        os.environ.setdefault(name, str(MEMORY))


class ByFile(LoadFileScheduling):
    """A worker takes a whole file; the files of one scope below go to one worker.

    All tests of the functions are one scope: what they did together is judged there.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith("tests/functions/"):
            return "tests/functions/"
        if nodeid.startswith("tests/e2e/"):
            return f"tests/e2e/{stack_of(nodeid)}"
        return str(super()._split_scope(nodeid))


def stack_of(nodeid: str) -> int:
    """Return the number of the stack that an end-to-end test runs on: its file's place, by turns."""
    files = sorted(path.name for path in (ROOT / "tests" / "e2e").glob("test_*.py"))
    return files.index(Path(nodeid.partition("::")[0]).name) % AT_ONCE


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False  # as they were collected, and not the files with most tests first
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _place(item.nodeid))


def _place(nodeid: str) -> int:
    known = (at for at, part in enumerate(SLOW_FIRST) if part in nodeid)
    return next(known, len(SLOW_FIRST))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the emulator where its environment was not made."""
    if item.get_closest_marker("emulator"):
        need_emulator()
