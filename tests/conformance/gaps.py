"""gaps.toml: where a target is known to differ from what AWS documents."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("gaps.toml")
OTHER_FILE = "PREGAO_CONFORMANCE_GAPS"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one target: tests that fail there, and tests or whole files that cannot be asked."""

    tried: bool
    gaps: Mapping[str, str]
    absent: Mapping[str, str]

    def why_absent(self, key: str) -> str | None:
        """Return why a behaviour is not there to be asked for."""
        return self.absent.get(key) or self.absent.get(key.partition("::")[0])


def read_gaps() -> dict[str, Known]:
    """Read the file, by target; another file than ours where the environment names one."""
    path = Path(os.environ.get(OTHER_FILE, FILE))
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Known(one["tried"], one.get("gaps", {}), one.get("absent", {})) for name, one in found.items()
    }
