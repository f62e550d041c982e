"""What a candle, an alert's whole life, idle time and a console's questions cost at ten operators, counted.

These are the figures that `make bench` turns into US$ (tests/bench/cost.py). Whoever changes them on purpose
writes the new ones here.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from local.ops.costs import idle_month, read_prices
from tests import scenes
from tests.bench.desk import CONTRACTS
from tests.counted_desk import counted

PRICES = Path(__file__).resolve().parents[2] / "infra" / "prices.yaml"

ASKED = {
    "a_quiet_candle": {"UpdateItem": 1},
    "an_alert_on_screens": {
        "GetItem": 4,
        "Query": 7,  # one of them the contract's bulletins
        "BatchGetItem": 2,  # whom the alert concerns: for its frames, for the decision's
        "TransactWriteItems": 5,
        "UpdateItem": 11,
        "SendMessageBatch": 1,
        "SendMessage": 1,
        "PostToConnection": 20,
    },
    "an_alert_by_mail": {
        "GetItem": 12,
        "Query": 33,  # one of them whom e-mail has not reached lately
        "BatchGetItem": 2,
        "TransactWriteItems": 24,
        "UpdateItem": 22,
        "PutItem": 1,
        "SendMessageBatch": 1,
        "SendMessage": 1,
        "SendEmail": 10,
    },
    "an_alert_archived": {"GetItem": 13, "Query": 10, "TransactWriteItems": 10, "PutObject": 5},
    "a_quiet_minute": {"Query": 6, "GetItem": 1, "PutItem": 1},  # what /health tells of the feeds
    "an_hour_sealed": {"PutObject": 1, "Sign": 1},
    "a_heartbeat": {"UpdateItem": 1},
    "a_candle_on_charts": {"BatchWriteItem": 1, "Query": 1, "PostToConnection": 10},
    "a_chart_opened": {"Query": 4, "BatchGetItem": 1},  # whom its alerts did not ring
    "health_asked": {"GetItem": 4, "GetQueueAttributes": 5, "Query": 6},
    "a_ping": {"Query": 1, "PostToConnection": 1},
    "a_candle_with_levels": {"UpdateItem": 1},
    "a_screen_follows": {"UpdateItem": 2, "Query": 1},  # one of them and the reading once in AGAIN_S
    "a_price_told": {"Query": 1, "PostToConnection": 10},
    "a_moment_on_charts": {"BatchWriteItem": 100, "Query": 1, "PostToConnection": 10},
    "a_screens_session": {
        "PutItem": 1,
        "UpdateItem": 3,  # its row, its operator's item, and that again as it goes
        "Query": 2,
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
        "dynamodb_read_unit": 30.5,
        "dynamodb_write_unit": 247,  # 8 of them begin the day's two chains
        "sqs_request": 6,
        "socket_message": 31,
    },
    "an_alert_by_mail": {
        "http_request": 1,
        "lambda_request": 4,
        "dynamodb_read_unit": 62.5,
        "dynamodb_write_unit": 253,  # each operator rung without a screen has a record of it
        "sqs_request": 6,
        "ses_email": 10,
    },
    "an_alert_archived": {  # five chains, each a batch's worth
        "lambda_request": 3,
        "dynamodb_read_unit": 28,
        "dynamodb_write_unit": 30,
        "s3_put": 5,
    },
    "a_quiet_minute": {"lambda_request": 1, "dynamodb_read_unit": 5, "dynamodb_write_unit": 1},
    "an_hour_sealed": {"lambda_request": 1, "s3_put": 1, "kms_sign": 1},
    "a_heartbeat": {"http_request": 1, "lambda_request": 1, "dynamodb_write_unit": 1},
    "a_candle_on_charts": {
        "lambda_request": 1,
        "dynamodb_read_unit": 1,
        "dynamodb_write_unit": 1,
        "socket_message": 10,
    },
    "a_chart_opened": {"http_request": 3, "lambda_request": 3},  # and 10 read units, half a unit an alert
    "health_asked": {"http_request": 1, "lambda_request": 1, "dynamodb_read_unit": 6.5, "sqs_request": 5},
    "a_ping": {"lambda_request": 1, "dynamodb_read_unit": 1, "socket_message": 2},
    "a_candle_with_levels": {"http_request": 1, "lambda_request": 1, "dynamodb_write_unit": 3},
    "a_screen_follows": {
        "lambda_request": 1,
        "dynamodb_read_unit": 0.5,
        "dynamodb_write_unit": 2,
        "socket_message": 1,
    },
    "a_price_told": {
        "http_request": 1,
        "lambda_request": 1,
        "dynamodb_read_unit": 1,
        "socket_message": 10,
    },
    "a_moment_on_charts": {  # a hundred candles are 22 KB, one message
        "lambda_request": 1,
        "dynamodb_read_unit": 1,
        "dynamodb_write_unit": 100,
        "socket_message": 10,
    },
    "a_screens_session": {
        "lambda_request": 5,
        "dynamodb_read_unit": 3,
        "dynamodb_write_unit": 5,
        "socket_message": 4,
    },
}
MEASURED = {"lambda_gb_second", "log_byte"}
"""Units that differ by machine and run."""
GROWS = {"an_hour_sealed", "a_chart_opened"}
"""Reads more the more chains, or alerts, the day has; only what stands above is asserted."""


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
    asked, used = Counter(meter.asked), {**meter.usage}
    for name in MEASURED:
        assert used.pop(name) > 0
    if scene.__name__ in GROWS:
        asked = {name: asked[name] for name in ASKED[scene.__name__]}
        used = {name: used[name] for name in USED[scene.__name__]}
    assert dict(asked) == ASKED[scene.__name__]
    assert used == USED[scene.__name__]


def test_every_counted_unit_has_a_price_and_every_price_its_unit():
    """Kept bytes, open sockets and what a cold start asks are in no scene, but in a month."""
    counted_units = {name for one in USED.values() for name in one} | MEASURED
    counted_units |= idle_month(1, 1, 1, 1, 1).keys()
    others = {"dynamodb_byte_month", "socket_minute", "secret_call"}
    others |= {"s3_byte_month", "s3_get"}  # what seven years cost
    others |= {"trail_event"}  # what an option would cost
    others |= {"iot_message", "iot_minute", "appsync_operation", "appsync_minute"}  # what would take over
    assert set(read_prices(PRICES).prices) == counted_units | others
