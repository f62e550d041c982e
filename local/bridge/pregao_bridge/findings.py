"""What `check` found, as lines for a person or as JSON for a machine."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pregao_bridge.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: its name, what was seen, and for a sick one what to do."""

    ok: bool
    name: str
    seen: str
    remedy: str = ""


def as_text(findings: Sequence[Finding], language: str) -> str:
    """Return a line for each, the remedy under what is sick, and the sum."""
    lines: list[str] = []
    for one in findings:
        mark = "OK" if one.ok else say("bad", language)
        lines.append(f"{mark:<6}{one.name:<{_WIDTH}}{one.seen}".rstrip())
        if one.remedy:
            lines.append(f"      → {one.remedy}")
    sick = sum(not one.ok for one in findings)
    lines.append(say("some_sick", language, count=sick) if sick else say("all_well", language))
    return "\n".join(lines)


def as_json(findings: Sequence[Finding]) -> str:
    """Return {"healthy", "findings": [{"ok", "name", "seen", "remedy"}]}."""
    healthy = all(one.ok for one in findings)
    found = {"healthy": healthy, "findings": [asdict(one) for one in findings]}
    return json.dumps(found, ensure_ascii=False, indent=1)
