"""Refusals counted: the CloudWatch metric Pregao / Refused, by function and reason."""

from __future__ import annotations

from collections.abc import Callable

from aws_lambda_powertools.metrics import MetricUnit, single_metric

NAMESPACE = "Pregao"


def counter(function: str) -> Callable[[str], None]:
    """Return what counts one refusal of a function; it goes out with the log (embedded metric format).

    The reason is a word of the code's own, never anything that was sent: each costs a metric of its own.
    """

    def count(reason: str) -> None:
        with single_metric(name="Refused", unit=MetricUnit.Count, value=1, namespace=NAMESPACE) as metric:
            metric.service = ""  # else a third dimension that says nothing
            metric.add_dimension(name="function", value=function)
            metric.add_dimension(name="reason", value=reason)

    return count
