"""README.md: who holds which documented sentence, made of the tests' docstrings and gaps.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.ops.costs import total
from tests.conformance.behaviours import Behaviour, behaviours, subjects
from tests.conformance.cost import lines
from tests.conformance.gaps import Known, read_gaps
from tests.conformance.targets import NAMES

FILE = Path(__file__).with_name("README.md")
TEMPLATE = "README.md.j2"
REQUIREMENTS = Path(__file__).resolve().parents[2] / "requirements"
LOCKED = {"moto": ("dev.txt", "moto"), "local": ("emulator.txt", "ministack")}


def table() -> str:
    """Return README.md as it should be."""
    # Markdown, not HTML: nothing is to be escaped.
    loaded = Environment(  # noqa: S701
        loader=FileSystemLoader(FILE.parent), undefined=StrictUndefined, keep_trailing_newline=True
    )
    known = read_gaps()
    return loaded.get_template(TEMPLATE).render(
        versions={name: _locked(*where) for name, where in LOCKED.items()},
        targets=NAMES,
        figures={name: _figures(known[name]) for name in NAMES},
        bill=lines(),
        total=total(lines()),
        subjects=[_subject(file, list(found), known) for file, found in groupby(behaviours(), _file)],
    )


def verdict(one: Behaviour, here: Known) -> str:
    """Return what a target's column says of a behaviour."""
    if not here.tried:
        return "not tried"
    if here.why_absent(one.key):
        return "absent"
    return f"gap: {here.gaps[one.key]}" if one.key in here.gaps else "holds"


def _subject(file: str, found: list[Behaviour], known: Mapping[str, Known]) -> dict[str, Any]:
    return {
        "about": subjects()[file],
        "absences": {name: here.absent[file] for name, here in known.items() if file in here.absent},
        "rows": [(one, [verdict(one, known[name]) for name in NAMES]) for one in found],
    }


def _figures(here: Known) -> list[int] | None:
    said = [verdict(one, here).partition(":")[0] for one in behaviours()]
    return [said.count(word) for word in ("holds", "gap", "absent")] if here.tried else None


def _file(one: Behaviour) -> str:
    return one.key.partition("::")[0]


def _locked(file: str, package: str) -> str:
    text = (REQUIREMENTS / file).read_text(encoding="utf-8")
    found = re.search(rf"^{package}==(\S+)", text, re.MULTILINE)
    assert found, f"requirements/{file} has no {package}"
    return f"{package} {found[1]}"
