"""docs/RUNBOOK.md as data: what to do about each alarm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE = "docs/RUNBOOK.md"
_ENTRY = re.compile(r"^### (\w+)\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)
_STEP = re.compile(r"(?:Look|Here|Account|Do)\b|- |$")


def read_runbook(root: Path) -> dict[str, str]:
    """Return the text of each entry by its alarm's name, on one line."""
    return {name: " ".join(entry.split()) for name, entry in _entries(root)}


def read_steps(root: Path, *, account: bool) -> dict[str, str]:
    """Return each entry a step a line, with where to look on one side alone.

    `account`: the stack is in an AWS account, so what `Here:` says is left out; else what `Account:` says.
    """
    elsewhere = "Here:" if account else "Account:"
    return {
        name: "\n".join(step for step in _steps(entry) if not step.startswith(elsewhere))
        for name, entry in _entries(root)
    }


def _entries(root: Path) -> list[tuple[str, str]]:
    return _ENTRY.findall((root / FILE).read_text(encoding="utf-8"))


def _steps(entry: str) -> list[str]:
    """Put the lines of one step together; an empty line ends it."""
    steps: list[str] = []
    ended = True
    for line in entry.splitlines():
        if ended or _STEP.match(line):
            steps.append(line.strip())
        else:
            steps[-1] += f" {line.strip()}"
        ended = not line.strip()
    return [step for step in steps if step]
