"""Every package that is installed anywhere is pinned to a version and to its bytes."""

from __future__ import annotations

import re

import pytest

from tests.cloud import ROOT

LOCKS = sorted([*ROOT.glob("requirements/*.txt"), *ROOT.glob("layers/*/requirements.txt")])
LAYERS = [one for one in LOCKS if one.parent.parent.name == "layers"]


def entries(lock):
    """Each requirement with all its continuation lines."""
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [one for one in re.split(r"(?<!\\)\n", text) if one.strip()]


def pinned(lock):
    return {one.split("==")[0]: re.split(r"[ ;\\]", one.split("==")[1])[0] for one in entries(lock)}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda one: one.relative_to(ROOT).as_posix())
def test_every_line_of_a_lock_is_pinned_and_hashed(lock):
    assert entries(lock)
    for one in entries(lock):
        assert re.match(r"[a-z0-9._-]+==[0-9][^ ]* ", one), one
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", one), one


@pytest.mark.parametrize("layer", LAYERS, ids=lambda one: one.parent.name)
def test_a_layer_carries_what_the_tests_ran_with(layer):
    tested = pinned(ROOT / "requirements" / "dev.txt")
    assert pinned(layer).items() <= tested.items()


def test_every_lock_has_a_source_and_every_source_a_lock():
    sources = {one.with_suffix(".txt") for one in ROOT.glob("requirements/*.in")}
    assert set(ROOT.glob("requirements/*.txt")) == sources | {ROOT / "requirements" / "dev.txt"}
