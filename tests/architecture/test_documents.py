"""Links in the documents lead to files and headings that exist."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OTHERS = {"node_modules", "build", "dist"}
DOCUMENTS = sorted(
    path.relative_to(ROOT)
    for path in ROOT.rglob("*.md")
    if not any(part.startswith(".") or part in OTHERS for part in path.relative_to(ROOT).parts)
)
LINK = re.compile(r"""(?:\]\(|<(?:img|source)[^>]*?\bsrc(?:set)?="|<a[^>]*?\bhref=")([^)"\s]+)""")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*$", re.MULTILINE)
FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"`((?:config|docs|functions|infra|layers|local|tests)/[\w./-]+)`")
ENDS = re.compile(r"`((?:[\w-]+/)+[\w-]+\.(?:py|ts|sql|mjs))`")
BARE = re.compile(r"`([\w-]+\.(?:py|ts|sql|mjs))`")
ABSENT = {
    "config/calibration.yaml",
    "functions/X/",
}  # `pregao backtest --calibrate` writes the first; X is any function


def test_there_are_documents():
    assert Path("README.md") in DOCUMENTS
    assert Path("docs/RUNBOOK.md") in DOCUMENTS


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_link_leads_somewhere(document):
    broken = [target for target in LINK.findall(prose(document)) if not leads(document, target)]
    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_file_named_in_the_prose_exists(document):
    """`tests/bench/RESULTS.md` in backticks, say. A changelog speaks of its day."""
    if document.name == "CHANGELOG.md":
        pytest.skip("a changelog names files that were moved since")
    named = set(NAMED.findall(prose(document))) - ABSENT
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_module_named_without_its_folder_exists_somewhere(document):
    if document.name == "CHANGELOG.md":
        pytest.skip("a changelog names files that were moved since")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    names = {Path(one).name for one in tracked.stdout.splitlines()}
    assert sorted(set(BARE.findall(prose(document))) - names) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_every_module_named_by_the_end_of_its_path_exists(document):
    """`flow/detect.py`, say, of a package that the paragraph has named."""
    if document.name in {"CHANGELOG.md", "DECISIONS.md"}:
        pytest.skip("of its day: files were moved since")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    paths = [f"/{one}" for one in tracked.stdout.splitlines()]
    named = set(ENDS.findall(prose(document)))
    assert [end for end in sorted(named) if not any(path.endswith(f"/{end}") for path in paths)] == []


@pytest.mark.parametrize("file", sorted((ROOT / "config").glob("*.*ml")), ids=lambda file: file.name)
def test_no_comment_of_the_configuration_stands_twice(file):
    lines = [
        one for one in file.read_text(encoding="utf-8").splitlines() if one.startswith("#") and len(one) > 40
    ]
    assert len(lines) == len(set(lines))


def test_the_readme_is_read_in_a_few_minutes():
    """What grows belongs into docs/."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").split()) <= 700


def leads(document, target):
    """Whether a link of ours has its file and heading; addresses of the web are not asked."""
    if re.match(r"[a-z]+:", target):
        return True
    path, _, heading = target.partition("#")
    file = (ROOT / document.parent / path).resolve() if path else ROOT / document
    if not file.exists():
        return False
    return not heading or heading in anchors(file)


@cache
def anchors(file):
    """The anchors that GitHub makes of a document's headings."""
    return {slug(one) for one in HEADING.findall(FENCED.sub("", file.read_text(encoding="utf-8")))}


def slug(heading):
    plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@cache
def prose(document):
    return FENCED.sub("", (ROOT / document).read_text(encoding="utf-8"))


PACKAGES = sorted(
    path.relative_to(ROOT)
    for top in ("layers/pregao/python/pregao", "local")
    for path in (ROOT / top).rglob("__init__.py")
    if not any(part.startswith(".") or part in OTHERS for part in path.relative_to(ROOT).parts)
)
TESTED = re.compile(r"tests/[\w/*.{},]*[\w*}]")


def spelled(pattern):
    """The names that a pattern with one list in braces stands for."""
    head, brace, rest = pattern.partition("{")
    listed, _, tail = rest.partition("}")
    return [head + one + tail for one in listed.split(",")] if brace else [pattern]


@pytest.mark.parametrize("package", PACKAGES, ids=str)
def test_where_a_package_says_it_is_tested_there_are_tests(package):
    named = [
        name for one in TESTED.findall((ROOT / package).read_text(encoding="utf-8")) for name in spelled(one)
    ]
    assert [name for name in named if not list(ROOT.glob(name))] == []
