"""boto3 clients, each made once per process. Endpoints are boto3's affair (AWS_ENDPOINT_URL and kin)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import boto3
import botocore
from botocore.config import Config
from botocore.loaders import Loader
from botocore.session import get_session

from pregao.aws.trust import amazon_roots


@dataclass(frozen=True, slots=True)
class Budget:
    """How long one call may take: seconds to connect and to wait for each answer, and how often again."""

    connect_s: float
    read_s: float
    retries: int = 1


# A call that hangs must fail inside the handler, with time left to end the story: together the calls of a
# story take less than the function's Timeout in template.yaml, each of them at its longest
# (tests/functions/test_time_outs.py adds them up). Within a region an answer takes tens of milliseconds.
BUDGETS = {
    "dynamodb": Budget(0.5, 1.0),
    "sqs": Budget(0.5, 1.0),
    "secretsmanager": Budget(0.5, 1.0),
    "kms": Budget(0.5, 1.0),
    "apigatewaymanagementapi": Budget(0.4, 0.7),
    "sesv2": Budget(1.0, 3.0),
    "sns": Budget(1.0, 2.0, retries=0),  # an SMS whose answer is lost is not sent twice
    "s3": Budget(1.0, 10.0, retries=2),  # files; their functions have minutes
    "s3 page": Budget(0.5, 1.0),  # somebody waits for the page
}

LOG_IN = {"sts", "sso", "sso-oidc"}
"""What botocore asks for credentials where a person's profile names a role or a log-in."""
USER_AGENT = f"Boto3/{boto3.__version__} Botocore/{botocore.__version__} pregao"
"""botocore puts its own together twice for each call: a sixth of the call's processor time."""


class _Known(Loader):  # type: ignore[misc] # botocore has no types
    """botocore's descriptions of services, found without a look at those of all the others.

    botocore reads the folders of four hundred services, twice, to tell that a service exists: half the CPU
    time of a process's first client.
    """

    def list_available_services(self, type_name: str) -> list[str]:
        """Return the services that have a budget; `type_name` is the kind of description, all have each."""
        return sorted({use.split()[0] for use in BUDGETS} | LOG_IN)


@cache
def _session() -> boto3.Session:
    """Return the process's session. Not boto3's own: other code may ask that one for any service."""
    session = get_session()
    session.register_component("data_loader", _Known())
    return boto3.Session(botocore_session=session)


_MAKING = Lock()
"""A session makes one client at a time: boto3's are not to be shared by threads."""


@cache
def client(service: str) -> Any:
    """Return the process's client of a service, with the budget of a use where one is named behind it.

    Raises KeyError for one that has no budget.
    """
    budget = BUDGETS[service]
    config = Config(
        connect_timeout=budget.connect_s,
        read_timeout=budget.read_s,
        retries={"mode": "standard", "max_attempts": budget.retries},
        tcp_keepalive=True,
        max_pool_connections=64,
        # The tests hold the shapes of our requests against moto; checking them anew at each call took as long
        # as all the rest of a transaction of ninety records.
        parameter_validation=False,
        user_agent=USER_AGENT,
    )
    with _MAKING:
        return _session().client(service.split()[0], config=config, verify=amazon_roots())


class LateClient:
    """A client that is made at its first call: for what most invocations of a function do not ask."""

    def __init__(self, service: str) -> None:
        self._service = service

    def __getattr__(self, operation: str) -> Any:
        return getattr(client(self._service), operation)
