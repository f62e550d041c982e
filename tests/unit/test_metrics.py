"""The room of the metrics: few lines, each read by CloudWatch as what was counted."""

from __future__ import annotations

import pytest

from pregao.aws.metrics import Tally
from tests.emf import Metric, lines_of, metrics


@pytest.fixture
def tally():
    return Tally("detect")


def test_nothing_counted_is_no_line(tally, capsys):
    with tally:
        pass
    assert capsys.readouterr().out == ""


def test_what_shares_its_dimensions_shares_a_line(tally, capsys):
    with tally:
        tally.count("Verdict", 2, verdict="admitted")
        tally.milliseconds("JudgedAfterClose", 251.337)
        tally.seconds("ChainLag", 1)
        tally.milliseconds("JudgedAfterClose", 3)
    told = capsys.readouterr().out
    assert len(lines_of(told)) == 1
    assert sorted(metrics(told), key=lambda one: one.name) == [
        Metric("ChainLag", {"service": "detect"}, "Seconds", [1.0]),
        Metric("JudgedAfterClose", {"service": "detect"}, "Milliseconds", [251.3, 3.0]),
        Metric("Verdict", {"service": "detect", "verdict": "admitted"}, "Count", [2.0]),
    ]


def test_two_values_of_a_dimension_take_two_lines(tally, capsys):
    with tally:
        for verdict in ("admitted", "duplicate"):
            tally.count("Verdict", verdict=verdict)
        tally.count("Fallback", outcome="emailed")
    told = capsys.readouterr().out
    assert len(lines_of(told)) == 2
    found = {tuple(sorted(one.dimensions.items())): one.values for one in metrics(told)}
    assert found == {
        (("service", "detect"), ("verdict", "admitted")): [1.0],
        (("service", "detect"), ("verdict", "duplicate")): [1.0],
        (("outcome", "emailed"), ("service", "detect")): [1.0],
    }


def test_a_metric_with_and_without_a_dimension_does_not_share_a_line(tally, capsys):
    """A line holds a metric's values once."""
    with tally:
        tally.count("Delivered", 5)
        tally.count("Delivered", 3, outcome="sent")
    assert [one.values for one in metrics(capsys.readouterr().out)] == [[5.0], [3.0]]


@pytest.mark.parametrize("count", [99, 100, 101, 200])
def test_as_many_values_as_a_line_holds_are_told_once(tally, capsys, count):
    """A post of a hundred feeds counts a hundred times; at the hundredth value Powertools writes a line."""
    with tally:
        for value in range(count):
            tally.milliseconds("JudgedAfterClose", value)
    told = [value for one in metrics(capsys.readouterr().out) for value in one.values]
    assert told == [float(value) for value in range(count)]


def test_an_invocation_that_fails_tells_what_it_had_and_the_next_begins_anew(tally, capsys):
    @tally
    def dies():
        tally.count("Verdict", verdict="stale")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        dies()
    assert len(metrics(capsys.readouterr().out)) == 1
    with tally:
        pass
    assert capsys.readouterr().out == ""


def test_the_service_is_the_function_whatever_the_environment_calls_itself(tally, capsys, monkeypatch):
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "pregao")
    with tally:
        tally.count("Concerned", 2)
    (one,) = metrics(capsys.readouterr().out)
    assert one.dimensions == {"service": "detect"}
