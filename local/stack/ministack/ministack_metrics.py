"""What AWS measures by itself and ministack does not, put into its CloudWatch.

Queues, HTTP APIs, every invocation, and the metrics that functions log. Also, on demand, a table whose reads
or writes DynamoDB refuses: `throttled`, a file in STATE_DIR, says "reads TABLE" or "writes TABLE". The drill
takes tables away like that. Runs in the emulator's process.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import apigateway, cloudwatch, dynamodb, lambda_svc, sqs

SAMPLED_S = 1.0
WAKING = "probe"
"""`methodArn` of the event that wakes each function of a new stack (local/stack/probe.py)."""
THROTTLED = "throttled"
READS = {"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"}
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"}
REFUSED = "Throughput exceeds the current throughput limit for your table or index."

Answer = tuple[int, dict[str, str], bytes]
Metric = tuple[str, str, float, str, dict[str, str]]
"""Namespace, name, value, unit, dimensions."""


def measure() -> None:
    """Begin to measure; there is no public way in."""
    _count_invocations()
    _count_requests()
    away: set[str] = set()
    _throttle(away)
    named = Path(os.environ["STATE_DIR"]) / THROTTLED
    threading.Thread(target=_sample, args=(named, away), name="metrics", daemon=True).start()


def embedded(line: str) -> Iterator[Metric]:
    """Yield each metric in a log line of the embedded format.

    The format is AWS's "Specification: Embedded metric format"; a line that is none yields nothing.
    """
    if '"_aws"' not in line:
        return
    try:
        told = json.loads(line)
        directives = told["_aws"]["CloudWatchMetrics"]
    except (ValueError, KeyError, TypeError):
        return
    for directive in directives:
        for names in directive["Dimensions"]:
            dimensions = {name: str(told[name]) for name in names}
            for metric in directive["Metrics"]:
                values = told[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield (
                        directive["Namespace"],
                        metric["Name"],
                        float(value),
                        metric.get("Unit", "None"),
                        dimensions,
                    )


def _count_invocations() -> None:
    """Measure every invocation, by whatever way it came, and what it logged; ministack counts direct ones.

    Waking is none: a consumer refuses that message, and its alarm would be lit on every new stack.
    """
    usual = lambda_runtime.Worker.invoke

    def invoke(worker: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        began = time.monotonic()
        answer: dict[str, Any] = {"status": "error"}
        try:
            answer = usual(worker, *args, **kwargs)
            return answer
        finally:
            taken = time.monotonic() - began
            for metric in () if _wakes(*args, **kwargs) else metrics_of(worker.func_name, answer, taken):
                cloudwatch.record_metric(*metric)

    lambda_runtime.Worker.invoke = invoke
    lambda_svc._emit_lambda_metrics = _throttles_alone


def _wakes(event: Any = None, *_: Any, **__: Any) -> bool:
    return isinstance(event, dict) and event.get("methodArn") == WAKING


def metrics_of(function: str, answer: Mapping[str, Any], took_s: float) -> Iterator[Metric]:
    """Yield AWS/Lambda's metrics of one invocation, then those in its log."""
    dimensions = {"FunctionName": function}
    yield "AWS/Lambda", "Invocations", 1.0, "Count", dimensions
    yield "AWS/Lambda", "Errors", float(answer.get("status") != "ok"), "Count", dimensions
    yield "AWS/Lambda", "Duration", took_s * 1000, "Milliseconds", dimensions
    for line in str(answer.get("log", "")).splitlines():
        yield from embedded(line)


def _throttles_alone(function_name: str, throttle: bool, **_: Any) -> None:
    if throttle:
        cloudwatch.record_metric("AWS/Lambda", "Throttles", 1.0, "Count", {"FunctionName": function_name})


def _count_requests() -> None:
    usual = apigateway.handle_execute

    async def execute(api_id: str, *args: Any, **kwargs: Any) -> Answer:
        answer: Answer = await usual(api_id, *args, **kwargs)
        for name, least in (("4xx", 400), ("5xx", 500)):
            counted = float(least <= answer[0] < least + 100)
            cloudwatch.record_metric("AWS/ApiGateway", name, counted, "Count", {"ApiId": api_id})
        return answer

    apigateway.handle_execute = execute


def _sample(named: Path, away: set[str]) -> None:
    """Measure the queues, and read what is to be refused; for ever."""
    while True:
        time.sleep(SAMPLED_S)
        wanted = set(named.read_text(encoding="utf-8").splitlines()) if named.exists() else set()
        away ^= away ^ wanted
        for queue in list(sqs._queues.values()):
            for metric in queue_metrics(queue["name"], list(queue["messages"]), time.time()):
                cloudwatch.record_metric(*metric)


def queue_metrics(name: str, messages: Sequence[Mapping[str, Any]], now: float) -> Iterator[Metric]:
    """Yield AWS/SQS's metrics of a queue with these messages in it."""
    dimensions = {"QueueName": name}
    ready = sum(one["visible_at"] <= now for one in messages)
    oldest = max((now - one["sent_at"] for one in messages), default=0.0)
    yield "AWS/SQS", "ApproximateNumberOfMessagesVisible", float(ready), "Count", dimensions
    yield "AWS/SQS", "ApproximateAgeOfOldestMessage", oldest, "Seconds", dimensions


def _throttle(away: set[str]) -> None:
    usual = dynamodb.handle_request

    async def handle(method: str, path: str, headers: Mapping[str, str], body: bytes, query: Any) -> Answer:
        action = headers.get("x-amz-target", "").rpartition(".")[2]
        if away and action in READS | WRITES and (refused := _refused(action, json.loads(body), away)):
            return refused
        answer: Answer = await usual(method, path, headers, body, query)
        return answer

    dynamodb.handle_request = handle


def _refused(action: str, asked: Mapping[str, Any], away: Set[str]) -> Answer | None:
    """Return what DynamoDB answers where one of these is asked for; None where none is."""
    kind, metric = ("reads", "ReadThrottleEvents") if action in READS else ("writes", "WriteThrottleEvents")
    parts = [next(iter(one.values()))["TableName"] for one in asked.get("TransactItems", ())]
    tables = {asked.get("TableName"), *parts, *asked.get("RequestItems", {})}
    refused = {table for table in tables if f"{kind} {table}" in away}
    if not refused:
        return None
    for table in refused:
        cloudwatch.record_metric("AWS/DynamoDB", metric, 1.0, "Count", {"TableName": table})
    error, more = "ThrottlingException", {}
    if action == "TransactWriteItems":
        error = "TransactionCanceledException"
        more = {
            "CancellationReasons": [
                {"Code": "ThrottlingError" if one in refused else "None"} for one in parts
            ]
        }
    told = {"__type": f"com.amazonaws.dynamodb.v20120810#{error}", "message": REFUSED, **more}
    return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(told).encode()
