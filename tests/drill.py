"""The alarms' drill: something of a running stack is taken away, and the alarm that should tell is watched.

Time passes faster here: every alarm's period becomes three seconds, ages shrink alike, and the traffic, which
uses every function about once a second, stands for a day's.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import urllib3
from botocore.exceptions import BotoCoreError, ClientError
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from local.ops.alarms import Alarm, State, judged, read_alarms
from local.ops.doctor import diagnose
from local.stack.deploy import STACK
from local.stack.template import of_type
from pregao import clock
from pregao.wire.token_v1 import issue_officer
from tests.bulletins import delivered, report, xml
from tests.cloud import template
from tests.e2e.desk import ROOT, key_of, post

QUEUES = ("AlertQueueUrl", "FallbackQueueUrl", "FeedbackQueueUrl")
LETTERS = ("AlertDeadLettersUrl", "FallbackDeadLettersUrl", "FeedbackDeadLettersUrl", "MissedDeadLettersUrl")
DAY_S = 86_400
PERIOD_S = 3
AGES = {"ApproximateAgeOfOldestMessage", "ChainLag", "FeedAge", "BridgeAge"}
"""Metrics that are themselves spans of time."""
LIT_S = 60.0
"""An alarm that is not lit by then is not lit."""
ASKED_S = 20.0
TROUBLE = (urllib3.exceptions.HTTPError, ClientError, BotoCoreError, WebSocketException, OSError, ValueError)
HTTP = urllib3.PoolManager(retries=False, timeout=10, headers={"content-type": "application/json"})
Taking = Callable[[SimpleNamespace], AbstractContextManager[None]]


@dataclass(frozen=True)
class Victim:
    """What is taken away, how, and the alarm (by its name in the runbook) that has to tell."""

    name: str
    take: Taking
    alarm: str
    idle: str = ""
    """A function that the traffic leaves alone meanwhile."""


@dataclass(frozen=True)
class Told:
    """How a drill went: seconds until the alarm was lit and until it was out again, and what else was lit.

    `named` are the runbook entries of what `pregao doctor` named meanwhile, the cause first.
    """

    victim: Victim
    lit_s: float | None
    out_s: float | None
    others: tuple[str, ...]
    named: tuple[str, ...] = ()

    @property
    def first(self) -> str:
        """What doctor named first, empty where it named nothing."""
        return self.named[0] if self.named else ""


def victims() -> list[Victim]:
    """Everything that can be taken away: functions, queue consumers, schedules, tables."""
    names = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
    queues = {"deliver": "AlertQueueAge", "fallback": "FallbackQueueAge", "feedback": "FeedbackQueueAge"}
    rules = {"watch": "WatchMissing", "archive": "ArchiveMissing"}
    return [
        *(Victim(f"function {name}", broken(name), f"{name.capitalize()}Errors") for name in names),
        *(Victim(f"consumer {name}", off(name), alarm) for name, alarm in queues.items()),
        *(Victim(f"schedule of {name}", idle, alarm, name) for name, alarm in rules.items()),
        *(Victim(f"{kind} of {table}", throttled(kind, table), alarm) for alarm, kind, table in refusals()),
    ]


def broken(function: str) -> Taking:
    """The function no longer starts, as after a bad deploy."""

    @contextmanager
    def take(it: SimpleNamespace) -> Iterator[None]:
        lambdas, name = it.stack.client("lambda"), f"{STACK}-{function}"
        before = lambdas.get_function_configuration(FunctionName=name)["Handler"]
        lambdas.update_function_configuration(FunctionName=name, Handler="gone.handle")
        try:
            yield
        finally:
            lambdas.update_function_configuration(FunctionName=name, Handler=before)

    return take


def off(function: str) -> Taking:
    """Nobody reads the function's queue."""

    @contextmanager
    def take(it: SimpleNamespace) -> Iterator[None]:
        lambdas = it.stack.client("lambda")
        sources = lambdas.list_event_source_mappings(FunctionName=f"{STACK}-{function}")
        (source,) = sources["EventSourceMappings"]
        lambdas.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
        try:
            yield
        finally:
            lambdas.update_event_source_mapping(UUID=source["UUID"], Enabled=True)

    return take


