"""The conformance suite itself: its sentences, its gaps, its table, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.ops.costs import total
from tests.conformance.behaviours import behaviours
from tests.conformance.cost import lines
from tests.conformance.gaps import FILE, OTHER_FILE, read_gaps
from tests.conformance.table import FILE as README
from tests.conformance.table import table
from tests.conformance.targets import HERE, NAMES, why_not

ROOT = Path(__file__).resolve().parents[2]
BEHAVIOURS = behaviours()
HOLDS = "test_keys_and_rights::test_a_generated_secret_is_as_asked"
CLOSED = "test_keys_and_rights::test_a_secret_gives_its_newest_text"


@pytest.mark.parametrize("one", BEHAVIOURS, ids=lambda one: one.key)
def test_a_test_holds_one_sentence_and_names_its_page(one):
    assert one.sentence.endswith(".")
    assert one.source.endswith(".")
    assert one.source.startswith(("A", "I"))  # Amazon's, AWS's, IAM's


def test_no_sentence_stands_twice():
    assert len({one.sentence for one in BEHAVIOURS}) == len(BEHAVIOURS)


def test_the_targets_are_the_known_ones():
    known = read_gaps()
    assert tuple(known) == NAMES
    assert {name for name in known if known[name].tried} >= set(HERE)


@pytest.mark.parametrize("target", NAMES)
def test_what_is_listed_is_there_to_be_asked(target):
    """A gap is a test's, an absence a test's or a file's; nothing is both; each says why."""
    keys = {one.key for one in BEHAVIOURS}
    here = read_gaps()[target]
    assert set(here.gaps) <= keys
    assert set(here.absent) <= keys | {key.partition("::")[0] for key in keys}
    assert not [key for key in here.gaps if here.why_absent(key)]
    assert all([*here.gaps.values(), *here.absent.values()])


def test_the_table_is_what_the_tests_and_the_gaps_say():
    assert README.read_text(encoding="utf-8") == table(), "run: .venv/bin/python -m tests.conformance"


def test_a_run_in_an_account_costs_cents():
    assert 0 < total(lines()) < 0.05


def test_a_gap_that_closed_and_a_gap_not_listed_fail_the_run(tmp_path):
    """One that holds and is listed, one that does not hold and is not, one that is as it should be."""
    text, missing = FILE.read_text(encoding="utf-8"), next(iter(read_gaps()["moto"].gaps))
    kept = [line for line in text.splitlines() if not line.startswith(f'"{missing}"')]
    kept.insert(kept.index("[moto.gaps]") + 1, f'"{CLOSED}" = "made up"')
    path = tmp_path / "gaps.toml"
    path.write_text("\n".join(kept), encoding="utf-8")
    asked = " or ".join(key.partition("::")[2] for key in (CLOSED, missing, HOLDS))
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "0",
            "-p",
            "no:cacheprovider",
            "tests/conformance",
            "-k",
            asked,
        ],
        cwd=ROOT,
        env=os.environ | {"PREGAO_CONFORMANCE": "moto", OTHER_FILE: str(path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert f"gap closed: remove it from tests/conformance/gaps.toml: {CLOSED}" in ran.stdout
    assert "1 holds   0 gap   0 absent   2 failed" in ran.stdout


@pytest.mark.parametrize(
    ("targets", "environment", "remedy"),
    [
        (["aws"], {}, "CONFIRM=yes"),
        (["aws"], {"CONFIRM": "yes", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "unset it"),
        (["moto", "localstack"], {}, "AWS_ENDPOINT_URL="),
        (["azure"], {}, "there are: moto, local, localstack, aws"),
    ],
)
def test_what_is_not_meant_is_not_run(targets, environment, remedy):
    assert remedy in why_not(targets, environment)


@pytest.mark.parametrize(
    ("targets", "environment"),
    [
        (HERE, {}),
        (["aws"], {"CONFIRM": "yes"}),
        (["localstack"], {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}),
    ],
)
def test_what_is_meant_is_run(targets, environment):
    assert why_not(targets, environment) is None
