"""RESULTS.md: what `make bench` measured, and under it what `make soak` did; each keeps the other's part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).with_name("RESULTS.md")
SOAKED = "## Soaked"


def write_measured(lines: Sequence[str]) -> None:
    """Put new figures above the soak's."""
    _, mark, soaked = _known().partition(SOAKED)
    RESULTS.write_text("\n".join([*lines, ""]) + mark + soaked, encoding="utf-8")


def write_soaked(lines: Sequence[str]) -> None:
    """Put a new soak under the figures."""
    measured, _, _ = _known().partition(SOAKED)
    RESULTS.write_text(measured + "\n".join([SOAKED, "", *lines, ""]), encoding="utf-8")


def _known() -> str:
    return RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
