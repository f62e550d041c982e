"""Which tests are long, which worker takes which files, and which it takes first."""

from __future__ import annotations

from pathlib import Path

from xdist.scheduler import LoadFileScheduling

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 1
"""Stacks that run at the same time, however many workers there are: each holds a dozen processes.

Its tests wait more than they work, so the other worker's unit tests run meanwhile.
"""
SLOW_FIRST = (
    "tests/e2e/",
    "tests/functions/",
    "tests/conformance/",
    "tests/browser/",
    "/test_tamper_",
    "/test_synthetic_is_batch.py",
    "/test_live_is_batch.py",
    "/test_archive_sql.py",
    "/test_against_naive.py",
    "/test_rederive.py",
    "/test_simulation.py",
    "/test_bridge_process.py",
)
"""Begun first, so that no worker waits at the end for another's long file; `--durations` names new ones."""


LONG = (
    "tests/e2e/",
    "tests/browser/",
    "tests/conformance/",
    "tests/contract/test_artefacts.py",
    "/test_tamper_",
    "/test_archive_sql.py",
    "/audit/test_questions.py",
    "/test_live_is_batch.py",
    "/test_rederive.py",
    "/test_years.py",
)
"""Left to `make test-long`: stacks and browsers, what AWS documents, an archive altered in every place."""
NOT_LONG = ("tests/e2e/test_way.py", "tests/e2e/test_bad_input.py")
"""An alert's way and what is refused are tried in `make test` too."""


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


def place(nodeid: str) -> int:
    """Return where a test stands in the order of beginning."""
    known = (at for at, part in enumerate(SLOW_FIRST) if part in nodeid)
    return next(known, len(SLOW_FIRST))


def is_long(nodeid: str) -> bool:
    """Tell whether a test is left to `make test-long`, by its file."""
    return any(part in nodeid for part in LONG) and not nodeid.startswith(NOT_LONG)


def is_slow(nodeid: str) -> bool:
    """Tell whether a test stands among the slow ones."""
    return place(nodeid) < len(SLOW_FIRST)
