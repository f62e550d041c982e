"""What a run in an account asks of AWS, and what that costs at most."""

from __future__ import annotations

from pathlib import Path

from local.ops.costs import Line, bill, read_prices

PRICES = Path(__file__).resolve().parents[2] / "infra" / "prices.yaml"
HOUR = 1 / 730
"""A run takes less than an hour; what is paid by the month is paid for that."""

AT_MOST = {
    "dynamodb_write_unit": 4_000,  # 135 calls that write, 18 of them transactions of up to 100 items
    "dynamodb_read_unit": 4_000,
    "sqs_request": 2_000,  # the pollers of an event source wait beside, 20 s a request
    "s3_put": 200,
    "s3_get": 200,
    "lambda_request": 1_000,
    "lambda_gb_second": 150,  # 128 MB, a second each and more at a cold start
    "http_request": 200,
    "socket_message": 500,
    "socket_minute": 200,
    "kms_sign": 50,
    "kms_key_month": HOUR,
    "secret_month": HOUR,
    "secret_call": 50,
    "ses_email": 10,
    "log_byte": 5_000_000,
}
"""Requests counted in a run on the emulator (570 DynamoDB, 93 SQS, 81 S3, 106 others), rounded up."""


def lines() -> list[Line]:
    """Return the bill, in the prices of infra/prices.yaml."""
    return bill(AT_MOST, read_prices(PRICES))
