"""The documented sentences, read from the tests' docstrings without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = "Source: "


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One test: its key in gaps.toml, the sentence it holds, and the page the sentence is on."""

    key: str
    sentence: str
    source: str


def behaviours() -> list[Behaviour]:
    """Return all of them, in the order of files and lines."""
    return [one for path in sorted(HERE.glob("test_*.py")) for one in _in(path)]


def subjects() -> dict[str, str]:
    """Return what each file is about: the first line of its docstring."""
    return {
        path.stem: (ast.get_docstring(_parsed(path)) or "").split("\n", 1)[0].rstrip(".")
        for path in sorted(HERE.glob("test_*.py"))
    }


def _in(path: Path) -> Iterator[Behaviour]:
    for node in _parsed(path).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            sentence, _, source = (ast.get_docstring(node) or "").partition(SOURCE)
            yield Behaviour(f"{path.stem}::{node.name}", " ".join(sentence.split()), " ".join(source.split()))


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))
