"""Metrics in one room: CloudWatch's embedded format, in as few lines as it takes.

The namespace is the stack's name (POWERTOOLS_METRICS_NAMESPACE), so two stacks of one account count apart.

Each combination of dimensions is a metric of its own and costs so much a month. So a dimension's value is a
word of the code's own or a name from the configuration, never anything that was sent in.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from contextlib import ContextDecorator
from typing import Any

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit


class Tally(ContextDecorator):
    """Metrics of one invocation of a function, written when the invocation ends, however it ends.

    A handler is decorated with it; nothing counted is no line. A line of the format holds one value for each
    dimension: counts that differ in one (two verdicts) take a line each, all others share one.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._sets: dict[tuple[tuple[str, str], ...], EphemeralMetrics] = {}

    def __enter__(self) -> Tally:
        self._sets = {}  # drop what was counted outside an invocation
        return self

    def __exit__(self, *_: object) -> None:
        self.tell()

    def count(self, name: str, value: float = 1, **dimensions: str) -> None:
        """Add a count; `dimensions` are those besides `service`."""
        self._add(name, MetricUnit.Count, value, dimensions)

    def seconds(self, name: str, value: float, **dimensions: str) -> None:
        """Add a time in seconds."""
        self._add(name, MetricUnit.Seconds, round(value, 3), dimensions)

    def milliseconds(self, name: str, value: float) -> None:
        """Add a time in milliseconds."""
        self._add(name, MetricUnit.Milliseconds, round(value, 1), {})

    def tell(self) -> None:
        """Write the lines and begin anew; a set of a hundred values has written them itself and is empty."""
        told = [dict(one.serialize_metric_set()) for one in self._sets.values() if one.metric_set]
        self._sets = {}
        for line in _joined(told):
            sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")

    def _add(self, name: str, unit: MetricUnit, value: float, dimensions: dict[str, str]) -> None:
        key = tuple(sorted(dimensions.items()))
        if key not in self._sets:
            self._sets[key] = _metrics({"service": self._service, **dimensions})
        self._sets[key].add_metric(name=name, unit=unit, value=value)


def counter(function: str) -> Callable[[str], None]:
    """Return what counts one refusal of a function at once: Refused, by function and reason."""

    def count(reason: str) -> None:
        refused = _metrics({"function": function, "reason": reason})
        refused.add_metric(name="Refused", unit=MetricUnit.Count, value=1)
        refused.flush_metrics()

    return count


def _metrics(dimensions: dict[str, str]) -> EphemeralMetrics:
    # An empty service: else the environment's value becomes a dimension without use.
    return EphemeralMetrics(service="", default_dimensions=dimensions)


def _joined(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines as few: a line takes another in where no member of theirs says two things."""
    lines: list[dict[str, Any]] = []
    for one in told:
        line = next((line for line in lines if _agree(line, one)), None)
        if line is None:
            lines.append(one)
        else:
            line["_aws"]["CloudWatchMetrics"] += one.pop("_aws")["CloudWatchMetrics"]
            line.update(one)
    return lines


def _agree(line: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether what two lines both hold is the same in both."""
    shared = (line.keys() & other.keys()) - {"_aws"}
    return all(line[name] == other[name] for name in shared)
