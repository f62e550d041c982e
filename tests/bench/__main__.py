"""`make bench`: measures and writes RESULTS.md; `python -m tests.bench detect` or `stack` for one section."""

from __future__ import annotations

import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.bench import detect, stack
from tests.bench.noise import jitter

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Measure what is named, or everything, and write it down when it is everything."""
    wanted = sys.argv[1:] or ["detect", "stack"]
    before = jitter()
    with tempfile.TemporaryDirectory(prefix="pregao-bench-") as work:
        sections = {"detect": detect.measure, "stack": lambda: stack.measure(Path(work))}
        lines = [line for name in wanted for line in sections[name]()]
    after = jitter()
    text = "\n".join(
        [
            "# Measured",
            "",
            f"By `make bench`, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()},"
            " two shared cores. Figures are min / median / max; take the ratios, not the milliseconds.",
            "",
            f"The machine's own noise, the same pure Python loop twenty times: {before.spread()} ms before,"
            f" {after.spread()} ms after.",
            "",
            *lines,
        ]
    )
    print(text)
    if len(wanted) > 1:
        RESULTS.write_text(text, encoding="utf-8")


main()
