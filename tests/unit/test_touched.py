"""`make quick` runs the tests that import what was changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.touched import ROOT, chosen, imported, module_of


@pytest.mark.parametrize(
    ("file", "module"),
    [
        ("layers/pregao/python/pregao/flow/detect.py", "pregao.flow.detect"),
        ("local/bridge/pregao_bridge/feed.py", "pregao_bridge.feed"),
        ("local/lab/market.py", "local.lab.market"),
        ("local/lab/__init__.py", "local.lab"),
        ("tests/fakes.py", "tests.fakes"),
    ],
)
def test_a_file_is_known_by_the_name_it_is_imported_by(file, module):
    assert module_of(file) == module


def test_both_ways_of_importing_a_module_count(tmp_path):
    file = tmp_path / "test_x.py"
    file.write_text("import local.lab.market\nfrom pregao.flow import detect, watch as seen\n")
    assert imported(file) >= {"local.lab.market", "pregao.flow", "pregao.flow.detect", "pregao.flow.watch"}


def test_a_changed_module_brings_its_tests_and_no_others():
    tests = [ROOT / "tests" / "unit" / name for name in ("test_touched.py", "test_metrics.py")]
    assert list(chosen(["tests/touched.py"], tests)) == [tests[0]]
    assert list(chosen(["tests/unit/test_metrics.py", "README.md"], tests)) == [tests[1]]
    assert list(chosen([], tests)) == []


def test_slow_files_are_left_alone_unless_they_were_changed():
    slow = next((ROOT / "tests" / "unit").rglob("test_tamper_records.py"))
    assert "tests.audited" in imported(slow)
    assert list(chosen(["tests/audited.py"], [slow])) == []
    assert list(chosen([str(Path(slow).relative_to(ROOT))], [slow])) == [slow]
