"""What a quiet candle, an alert's whole life and an idle minute cost at ten operators, counted at botocore.

These are the figures that `make bench` turns into US$ (tests/bench/cost.py). Whoever changes them on purpose
writes the new ones here.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from local.lab.costs import read_prices, standing
from tests import scenes
from tests.bench.desk import CONTRACTS
from tests.counted_desk import counted

PRICES = Path(__file__).resolve().parents[2] / "infra" / "prices.yaml"

ASKED = {
    "a_quiet_candle": {"UpdateItem": 1},
    "an_alert_on_screens": {
        "GetItem": 13,
        "Query": 9,  # one of them the contract's bulletins
        "TransactWriteItems": 5,
        "UpdateItem": 12,
        "SendMessageBatch": 1,
        "SendMessage": 1,
        "PostToConnection": 20,
    },
    "an_alert_by_mail": {
        "GetItem": 12,
        "Query": 34,
        "TransactWriteItems": 24,
        "UpdateItem": 22,
        "SendMessageBatch": 1,
        "SendMessage": 1,
        "SendEmail": 10,
    },
    "a_quiet_minute": {"Query": 6, "GetItem": 1},
    "a_screens_session": {
        "PutItem": 1,
        "UpdateItem": 1,
        "Query": 1,
        "GetItem": 1,
        "PostToConnection": 2,
        "DeleteItem": 1,
    },
}
USED = {
    "a_quiet_candle": {"http_request": 1, "lambda_request": 1, "dynamodb_write_unit": 1},
    "an_alert_on_screens": {
        "http_request": 1,
        "lambda_request": 14,
        "dynamodb_read_unit": 21.5,
        "dynamodb_write_unit": 231,  # 8 of them begin the day's two chains
        "sqs_request": 6,
        "socket_message": 31,
    },
    "an_alert_by_mail": {
        "http_request": 1,
        "lambda_request": 4,
        "dynamodb_read_unit": 43.5,
        "dynamodb_write_unit": 183,
        "sqs_request": 6,
        "ses_email": 10,
    },
    "a_quiet_minute": {"lambda_request": 1, "dynamodb_read_unit": 5},
    "a_screens_session": {
        "lambda_request": 5,
        "dynamodb_read_unit": 2,
        "dynamodb_write_unit": 3,
        "socket_message": 4,
    },
}
MEASURED = {"lambda_gb_second", "log_byte"}
"""Units that differ by machine and run."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Ten operators, functions warm."""
    with scenes.a_warm_desk(tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.mark.parametrize(
    ("number", "scene"), list(enumerate(scenes.SCENES)), ids=lambda one: getattr(one, "__name__", "")
)
def test_what_one_costs(desk, number, scene):
    """The very figures that the benchmark turns into US$."""
    meter = counted(desk, scene, CONTRACTS[-1 - number])
    assert dict(Counter(meter.asked)) == ASKED[scene.__name__]
    used = {name: units for name, units in meter.usage.items() if name not in MEASURED}
    assert used == USED[scene.__name__]
    assert all(meter.usage[name] > 0 for name in MEASURED)


def test_every_counted_unit_has_a_price_and_every_price_its_unit():
    """Kept bytes, open sockets and what a cold start asks are in no scene, but in a month."""
    counted_units = {name for one in USED.values() for name in one} | MEASURED | set(standing(1, 1, 1))
    others = {"dynamodb_byte_month", "socket_minute", "secret_call"}
    others |= {"s3_byte_month", "s3_put", "s3_get", "kms_key_month", "kms_sign"}  # what seven years cost
    assert set(read_prices(PRICES).prices) == counted_units | others
