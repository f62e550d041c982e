"""Who may call whom, and how long a file may be."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = (ROOT / "layers" / "pregao" / "python" / "pregao", ROOT / "local")
MODULES = sorted(path for package in PACKAGES for path in package.rglob("*.py") if "build" not in path.parts)
HANDLERS = sorted((ROOT / "functions").glob("*/handler.py"))
PAGE = sorted(
    path for path in (ROOT / "local" / "console" / "src").rglob("*.ts") if "generated" not in path.parts
)
STORIES = {path.parent.name for path in HANDLERS}


def name(path):
    return str(path.relative_to(ROOT))


def lines(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def test_import_linters_contracts_hold():
    """The floors, the pure rooms, numpy's place and the bridge's solitude: see pyproject.toml."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("path", HANDLERS, ids=name)
def test_a_handler_is_short(path):
    assert lines(path) <= 60


@pytest.mark.parametrize("path", HANDLERS, ids=name)
def test_a_handler_imports_powertools_and_its_own_shaft(path):
    own = path.parent.name
    shared = {"pregao.bootstrap.common", "pregao.bootstrap.consume", "pregao.flow.steps.in_time"}
    allowed = {f"pregao.bootstrap.{own}", f"pregao.flow.{own}"} | shared
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("pregao"):
            assert node.module in allowed or node.module.startswith("pregao.wire."), node.module
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
            for module in names:
                root = (module or "").split(".")[0]
                assert root in sys.stdlib_module_names | {"pregao", "aws_lambda_powertools"}, module


@pytest.mark.parametrize("path", HANDLERS, ids=name)
def test_a_handler_has_its_bootstrap_and_its_sample_event(path):
    own = path.parent.name
    assert (PACKAGES[0] / "bootstrap" / f"{own}.py").is_file()
    assert (path.parent / "event.json").is_file()


@pytest.mark.parametrize("path", [*MODULES, *PAGE], ids=name)
def test_a_module_ends_at_400_lines(path):
    assert lines(path) <= 400


@pytest.mark.parametrize("path", [path for path in MODULES if path.name == "__init__.py"], ids=name)
def test_a_room_card_is_a_docstring_of_six_lines_and_no_code(path):
    body = ast.parse(path.read_text(encoding="utf-8")).body
    assert len(body) <= 1
    assert all(isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant) for one in body)
    assert lines(path) <= 6


def test_functions_are_short():
    """Half of them within ten lines, nine of ten within thirty."""
    sizes = sorted(
        node.end_lineno - node.lineno + 1
        for path in [*MODULES, *HANDLERS]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert sizes[len(sizes) // 2] <= 10
    assert sizes[len(sizes) * 9 // 10] <= 30
