"""RESULTS.md: what `make bench`, `years`, `soak`, `drill`, `sam-local` measured; each keeps the rest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
SECTIONS = (
    "## Detection and backtest alone",
    "## Candle files",
    "## The whole local stack",
    "## To a phone",
    "## A hundred operators, twenty symbols each",
    "## Connections over TLS",
    "## Cold starts",
    "## The command line",
    "## What it costs",
    "## A session's end",
    "## Real files through the stack",
    "## The bridge",
    "## A hundred feeds",
    "## The console",
    "## Quotes",
    "## Endurance",
)
PARTS = (
    "# Measured",
    *SECTIONS,
    "## Seven years",
    "## Soaked",
    "## Drilled",
    "## Under sam local",
    "## The tests",
)
"""In this order; each begins with its line. The last is written by hand."""
MEASURED, YEARS, SOAKED, DRILLED, SAM_LOCAL = PARTS[0], *PARTS[-5:-1]


def write_measured(head: Sequence[str], lines: Sequence[str], day: str) -> None:
    """Put new sections, dated, in their places; what was not measured stays. `head` tells of the last run."""
    starts = [at for at, line in enumerate(lines) if line in SECTIONS]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        _write(lines[start], [lines[start], "", f"Measured {day}.", *lines[start + 1 : end]])
    _write(MEASURED, head)


def write_years(lines: Sequence[str]) -> None:
    """Put a new simulation of years under the figures."""
    _write(YEARS, [YEARS, "", *lines])


def write_soaked(lines: Sequence[str]) -> None:
    """Put a new soak under that."""
    _write(SOAKED, [SOAKED, "", *lines])


def write_drilled(lines: Sequence[str]) -> None:
    """Put a new drill at the end."""
    _write(DRILLED, [DRILLED, "", *lines])


def write_sam_local(lines: Sequence[str]) -> None:
    """Put the times of all functions in containers behind that."""
    _write(SAM_LOCAL, [SAM_LOCAL, "", *lines])


def _write(part: str, lines: Sequence[str]) -> None:
    parts = _known()
    strange = [one for one in parts if one not in PARTS]
    if strange:
        raise ValueError(f"{RESULTS.name}: nothing writes {strange}; name it in {Path(__file__).name}")
    parts[part] = "\n".join([*lines, ""])
    RESULTS.write_text("".join(parts.get(one, "") for one in PARTS), encoding="utf-8")


def _known() -> dict[str, str]:
    """Return what stands under each heading, the heading's line first."""
    parts, heading = dict[str, str](), ""
    for line in RESULTS.read_text(encoding="utf-8").splitlines(keepends=True) if RESULTS.exists() else []:
        if line.startswith(("# ", "## ")):
            heading = line.rstrip()
        parts[heading] = parts.get(heading, "") + line
    return parts
