"""The unit and contract tests that read what was changed since a commit: `python -m tests.touched [main]`.

A test file is chosen when it was changed, or imports a changed module by name. Slow files are left to
`make test`, unless they were changed themselves.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.order import is_slow

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("tests/architecture", "tests/contract", "tests/unit")
SOURCES = ("layers/pregao/python/", "local/bridge/", "")
"""Where a module's dotted name begins, the longest first."""


def main() -> None:
    """Print the chosen test files, one a line."""
    changed = changed_since(sys.argv[1] if len(sys.argv) > 1 else "main")
    tests = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("test_*.py"))]
    for path in chosen(changed, tests):
        print(path.relative_to(ROOT))


def changed_since(commit: str) -> set[str]:
    """Return the files that differ from the last commit shared with `commit`, new ones too."""
    base = _git("merge-base", "HEAD", commit) or ["HEAD"]
    return {*_git("diff", "--name-only", base[0]), *_git("ls-files", "--others", "--exclude-standard")}


def chosen(changed: Iterable[str], tests: Iterable[Path]) -> Iterator[Path]:
    """Yield the tests that were changed or import a changed module."""
    files = set(changed)
    modules = {module_of(file) for file in files if file.endswith(".py")}
    for path in tests:
        name = str(path.relative_to(ROOT))
        if name in files or (not is_slow(name) and not modules.isdisjoint(imported(path))):
            yield path


def module_of(file: str) -> str:
    """Return the dotted name under which a file is imported."""
    base = next(base for base in SOURCES if file.startswith(base))
    return file.removeprefix(base).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def imported(path: Path) -> set[str]:
    """Return every dotted name that a file imports: of `from a import b`, both a and a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return names


def _git(*words: str) -> list[str]:
    ran = subprocess.run(["git", *words], cwd=ROOT, check=False, capture_output=True, text=True)
    return ran.stdout.split()


if __name__ == "__main__":
    main()
