"""What all tests share: where they write, how often hypothesis tries, in which order they run."""

from __future__ import annotations

import os
from pathlib import Path

import freezegun
import pytest
from hypothesis import settings

from tests.emulated import need_emulator
from tests.order import ByFile, is_long, place
from tests.seeds import fresh, tries

ROOT = Path(__file__).resolve().parents[1]
MEMORY = Path("/dev/shm")  # noqa: S108 folders that pytest and tempfile make for one user
ROOM = 2 << 30
"""Bytes that must be free in memory before the tests write there."""

fresh()  # before workers are started: they are to collect the same tests

os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "pregao")  # as template.yaml gives it to every function

# freezegun looks through every module: it would wake the lazy imports of some under a frozen clock, and
# leave one in those that time the tests themselves. domain and wire have no clock, and a model of theirs
# that is built while the clock is frozen would know freezegun's dates for as long as the process lives.
freezegun.configure(
    extend_ignore_list=[
        "_pytest",
        "aws_lambda_powertools",
        "hypothesis",
        "pydantic",
        "pregao.domain",
        "pregao.wire",
    ]
)

settings.register_profile("ours", max_examples=tries(40), deadline=None)
settings.load_profile("ours")


def _memory_serves() -> bool:
    """Tell whether files, programs too, may be kept in memory; a container has often little of it."""
    if not os.access(MEMORY, os.W_OK):
        return False
    room = os.statvfs(MEMORY)
    return room.f_bavail * room.f_frsize > ROOM and not room.f_flag & os.ST_NOEXEC


if _memory_serves():
    for name in ("PYTEST_DEBUG_TEMPROOT", "TMPDIR"):  # tmp_path's root and everybody else's
        os.environ.setdefault(name, str(MEMORY))


def pytest_xdist_make_scheduler(config, log):
    config.option.loadscopereorder = False  # as they were collected, and not the files with most tests first
    return ByFile(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Run what is named by its path, long or not: the default mark is for runs that name nothing."""
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    if named and "-m" not in config.invocation_params.args:
        config.option.markexpr = ""


@pytest.hookimpl(tryfirst=True)  # before those that are not wanted by their marks are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if is_long(item.nodeid):
            item.add_marker(pytest.mark.long)
    items.sort(key=lambda item: place(item.nodeid))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what needs the emulator where its environment was not made."""
    if item.get_closest_marker("emulator"):
        need_emulator()
