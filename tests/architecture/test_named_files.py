"""Files that docstrings, comments and documents name exist; so do names written `module.Name`."""

import ast
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = re.compile(r"(?<![\w./*{}$<>-])((?:[\w-]+/)*[\w-]+\.py)(?![\w/])")
NAME = re.compile(r"`(\w+)\.([A-Z]\w*)\b")
OF_OTHERS = {"backtesting.py"}  # a package of this name
COMMENT = re.compile(r"(?:^|  )# .*$", re.MULTILINE)
HISTORY = {"CHANGELOG.md", "docs/DECISIONS.md"}  # they speak of their day


@cache
def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(name for name in listed.stdout.splitlines() if (ROOT / name).exists())


def with_ending(*endings):
    return [name for name in tracked() if name.endswith(endings) and name not in HISTORY]


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def prose(name):
    """A module's docstrings and comments; one that names nothing is not parsed."""
    source = text_of(name)
    if not FILE.search(source) and not NAME.search(source):
        return ""
    values = [one.value for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Expr)]
    said = [one.value for one in values if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return "\n".join([*said, *COMMENT.findall(source)])


def absent(text):
    return [name for name in FILE.findall(text) if name not in OF_OTHERS and not known(name)]


@cache
def known(name):
    return any(one == name or one.endswith(f"/{name}") for one in tracked())


def test_a_file_that_is_absent_is_found():
    """What the tests below would refuse."""
    assert absent("see domain/window.py and domain/market/window.py") == ["domain/window.py"]


@pytest.mark.parametrize("room", ["functions", "layers", "local", "tests"])
def test_every_file_named_in_our_code_exists(room):
    ours = [name for name in with_ending(".py") if name.startswith(f"{room}/")]
    assert ours
    found = {name: absent(prose(name)) for name in ours}
    assert {name: files for name, files in found.items() if files} == {}


def test_every_python_file_named_in_documents_and_templates_exists():
    found = {
        name: absent(text_of(name))
        for name in with_ending(".md", ".yaml", ".yml", ".toml", "Makefile", ".ts")
    }
    assert {name: files for name, files in found.items() if files} == {}


def test_every_name_that_a_docstring_takes_from_a_module_is_there():
    """``market.Source``: a module or package of ours that is called so defines it."""
    modules = {}
    for name in with_ending(".py"):
        path = Path(name)
        modules.setdefault(path.parent.name if path.stem == "__init__" else path.stem, []).append(name)
    wrong = [
        (name, f"{module}.{what}")
        for name in with_ending(".py")
        for module, what in NAME.findall(prose(name))
        if module in modules and not any(defines(one, what) for one in modules[module])
    ]
    assert wrong == []


def defines(name, what):
    return re.search(rf"^(?:class |    )?{what}\b(?:\(| =|:)", text_of(name), re.MULTILINE)
