"""`make years` over three days: what it makes verifies, each named query finds something, nothing stays."""

from __future__ import annotations

import pytest

from pregao.domain.audit.named_queries import named_queries
from tests.bench import results, years
from tests.bench.years_made import ALERTS, OPERATORS


@pytest.fixture
def lines(tmp_path):
    return years.measure(tmp_path, 3)


def test_three_days(lines):
    """Each query has an answer; of silences and looks there are none, what is made up comes in time."""
    asked = {line.split("`")[1]: line for line in lines if line.startswith("| `")}
    assert set(asked) == set(named_queries())
    counts = {
        name: [int(line.split("|")[at].replace(",", "")) for at in (3, 5)] for name, line in asked.items()
    }
    assert [counts.pop(name) for name in ("silences", "accesses")] == [[0, 0], [0, 0]]
    assert all(0 < day <= days for day, days in counts.values()), counts
    (records,) = [line for line in lines if line.startswith("| records |")]
    assert int(records.split()[3].replace(",", "")) > 3 * ALERTS * OPERATORS * 3
    assert any("everything holds" in line for line in lines)
    assert any(line.startswith("| **all** |") for line in lines)


def test_each_part_of_the_results_keeps_the_others(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path / "RESULTS.md")
    stack, cost = results.SECTIONS[1:3]
    results.write_soaked(["soak 1"])
    results.write_measured(["# Measured", "", "head 1"], [stack, "", "old", cost, "", "old"], "D1")
    results.write_years(["years 1"])
    results.write_soaked(["soak 2"])
    results.write_measured(["# Measured", "", "head 2"], [cost, "", "new"], "D2")
    text = (tmp_path / "RESULTS.md").read_text()
    assert " ".join(text.split()) == (
        f"# Measured head 2 {stack} Measured D1. old {cost} Measured D2. new"
        " ## Seven years years 1 ## Soaked soak 2"
    )


def test_a_part_that_nothing_writes_is_not_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "RESULTS", tmp_path / "RESULTS.md")
    results.write_soaked(["soak"])
    text = results.RESULTS.read_text() + "## By hand\n\nfigures\n"
    results.RESULTS.write_text(text)
    with pytest.raises(ValueError, match="By hand"):
        results.write_years(["years"])
    assert results.RESULTS.read_text() == text


def test_what_is_measured_stands_in_its_order():
    text = results.RESULTS.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line.startswith(("# ", "## "))] == list(results.PARTS)
