"""Alarms judged as CloudWatch judges them, on moto's metrics and by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws

from local.ops.alarms import Alarm, State, judged, read_alarms
from tests.drill import hurried

NOW = 1_795_000_020.0
ALARM = Alarm(
    "DeliverErrors",
    "deliver dies.",
    "AWS/Lambda",
    "Errors",
    (("FunctionName", "pregao-deliver"),),
    "Sum",
    60,
    3,
    2,
    0.0,
    "GreaterThanThreshold",
    "notBreaching",
    State.UNKNOWN,
)


@pytest.mark.parametrize(
    ("values", "missing", "state"),
    [
        ([0.0, 0.0, 0.0], "notBreaching", State.OK),
        ([1.0, 0.0, 0.0], "notBreaching", State.OK),
        ([1.0, 0.0, 2.0], "notBreaching", State.ALARM),
        ([1.0, None, 2.0], "notBreaching", State.ALARM),
        ([1.0, None, None], "notBreaching", State.OK),
        ([None, None, None], "notBreaching", State.OK),
        ([0.0, None, None], "breaching", State.ALARM),
        ([0.0, 0.0, None], "breaching", State.OK),
        ([None, None, None], "missing", State.UNKNOWN),
        ([], "breaching", State.UNKNOWN),
    ],
)
def test_enough_of_the_last_values_have_to_breach(values, missing, state):
    assert replace(ALARM, missing=missing).judge(values) is state


@pytest.mark.parametrize(
    ("comparison", "value", "state"),
    [
        ("GreaterThanThreshold", 60.0, State.OK),
        ("GreaterThanOrEqualToThreshold", 60.0, State.ALARM),
        ("LessThanThreshold", 60.0, State.OK),
        ("LessThanThreshold", 59.0, State.ALARM),
        ("LessThanOrEqualToThreshold", 60.0, State.ALARM),
    ],
)
def test_the_threshold_itself_is_above_or_below_it_as_the_comparison_says(comparison, value, state):
    alarm = replace(ALARM, comparison=comparison, threshold=60.0, periods=1, datapoints=1)
    assert alarm.judge([value]) is state


def test_hurried_spans_and_ages_shrink_and_counts_stay():
    age = hurried(replace(ALARM, metric="ApproximateAgeOfOldestMessage", threshold=60.0))
    assert (age.period_s, age.threshold) == (3, 3.0)
    assert hurried(replace(ALARM, metric="Waiting", threshold=80.0)).threshold == 80.0


@pytest.fixture
def cloudwatch():
    with mock_aws():
        yield boto3.client("cloudwatch", region_name="sa-east-1")


def put(cloudwatch, minutes_ago, value, function="pregao-deliver"):
    at = datetime.fromtimestamp(NOW - 60 * minutes_ago, UTC)
    dimensions = [{"Name": "FunctionName", "Value": function}]
    datum = {"MetricName": "Errors", "Dimensions": dimensions, "Timestamp": at, "Value": value}
    cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=[datum])


def state_of(cloudwatch, alarm=ALARM, **more):
    (found,) = judged(cloudwatch, [alarm], NOW, **more)
    return found.state, found.values


def test_the_last_complete_periods_count_and_nothing_else(cloudwatch):
    """The minute that runs does not, nor what is older than the last three."""
    for minutes_ago in (0, 4):
        put(cloudwatch, minutes_ago, 9.0)
    assert state_of(cloudwatch) == (State.OK, (None, None, None))
    put(cloudwatch, 1, 1.0)
    put(cloudwatch, 1, 2.0)
    assert state_of(cloudwatch) == (State.OK, (None, None, 3.0))
    put(cloudwatch, 3, 1.0)
    assert state_of(cloudwatch) == (State.ALARM, (1.0, None, 3.0))


def test_another_functions_errors_are_not_ones_own(cloudwatch):
    for minutes_ago in (1, 2, 3):
        put(cloudwatch, minutes_ago, 9.0, function="pregao-detect")
    assert state_of(cloudwatch)[0] is State.OK


def test_a_stack_that_is_younger_than_an_alarm_looks_back_misses_nothing(cloudwatch):
    silent = replace(ALARM, missing="breaching", datapoints=3)
    assert state_of(cloudwatch, silent)[0] is State.ALARM
    assert state_of(cloudwatch, silent, born=NOW - 90)[0] is State.OK
    assert state_of(cloudwatch, silent, born=NOW)[0] is State.UNKNOWN


def test_what_a_young_stack_counted_is_seen_though_its_hour_is_not_over(cloudwatch):
    """Of an alarm that looks back an hour: doctor would say in the first one that nothing is wrong."""
    hourly = replace(ALARM, period_s=3600, periods=1, datapoints=1)
    put(cloudwatch, 7, 1.0)  # when the hour began: moto tells a point's own time, CloudWatch the period's
    (found,) = judged(cloudwatch, [hourly], NOW + 3600, born=NOW - 90)
    assert found.state is State.ALARM


def test_alarms_are_read_as_cloudwatch_describes_them(cloudwatch):
    common = {
        "AlarmDescription": "Alerts wait. Runbook: AlertQueueAge.",
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": "q"}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 60,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    cloudwatch.put_metric_alarm(AlarmName="pregao-AlertQueueAgeAlarm-1", **common)
    cloudwatch.put_metric_alarm(AlarmName="pregao-dev-Other", **common)
    cloudwatch.put_metric_alarm(AlarmName="another", **common)
    found = read_alarms(cloudwatch, "pregao-dev")
    assert [(one.key, one.means, one.datapoints) for one in found] == [("AlertQueueAge", "Alerts wait.", 3)]
