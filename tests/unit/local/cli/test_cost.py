"""`pregao cost`: counted units times the price list, as `make bench` tells it."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from local.cli.app import app
from local.ops.month import read_laws
from tests.cloud import ROOT
from tests.functions.test_scenes import USED


def say(*words):
    return CliRunner().invoke(app(["cost"]), ["cost", *words])


def asked(*words):
    told = say(*words, "--json")
    assert told.exit_code == 0, told.output
    return json.loads(told.stdout)


def test_the_counted_units_are_those_that_the_scenes_assert():
    """When a story asks for much more, `make bench`, which writes the file, is due."""
    laws = read_laws(ROOT / "infra" / "units.yaml")
    assert set(laws) >= {"a_quiet_candle", "an_alert_on_screens", "an_alert_by_mail", "a_quiet_minute"}
    for scene in laws.keys() & USED.keys():
        told = laws[scene].at(10, 10, 0)
        for unit in told.keys() & USED[scene].keys():
            assert told[unit] == pytest.approx(USED[scene][unit], rel=0.5), (scene, unit)


def test_a_desk_is_priced_by_service_and_adds_up():
    told = asked("--operators", "10", "--symbols", "5", "--timeframe", "M5")
    assert told["usd"] == pytest.approx(sum(told["by_service"].values()), abs=0.01)
    assert told["usd"] == pytest.approx(sum(one["usd"] for one in told["lines"]), abs=0.01)
    assert {"DynamoDB", "Lambda", "API Gateway", "SQS", "CloudWatch"} <= set(told["by_service"])
    assert told["unconfirmed"]


def test_more_of_anything_costs_more():
    base = asked("--operators", "10", "--symbols", "5", "--timeframe", "M5")["usd"]
    for more in (
        ("--operators", "20", "--symbols", "5", "--timeframe", "M5"),
        ("--operators", "10", "--symbols", "10", "--timeframe", "M5"),
        ("--operators", "10", "--symbols", "5", "--timeframe", "M1"),
    ):
        assert asked(*more)["usd"] > base
    fewer = asked("--operators", "10", "--symbols", "5", "--timeframe", "M5", "--followed", "1")
    assert fewer["usd"] < base


def test_another_region_is_a_multiple_and_says_so():
    there, here = asked("--region", "sa-east-1"), asked()
    assert there["usd"] == pytest.approx(1.5 * here["usd"], rel=1e-3)
    assert any("sa-east-1" in one for one in there["unconfirmed"])


def test_it_is_told_to_people():
    told = say()
    assert told.exit_code == 0
    assert len(re.findall(r"^  total +[\d.]+$", told.output, flags=re.MULTILINE)) == 2
    assert "not confirmed" in told.output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--timeframe", "M7"), "M5"),
        (("--region", "mars-1"), "sa-east-1"),
        (("--operators", "0"), "operators"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(words, why):
    told = say(*words)
    assert told.exit_code == 2
    assert why in told.output
