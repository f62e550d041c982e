"""One version for all that is released together, and a changelog in the shape of Keep a Changelog."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
RELEASES = re.findall(r"^## (\d+\.\d+\.\d+) - (\d{4}-\d\d-\d\d)$", CHANGELOG, re.MULTILINE)
SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_every_part_has_the_newest_version_of_the_changelog():
    newest, _ = RELEASES[0]
    console = ROOT / "local" / "console"
    lock = json.loads((console / "package-lock.json").read_text(encoding="utf-8"))
    found = {
        "package.json": json.loads((console / "package.json").read_text(encoding="utf-8"))["version"],
        "package-lock.json": lock["version"],
        "its root": lock["packages"][""]["version"],
    }
    for project in (ROOT / "pyproject.toml", ROOT / "local" / "bridge" / "pyproject.toml"):
        read = tomllib.loads(project.read_text(encoding="utf-8"))
        found[str(project.relative_to(ROOT))] = read["project"]["version"]
    wheels = re.findall(
        r"pregao_bridge-(\d[\d.]*)-py3", (ROOT / "local/bridge/README.md").read_text(encoding="utf-8")
    )
    assert wheels
    assert set(found.values()) | set(wheels) == {newest}, found


def test_the_changelog_lists_releases_newest_first_behind_what_is_unreleased():
    heads = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
    assert heads == ["Unreleased", *(f"{version} - {day}" for version, day in RELEASES)]
    assert [date.fromisoformat(day) for _, day in RELEASES] == sorted(
        (date.fromisoformat(day) for _, day in RELEASES), reverse=True
    )
    versions = [tuple(map(int, version.split("."))) for version, _ in RELEASES]
    assert versions == sorted(versions, reverse=True)


def test_every_entry_stands_in_one_section_of_its_release():
    for release in re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]:
        name, *rest = release.split("\n")
        sections = re.findall(r"^### (.+)$", release, re.MULTILINE)
        assert len(sections) == len(set(sections)), f"{name}: a section stands twice"
        assert set(sections) <= SECTIONS, name
        before = "\n".join(rest).split("### ")[0]
        assert not re.search(r"^- ", before, re.MULTILINE), f"{name}: an entry stands in no section"
