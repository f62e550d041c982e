"""CloudWatch's alarms: read from the account; for the emulator they are evaluated here.

The emulator keeps alarms and metrics but mixes the dimensions of a metric when it judges, so on a laptop the
rules are applied here, to complete periods: an alarm is lit when at least `datapoints` of the last `periods`
values breach, a missing value counting as the alarm says. In an account CloudWatch's own word is taken.
Source: CloudWatch User Guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


class State(StrEnum):
    """What CloudWatch calls an alarm's states."""

    ALARM = "ALARM"
    OK = "OK"
    UNKNOWN = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm: what it looks at, and when it is lit. Spans are in seconds."""

    key: str
    """The name it has in docs/RUNBOOK.md."""
    means: str
    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str
    period_s: int
    periods: int
    datapoints: int
    threshold: float
    comparison: str
    missing: str
    said: State
    """CloudWatch's own word."""

    def judge(self, values: Sequence[float | None]) -> State:
        """Return the state by the values of the last `periods` complete periods, oldest first."""
        breaching = [self._breaches(one) for one in values]
        known = [one for one in breaching if one is not None]
        if not known:
            return State.UNKNOWN
        return State.ALARM if sum(known) >= self.datapoints else State.OK

    def _breaches(self, value: float | None) -> bool | None:
        if value is not None:
            return COMPARISONS[self.comparison](value, self.threshold)
        return {"breaching": True, "notBreaching": False}.get(self.missing)


@dataclass(frozen=True, slots=True)
class Judged:
    """An alarm with its state, and the values it was judged by where they were asked for."""

    alarm: Alarm
    state: State
    values: tuple[float | None, ...] = ()


def read_alarms(cloudwatch: Any, stack: str) -> list[Alarm]:
    """Return the alarms of a stack in the order of their names."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=f"{stack}-")
    return sorted((_alarm(one) for page in pages for one in page["MetricAlarms"]), key=lambda one: one.key)


def judged(cloudwatch: Any, alarms: Sequence[Alarm], now: float, born: float = 0.0) -> Iterator[Judged]:
    """Yield each alarm judged by the metrics there, as of `now`; what is older than `born` is not missing.

    Both are epoch seconds.
    """
    for alarm in alarms:
        values = tuple(_values(cloudwatch, alarm, now, born))
        yield Judged(alarm, alarm.judge(values), values)


def _values(cloudwatch: Any, alarm: Alarm, now: float, born: float) -> list[float | None]:
    end = int(now) // alarm.period_s * alarm.period_s
    oldest = born if alarm.missing == "breaching" else 0.0  # what is there counts from the first minute
    start = max(end - alarm.period_s * alarm.periods, -int(-oldest // alarm.period_s) * alarm.period_s)
    if start >= end:
        return []
    percentile = alarm.statistic.startswith("p")
    found = cloudwatch.get_metric_statistics(
        Namespace=alarm.namespace,
        MetricName=alarm.metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in alarm.dimensions],
        StartTime=start,
        EndTime=end,
        Period=alarm.period_s,
        **{"ExtendedStatistics" if percentile else "Statistics": [alarm.statistic]},
    )["Datapoints"]
    by_start = {int(one["Timestamp"].timestamp()): _value(one, alarm.statistic) for one in found}
    return [by_start.get(at) for at in range(start, end, alarm.period_s)]


def _value(point: Mapping[str, Any], statistic: str) -> float:
    return float(point.get("ExtendedStatistics", point)[statistic])


def _alarm(told: Mapping[str, Any]) -> Alarm:
    means, _, key = str(told["AlarmDescription"]).removesuffix(".").rpartition(" Runbook: ")
    periods = int(told["EvaluationPeriods"])
    return Alarm(
        key,
        means,
        told["Namespace"],
        told["MetricName"],
        tuple((one["Name"], one["Value"]) for one in told.get("Dimensions", ())),
        told.get("ExtendedStatistic") or told["Statistic"],
        int(told["Period"]),
        periods,
        int(told.get("DatapointsToAlarm") or periods),
        float(told["Threshold"]),
        told["ComparisonOperator"],
        told.get("TreatMissingData", "missing"),
        State(told["StateValue"]),
    )
