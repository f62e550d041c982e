"""Alerts v1 and v2 as JSON: on the queues, on the socket, in the claims, in audit records.

pydantic and the alert are imported with the first alert: half the functions import this module and read none.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.timer import Timer


@cache
def _alert() -> TypeAdapter[Alert]:
    from pydantic import TypeAdapter

    from pregao.domain.alerts.alert import Alert

    return TypeAdapter(Alert)


@cache
def _timer() -> TypeAdapter[Timer]:
    from pydantic import TypeAdapter

    from pregao.domain.delivery.timer import Timer

    return TypeAdapter(Timer)


def dump_alert(alert: Alert) -> bytes:
    """Return the alert as compact JSON."""
    return _alert().dump_json(alert)


def load_alert(body: str | bytes) -> Alert:
    """Read an alert; raises pydantic.ValidationError (a ValueError) naming every field that is wrong."""
    return _alert().validate_json(body)


def load_alert_frame(fields: Mapping[str, Any]) -> Alert:
    """Read the alert of a server's `alert` frame, parsed already; raises pydantic.ValidationError."""
    return _alert().validate_python(fields)


def load_recorded_alert(fields: Mapping[str, Any]) -> Alert:
    """Read the alert of an audit record, which leaves out what is None; raises pydantic.ValidationError."""
    from pregao.domain.alerts.alert import PLANNED

    return load_alert_frame({**dict.fromkeys(("confidence", *PLANNED)), **fields})


def dump_timer(timer: Timer) -> str:
    """Return a fallback timer as compact JSON."""
    return _timer().dump_json(timer).decode()


def load_timer(body: str | bytes) -> Timer:
    """Read a fallback timer; raises pydantic.ValidationError (a ValueError)."""
    return _timer().validate_json(body)
