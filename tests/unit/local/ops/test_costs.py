"""Units times prices, and the price list itself."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from local.errors import NoPrice
from local.ops.costs import bill, by_service, idle_month, read_prices, together, total

LIST = Path(__file__).resolve().parents[4] / "infra" / "prices.yaml"


@pytest.fixture(scope="module")
def prices():
    return read_prices(LIST)


def changed(tmp_path, change):
    tree = yaml.safe_load(LIST.read_text(encoding="utf-8"))
    change(tree)
    path = tmp_path / "prices.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return path


def test_every_price_names_its_source_and_day(prices):
    for one in [*prices.prices.values(), *prices.elsewhere.values()]:
        assert one.source
        assert date(2024, 12, 1) <= one.date  # DynamoDB's prices were halved in November 2024


@pytest.mark.parametrize("lacking", ["source", "date", "usd", "per", "unit", "service", "confirmed"])
def test_a_line_that_lacks_something_is_refused(tmp_path, lacking):
    path = changed(tmp_path, lambda tree: tree["prices"]["ses_email"].pop(lacking))
    with pytest.raises(ValidationError, match=lacking):
        read_prices(path)


@pytest.mark.parametrize(("name", "value"), [("usd", 0), ("usd", -1), ("per", 0), ("price", 1)])
def test_a_line_that_cannot_be_right_is_refused(tmp_path, name, value):
    path = changed(tmp_path, lambda tree: tree["prices"]["ses_email"].update({name: value}))
    with pytest.raises(ValidationError, match=name):
        read_prices(path)


def test_a_bill(prices):
    lines = bill({"ses_email": 10_000, "lambda_request": 10_000_000, "socket_message": 0}, prices)
    assert [(line.service, line.usd) for line in lines] == [
        ("Lambda", 2.0),
        ("SES", 1.0),
        ("API Gateway", 0.0),
    ]
    assert total(lines) == 3.0


def test_lines_of_a_service_add_up(prices):
    lines = bill({"lambda_request": 1_000_000, "lambda_gb_second": 60_000, "sqs_request": 1}, prices)
    assert by_service(lines) == pytest.approx({"Lambda": 0.2 + 1.000002, "SQS": 4e-7})


def test_a_unit_without_a_price_is_named(prices):
    with pytest.raises(NoPrice, match=r"prices\.yaml has no price for carrier_pigeon"):
        bill({"carrier_pigeon": 1}, prices)


def test_usages_add_up():
    assert together((2, {"a": 1, "b": 3}), (10, {"a": 1})) == {"a": 12, "b": 6}


def test_two_idle_queues_are_polled_a_million_times_a_month():
    assert idle_month(2, 1, 5, 30, 1) == {
        "sqs_request": 1_314_000,
        "secret_month": 1,
        "alarm_month": 5,
        "metric_month": 30,
        "kms_key_month": 1,
    }
