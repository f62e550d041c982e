"""`make bench`: measures and writes RESULTS.md; `python -m tests.bench stack`: one section."""

from __future__ import annotations

import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import (
    bridge,
    calibrate,
    commands,
    console,
    cost,
    detect,
    endurance,
    feeds,
    files,
    followers,
    parity,
    phones,
    quotes,
    stack,
    start,
    tls,
)
from tests.bench.noise import jitter
from tests.bench.results import write_measured

EVERYTHING = [
    "detect",
    "files",
    "stack",
    "phones",
    "followers",
    "tls",
    "start",
    "commands",
    "cost",
    "calibrate",
    "parity",
    "bridge",
    "feeds",
    "console",
    "quotes",
    "endurance",
]


def main() -> None:
    """Measure what is named, or everything, and write it down; what is not measured stays as it was."""
    wanted = sys.argv[1:] or EVERYTHING
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    before = jitter()
    with tempfile.TemporaryDirectory(prefix="pregao-bench-") as work:
        sections = {
            "detect": detect.measure,
            "files": lambda: files.measure(Path(work)),
            "stack": lambda: stack.measure(Path(work)),
            "phones": lambda: phones.measure(Path(work)),
            "followers": lambda: followers.measure(Path(work)),
            "tls": lambda: tls.measure(Path(work)),
            "start": lambda: start.measure(Path(work)),
            "commands": lambda: commands.measure(Path(work)),
            "cost": cost.measure,
            "calibrate": calibrate.measure,
            "parity": lambda: parity.measure(Path(work)),
            "bridge": lambda: bridge.measure(Path(work)),
            "feeds": lambda: feeds.measure(Path(work)),
            "console": lambda: console.measure(Path(work)),
            "quotes": lambda: quotes.measure(Path(work)),
            "endurance": lambda: endurance.measure(Path(work)),
        }
        lines = [line for name in wanted for line in sections[name]()]
    after = jitter()
    head = [
        "# Measured",
        "",
        f"By `make bench`, {today}, Python {platform.python_version()},"
        f" two shared cores; measured last: {', '.join(wanted)}."
        " Figures are min / median / max; take the ratios, not the milliseconds.",
        "",
        f"The machine's own noise, the same pure Python loop twenty times: {before.spread()} ms before,"
        f" {after.spread()} ms after.",
        "",
    ]
    print("\n".join([*head, *lines]))
    write_measured(head, lines, today)


main()
