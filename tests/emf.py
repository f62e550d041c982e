"""What a function wrote to its log, as CloudWatch reads it: metrics apart from lines."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Metric:
    """A metric of one line; `dimensions` as CloudWatch puts them together."""

    name: str
    dimensions: dict[str, str]
    unit: str
    values: list[float]


def lines_of(text: str) -> list[dict[str, Any]]:
    """Every JSON line."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def logged(text: str) -> list[dict[str, Any]]:
    """The lines that are no metrics."""
    return [line for line in lines_of(text) if "_aws" not in line]


def metrics(text: str) -> list[Metric]:
    """Every metric, as the embedded format says: a directive names members of its line."""
    return [one for line in lines_of(text) if "_aws" in line for one in _of_line(line)]


def _of_line(line: dict[str, Any]) -> Iterable[Metric]:
    for directive in line["_aws"]["CloudWatchMetrics"]:
        assert directive["Namespace"] == os.environ["POWERTOOLS_METRICS_NAMESPACE"]
        for names in directive["Dimensions"]:
            assert all(isinstance(line[name], str) and line[name] for name in names)
            for one in directive["Metrics"]:
                dimensions = {name: line[name] for name in names}
                yield Metric(one["Name"], dimensions, one["Unit"], line[one["Name"]])
