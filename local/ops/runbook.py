"""docs/RUNBOOK.md as data: what to do about each alarm."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FILE = "docs/RUNBOOK.md"
_ENTRY = re.compile(r"^### (\w+)\n(.*?)(?=^#|\Z)", re.MULTILINE | re.DOTALL)


def read_runbook(root: Path) -> dict[str, str]:
    """Return the text of each entry by its alarm's name."""
    text = (root / FILE).read_text(encoding="utf-8")
    return {name: " ".join(entry.split()) for name, entry in _ENTRY.findall(text)}
