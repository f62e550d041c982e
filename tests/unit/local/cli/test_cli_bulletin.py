"""`pregao bulletin` as a person runs it."""

from __future__ import annotations

import json
import sys

import pytest
from freezegun import freeze_time

from local.cli.app import main
from pregao.wire.bulletin.contract_v1 import load_bulletin
from tests.bulletins import csv, csv_row, delivered, report, xml


@pytest.fixture
def run(monkeypatch, capsys):
    def run(*words):
        monkeypatch.setattr(sys, "argv", ["pregao", "bulletin", *map(str, words)])
        with freeze_time("2026-11-24 23:30"), pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        return ended.value.code, told.out, told.err

    return run


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "SPRD261124.zip"
    win = report(settlement=128_345.0, settlement_status="F", volume=9_876_543, open_interest=1_234_567)
    path.write_bytes(delivered(xml(report("WDOZ26", settlement=5175.139), win)))
    return path


def test_a_table(run, file):
    code, out, _ = run(file)
    assert code == 0
    lines = [line for line in out.splitlines() if "26 " in line]
    assert ["WINZ26" in lines[0], "WDOZ26" in lines[1]] == [True, True]  # the most traded first
    for told in ("128.345", "9.876.543", "1.234.567", "2026-11-24"):
        assert told in lines[0].replace("│", " ")
    assert "5.175,139" in lines[1]


def test_json(run, file, tmp_path):
    other = tmp_path / "Trade.csv"
    other.write_bytes(csv(csv_row("WINZ26", settlement=128_345.0)))
    code, out, _ = run(file, other, "--json")
    found = [load_bulletin(json.loads(line)) for line in out.splitlines()]
    assert code == 0
    assert [(one.contract, one.settlement) for one in found] == [
        ("WDOZ26", 5175.139),
        ("WINZ26", 128_345.0),
        ("WINZ26", 128_345.0),
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (xml(report())[:-20], "cut short"),
        (xml(report(day="2026-11-25")), "still to come"),
        (xml(report("PETR4")), "no contract"),
    ],
)
def test_one_that_cannot_be_trusted_is_refused_in_a_line_and_none_is_put(run, file, tmp_path, content, why):
    bad = tmp_path / "PR.xml"
    bad.write_bytes(content)
    code, out, err = run(file, bad, "--put")
    assert (code, out) == (2, "")
    assert err.startswith(f"pregao: {bad}:")
    assert why in err
    assert err.count("\n") == 1