@contextmanager
def idle(_it: SimpleNamespace) -> Iterator[None]:
    """Nobody calls it; the traffic stands for the schedule and holds still."""
    yield


def refusals() -> Iterator[tuple[str, str, str]]:
    """Each alarm of a table, what DynamoDB refuses then, and the table."""
    kinds = {"ReadThrottleEvents": "reads", "WriteThrottleEvents": "writes"}
    for logical, alarm in of_type(template(), "AWS::CloudWatch::Alarm").items():
        if kind := kinds.get(alarm["MetricName"]):
            yield logical.removesuffix("Alarm"), kind, alarm["Dimensions"][0]["Value"]["Ref"]


def throttled(kind: str, output: str) -> Taking:
    """DynamoDB refuses all reads or all writes of the table."""

    @contextmanager
    def take(it: SimpleNamespace) -> Iterator[None]:
        file = it.stack.state_dir / "emulator" / "state" / "throttled"
        file.write_text(f"{kind} {it.stack.outputs[output]}", encoding="utf-8")
        try:
            yield
        finally:
            file.unlink()

    return take


class Traffic(threading.Thread):
    """Uses every function about once a second; what fails, fails.

    It asks for nothing that is refused and tells of no lost e-mail: the alarms of these are not the drill's.
    """

    def __init__(self, it: SimpleNamespace) -> None:
        super().__init__(name="traffic", daemon=True)
        self._it, self._over, self.idle = it, threading.Event(), ""
        officer = issue_officer("carla", key_of(it.stack), now=clock.now(), life_s=DAY_S)
        self._desk, self._officer = (f"Bearer {one}" for one in (it.tokens[0], officer))
        self._alerts: list[str] = []
        self._posts: Iterator[bytes] = it.posts

    def run(self) -> None:
        for count in itertools.count():
            for use in (*self._ways(count), *self._direct()):
                if self._over.is_set():
                    return
                with contextlib.suppress(*TROUBLE):
                    use()
            self._over.wait(0.3)

    def end(self) -> None:
        self._over.set()
        self.join()

    def _ways(self, count: int) -> list[Callable[[], Any]]:
        stack = self._it.stack

        def get(path: str, token: str = "") -> None:
            headers = {"Authorization": token} if token else {}
            HTTP.request("GET", f"{stack.http_url}{path}", headers=headers)

        sample = json.loads((ROOT / "functions/heartbeat/event.json").read_text(encoding="utf-8"))
        priced = json.loads((ROOT / "functions/quote/event.json").read_text(encoding="utf-8"))
        price = json.dumps(json.loads(priced["body"]) | {"synthetic": True})  # of another year
        return [
            self._candle,
            lambda: post(stack, sample["body"].encode(), to="heartbeats"),
            lambda: post(stack, price.encode(), to="quotes"),
            lambda: get("/health"),
            lambda: get("/api/desk", self._desk),
            lambda: get("/api/compliance/page", self._officer),
            lambda: get("/api/levels", self._desk),
            self._socket,
            self._mail_event,
            lambda: self._bulletin(count),
        ]

    def _direct(self) -> list[Callable[[], Any]]:
        lambdas = self._it.stack.client("lambda")
        return [
            lambda name=name: lambdas.invoke(FunctionName=f"{STACK}-{name}", Payload=b"{}")
            for name in ("watch", "archive", "calibrate")
            if name != self.idle
        ]

    def _candle(self) -> None:
        _, answer = post(self._it.stack, next(self._posts))
        self._alerts = [one["id"] for one in answer.get("alerts", ())]

    def _socket(self) -> None:
        url = f"{self._it.stack.websocket_url}?token={self._it.tokens[0]}"
        with connect(url, open_timeout=5) as socket:
            socket.send('{"action": "subscribe"}')
            socket.recv(timeout=5)
            for alert in self._alerts:
                act = {"action": "act", "alert_id": alert, "decision": "watching"}
                socket.send(json.dumps(act))
                socket.recv(timeout=5)

    def _mail_event(self) -> None:
        event = json.loads((ROOT / "functions/feedback/event.json").read_text(encoding="utf-8"))
        told = json.loads(event["Records"][0]["body"])
        bounce = told.pop("bounce")
        told |= {"eventType": "Delivery", "delivery": {"timestamp": bounce["timestamp"]}}
        topic = self._it.stack.outputs["MailEventsTopicArn"]
        self._it.stack.client("sns").publish(TopicArn=topic, Message=json.dumps(told))

    def _bulletin(self, count: int) -> None:
        day = date(2026, 11, 19)
        made = datetime.combine(day, datetime.min.time(), UTC).isoformat()
        file = delivered(xml(report("WINZ26", day, settlement=1000.0), made=made))
        bucket = self._it.stack.outputs["BulletinBucket"]
        self._it.stack.client("s3").put_object(Bucket=bucket, Key=f"SPRD{count}.zip", Body=file)


