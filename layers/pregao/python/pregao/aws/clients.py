"""boto3 clients, each made once per process. Endpoints are boto3's affair (AWS_ENDPOINT_URL and kin)."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# Shorter than any function's timeout, so a hanging call fails inside the handler and is retried there.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    retries={"mode": "standard", "max_attempts": 3},
    tcp_keepalive=True,
    max_pool_connections=64,
)


@cache
def client(service: str) -> Any:
    """Return the process's client of a service."""
    return boto3.client(service, config=_CONFIG)
