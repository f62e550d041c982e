"""boto3 clients, each made once per process. Endpoints are boto3's affair (AWS_ENDPOINT_URL and kin)."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# Shorter than any function's timeout, so a hanging call fails inside the handler and is retried there.
# The tests hold the shapes of our requests against moto; checking them anew at each call took as long as all
# the rest of a transaction of ninety records.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=5,
    tcp_keepalive=True,
    max_pool_connections=64,
    parameter_validation=False,
)


@cache
def client(service: str, retries: int = 3) -> Any:
    """Return the process's client of a service; `retries` is 0 for what must not be asked for twice."""
    patience = Config(retries={"mode": "standard", "max_attempts": retries})
    return boto3.client(service, config=_CONFIG.merge(patience))