def drill(it: SimpleNamespace, traffic: Traffic, victim: Victim) -> Told:
    """Take the victim away until its alarm is lit, give it back until the alarm is out."""
    cloudwatch = it.stack.client("cloudwatch")
    alarms = [hurried(one) for one in read_alarms(cloudwatch, STACK)]
    mine = [one for one in alarms if one.key == victim.alarm]
    wait_until(cloudwatch, mine, State.OK)
    traffic.idle = victim.idle
    with victim.take(it):
        lit_s = wait_until(cloudwatch, mine, State.ALARM)
        others = tuple(sorted(key for key in lit(cloudwatch, alarms) if key != victim.alarm))
        named = ask_doctor(it, alarms, victim.alarm)
    traffic.idle = ""
    again = () if victim.name.startswith("consumer") else QUEUES  # what failed comes back minutes later
    for name in (*again, *LETTERS):
        it.stack.client("sqs").purge_queue(QueueUrl=it.stack.outputs[name])
    return Told(victim, lit_s, wait_until(cloudwatch, mine, State.OK), others, named)


def ask_doctor(it: SimpleNamespace, alarms: list[Alarm], wanted: str) -> tuple[str, ...]:
    """Return the entries that doctor names, asked until the first is the wanted one or ASKED_S have passed.

    In three seconds the traffic does not always come by what was taken away: the alarm is out for a moment.
    """
    began = time.monotonic()
    while True:
        named = tuple(one.runbook for one in diagnose(it.stack, STACK, alarms, clock.now()))
        if named[:1] == (wanted,) or time.monotonic() - began > ASKED_S:
            return named
        time.sleep(0.5)


def wait_until(cloudwatch: Any, alarms: list[Alarm], wanted: State) -> float | None:
    """Return the seconds until all of these are in that state, None where they are not within LIT_S."""
    assert alarms, "no such alarm"
    began = time.monotonic()
    while (passed := time.monotonic() - began) < LIT_S:
        if all(one.state is wanted for one in judged(cloudwatch, alarms, clock.now())):
            return passed
        time.sleep(0.5)
    return None


def lit(cloudwatch: Any, alarms: list[Alarm]) -> list[str]:
    """The names of those that are lit."""
    found = judged(cloudwatch, alarms, clock.now())
    return [one.alarm.key for one in found if one.state is State.ALARM]


def hurried(alarm: Alarm) -> Alarm:
    """The alarm with a period of three seconds; a threshold that is an age shrinks alike."""
    times = max(1, alarm.period_s // PERIOD_S)
    threshold = alarm.threshold / times if alarm.metric in AGES else alarm.threshold
    return replace(alarm, period_s=PERIOD_S, threshold=threshold)
