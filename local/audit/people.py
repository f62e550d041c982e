"""The map of names beside the records: operators.yaml and officers.yaml of a configuration folder."""

from __future__ import annotations

from pathlib import Path

from pregao.config.reader import load
from pregao.domain.audit.people import People


def people_in(config_dir: Path) -> People:
    """Return the map of a configuration folder, an empty one where there is no folder; raises ConfigError."""
    if not (config_dir / "operators.yaml").is_file():
        return People(())
    return load(config_dir).people()
