"""A YAML file with some of its values changed and everything else, comments too, as it was."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from local.errors import GridError
from pregao.config.tree import parse_value, read_tree

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write(source: Path, target: Path, overrides: Sequence[str]) -> None:
    """Write `source` to `target` with "path=value" changes; raises GridError for a path it does not hold."""
    sources = read_tree(source, {}).sources
    lines = source.read_text(encoding="utf-8").splitlines(keepends=True)
    for one in overrides:
        path, _, value = one.partition("=")
        trail = tuple(path.split("."))
        if trail not in sources:
            raise GridError(f"{path} does not stand in {source}; add the key there, then write it")
        line = int(sources[trail].rpartition(":")[2]) - 1
        lines[line] = re.sub(
            rf"(?<![\w-])({re.escape(trail[-1])}:\s*)[^\s,#}}]+", rf"\g<1>{value}", lines[line], count=1
        )
    target.write_text("".join(lines), encoding="utf-8")
    _verify(target, overrides)


def _verify(target: Path, overrides: Sequence[str]) -> None:
    data = read_tree(target, {}).data
    for one in overrides:
        path, _, value = one.partition("=")
        found = data
        for key in path.split("."):
            found = found[key]
        if found != parse_value(value):
            raise GridError(f"{path} could not be written into {target}; set it to {value} by hand")
