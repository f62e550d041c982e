"""RESULTS.md: what `make bench`, `make years` and `make soak` measured; each keeps the others' parts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
PARTS = ("# Measured", "## Seven years", "## Soaked")
"""In this order; each begins with its line."""
MEASURED, YEARS, SOAKED = PARTS


def write_measured(lines: Sequence[str]) -> None:
    """Put new figures above the years'."""
    _write(MEASURED, lines)


def write_years(lines: Sequence[str]) -> None:
    """Put a new simulation of years under the figures."""
    _write(YEARS, [YEARS, "", *lines])


def write_soaked(lines: Sequence[str]) -> None:
    """Put a new soak at the end."""
    _write(SOAKED, [SOAKED, "", *lines])


def _write(part: str, lines: Sequence[str]) -> None:
    parts = _known() | {part: "\n".join([*lines, ""])}
    RESULTS.write_text("".join(parts.get(one, "") for one in PARTS), encoding="utf-8")


def _known() -> dict[str, str]:
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    starts = sorted((at, one) for one in PARTS if (at := text.find(one)) >= 0)
    ends = [*(at for at, _ in starts), len(text)][1:]
    return {one: text[at:end] for (at, one), end in zip(starts, ends, strict=True)}
