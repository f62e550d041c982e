"""Whom a soak does what: whose screen hangs, whose e-mail SES refuses, and when it is busy for everybody."""

from __future__ import annotations

import time

from local.stack.ministack.shims import SOCKETS
from local.stack.running import StackInfo
from pregao.aws.tables.delivery.screen_items import LIST
from tests.bench.hanging import BUSY, REFUSED

HEALTHY, AT_TIMES, ALWAYS, AWAY, NO_MAIL, POCKET, UNREACHABLE = OPERATORS = tuple(
    f"op-{n:03}" for n in range(7)
)
"""By desk id: a screen that answers, one that hangs at times, one that always does; four without a screen, of
whom NO_MAIL has an address that SES refuses for good, POCKET a phone, UNREACHABLE one that is not reached."""
SCREENS = 3
"""The first of them have one."""
HANGING, SCREEN_EVERY_S = 12.0, 30.0
BUSY_FOR, BUSY_EVERY_S = 8.0, 50.0
"""SES is busy for shorter than the first back-off, so the next try is taken."""
MAIL = "AWS_ENDPOINT_URL_SESV2"


class Faults:
    """What the proxy asks. Nothing is amiss before `begin`; after `end`, only what is so for good."""

    def __init__(self, stack: StackInfo) -> None:
        self._dynamo, self._table = stack.client("dynamodb"), stack.outputs["ConnectionsTable"]
        self._owners: dict[str, str] = {}
        self._began, self._ended = float("inf"), float("inf")

    def begin(self) -> None:
        self._began = time.monotonic()

    def end(self) -> None:
        self._ended = time.monotonic()

    def hangs(self, connection_id: str) -> bool:
        """Tell whether the posts to a socket find no answer now."""
        owner = self._owner(connection_id)
        if owner == ALWAYS:
            return time.monotonic() >= self._began
        return owner == AT_TIMES and self._within(HANGING, SCREEN_EVERY_S)

    def mail(self, address: str) -> str | None:
        """Tell what SES answers for an address now, None where it takes the e-mail."""
        if address.partition("@")[0] == NO_MAIL:
            return REFUSED
        return BUSY if self._within(BUSY_FOR, BUSY_EVERY_S) else None

    def _within(self, length_s: float, every_s: float) -> bool:
        """Tell whether one of the stretches runs that end each `every_s`."""
        now = time.monotonic()
        return self._began <= now < self._ended and (now - self._began) % every_s >= every_s - length_s

    def _owner(self, connection_id: str) -> str:
        if connection_id not in self._owners:
            key = {"pk": {"S": LIST}, "sk": {"S": connection_id}}
            item = self._dynamo.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
            if item is None:
                return ""
            self._owners[connection_id] = item["operator"]["S"]
        return self._owners[connection_id]


def redirect(stack: StackInfo, proxy_url: str) -> None:
    """Send what the functions say to screens and to SES by way of the proxy."""
    lambdas = stack.client("lambda")
    for one in lambdas.list_functions()["Functions"]:
        variables = one.get("Environment", {}).get("Variables", {})
        here = {}
        if SOCKETS in variables:
            here[SOCKETS] = variables[SOCKETS].replace(stack.endpoint, proxy_url)
        if "PREGAO_MAIL_EVENTS" in variables:
            here[MAIL] = proxy_url
        if here:
            environment = {"Variables": {**variables, **here}}
            lambdas.update_function_configuration(FunctionName=one["FunctionName"], Environment=environment)
