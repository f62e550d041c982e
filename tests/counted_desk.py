"""A desk over moto whose every step is counted: functions are called as AWS would call them."""

from __future__ import annotations

import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pregao.aws.tables.alerts.level_items import copies
from pregao.aws.tables.dynamo import to_item
from pregao.aws.tables.market.feed_book import PARTITION, FeedBook
from pregao.aws.tables.market.feed_marks import FeedMarks
from pregao.domain.alerts.price_level import PriceLevel
from pregao.domain.feeds.feed import Mark
from pregao.domain.market.candle import Candle
from pregao.wire.token_v1 import Identity, issue
from tests.bench.desk import ELSEWHERE, write_config
from tests.cloud import template
from tests.functions.conftest import Stack, deployed, functions, sample
from tests.meter import Meter, metered

OPERATORS = 10
NOW = 1763128800.251337  # a quarter of a second after the sample's newest candle closed
PLATFORM_LOG_BYTES = 600
"""What Lambda itself logs of an invocation as JSON (start, report): an assumption."""


@dataclass
class Desk:
    """A deployed system whose functions are called as AWS would call them.

    `concerned` operators want what the scenes ring about, `elsewhere` operators something else.
    """

    stack: Stack
    config_dir: Path
    log: io.StringIO
    meter: Meter
    now: float = NOW
    concerned: int = OPERATORS
    elsewhere: int = 0
    hours: int = 0

    @property
    def names(self) -> list[str]:
        return [f"op-{n:03}" for n in range(self.concerned)]

    @property
    def others(self) -> list[str]:
        return [f"op-{self.concerned + n:03}" for n in range(self.elsewhere)]

    @contextmanager
    def screens(self) -> Iterator[None]:
        """All have a screen open, candles and all; what that costs is a scene of its own."""
        with self.uncounted():
            for name in self.names:
                self.opens(name, candles=True, together=True)
            for name in self.others:
                self.opens(name, candles=True, together=True, symbols=[ELSEWHERE])
        yield
        with self.uncounted():
            for name in [*self.names, *self.others]:
                self.closes(name)

    @contextmanager
    def uncounted(self) -> Iterator[None]:
        """What happens inside the block is no part of the scene."""
        before, self.meter.paused = self.meter.paused, True
        try:
            yield
        finally:
            self.meter.paused = before

    def call(self, function: str, event: Mapping[str, Any]) -> Any:
        """Invoke a function and count the invocation: memory, duration (here, in CPU time), log.

        CPU time, because with moto in the process there is nothing to wait for but other people's work.
        """
        logged, began = self.log.tell(), time.process_time()
        with redirect_stdout(self.log):  # where a function's log and its metrics go
            answer = self.stack.call(function, event, PREGAO_CONFIG_DIR=str(self.config_dir))
        took = time.process_time() - began
        self.now += 0.05
        self._count("lambda_request")
        self._count("lambda_gb_second", _memory_mb(function) / 1024 * ceil(took * 1000) / 1000)
        self._count("log_byte", self.log.tell() - logged + PLATFORM_LOG_BYTES)
        return answer

    def knows_feeds(self, count: int) -> None:
        """So many feeds have been heard of besides."""
        book = FeedBook(self.stack.dynamo, self.stack.resources["AdmissionTable"])
        newest = int(NOW) // 300 * 300 - 300
        candle = Candle(newest, 158200.0, 158310.0, 158150.0, 158295.0, 4210, 18340)
        for n in range(count):
            names = (f"X{n:03}", "M5", f"X{n:03}", f"X{n:03}", "mesa-1")
            book.mark(Mark(*names, newest, newest - 300, NOW, False, False, [candle]))

    def post(self, event: Mapping[str, Any]) -> list[dict[str, str]]:
        """POST /candles; the alerts of the answer."""
        self._count("http_request")
        return json.loads(self.call("detect", event)["body"])["alerts"]

    def beats(self) -> None:
        """POST /heartbeats."""
        self._count("http_request")
        assert self.call("heartbeat", sample("heartbeat"))["statusCode"] == 202

    def quotes(self) -> int:
        """POST /quotes of one market, as old as the sample's; how many screens were told."""
        self._count("http_request")
        event = sample("quote")
        body = json.loads(event["body"])
        body["quotes"][0]["time"] = self.now
        return int(json.loads(self.call("quote", event | {"body": json.dumps(body)})["body"])["frames"])

    def arms(self, levels: Sequence[PriceLevel]) -> None:
        """Levels wait on the sample's feed."""
        table = self.stack.resources["AdmissionTable"]
        place = FeedMarks(self.stack.dynamo, table).place_of((levels[0].instrument, levels[0].timeframe))
        key = to_item(place)
        self.stack.dynamo.update_item(TableName=table, Key=key, **copies(levels))

    def forgets_feeds(self) -> None:
        """As if the sample's feed had not posted yet; what `knows_feeds` made stays."""
        dynamo, table = self.stack.dynamo, self.stack.resources["AdmissionTable"]
        found = dynamo.query(
            TableName=table,
            KeyConditionExpression="pk = :feeds AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item({":feeds": PARTITION, ":first": "A", ":last": "SEEN#X"}),
        )
        for item in found["Items"]:
            dynamo.delete_item(TableName=table, Key={name: item[name] for name in ("pk", "sk")})

    def consume(self, queue: str, function: str) -> None:
        """Take what was sent to a queue, message by message: a receive, an invocation, a delete each."""
        url = self.stack.resources[queue]
        bodies = [body for sent, body in self.meter.queued if sent == url]
        self.meter.queued = [one for one in self.meter.queued if one[0] != url]
        for body in bodies:
            self._count("sqs_request", 2)
            event = sample(function)
            event["Records"] = [{**event["Records"][0], "body": body}]
            assert self.call(function, event) == {"batchItemFailures": []}

    def says(self, operator: str, frame: Mapping[str, Any]) -> None:
        """A screen sends a frame."""
        self._count("socket_message")
        self._socket(operator, "MESSAGE", json.dumps(frame))

    def asks(
        self, function: str, route: str, operator: str = "", query: Mapping[str, str] | None = None
    ) -> Any:
        """GET a route of the HTTP API, with an operator's token where one is named."""
        self._count("http_request")
        headers = {"authorization": f"Bearer {self._token(operator)}"} if operator else {}
        return self.call(
            function,
            sample(function)
            | {"routeKey": f"GET {route}", "headers": headers, "queryStringParameters": query},
        )

    def _token(self, operator: str) -> str:
        return issue(Identity(operator, "trader"), self.stack.key, now=time.time(), life_s=60)

    def opens(self, operator: str, **wanted: Any) -> None:
        """A screen connects, subscribes, and asks what it missed."""
        query = {"token": self._token(operator)}
        self.call("authorize", sample("authorize") | {"queryStringParameters": query, "headers": {}})
        self._socket(operator, "CONNECT", None)
        self.says(operator, {"action": "subscribe", **wanted})
        self.says(operator, {"action": "resume", "cursor": {}})

    def closes(self, operator: str) -> None:
        """A screen's socket ends."""
        self._socket(operator, "DISCONNECT", None)

    def _socket(self, operator: str, kind: str, body: str | None) -> None:
        event = sample("connections")
        context = {"connectionId": f"TXzPWf-{operator}=", "eventType": kind}
        context["authorizer"] = {"operator": operator, "role": "trader"}
        event["requestContext"] |= context
        self.call("connections", event | {"body": body})

    def _count(self, unit: str, times: float = 1) -> None:
        if not self.meter.paused:
            self.meter.usage[unit] += times


def _memory_mb(function: str) -> int:
    shared = template()["Globals"]["Function"]["MemorySize"]
    return int(functions()[function].get("MemorySize", shared))


Scene = Callable[[Desk, str], None]


@contextmanager
def a_desk(work: Path, concerned: int = OPERATORS, elsewhere: int = 0) -> Iterator[Desk]:
    """A freshly deployed desk; its clock is set, so every item has the same size in every run."""
    write_config(work / "config", concerned + elsewhere, elsewhere=elsewhere)
    with pytest.MonkeyPatch.context() as patch, deployed(patch) as stack, metered(stack.dynamo) as meter:
        desk = Desk(stack, work / "config", io.StringIO(), meter, NOW, concerned, elsewhere)
        patch.setattr("pregao.clock.time", SimpleNamespace(time=lambda: desk.now))
        yield desk


def counted(desk: Desk, scene: Scene, contract: str) -> Meter:
    """Play a scene; what was asked, used and kept."""
    meter = desk.meter
    meter.asked, meter.usage, meter.kept, meter.archived = [], Counter(), 0, 0
    scene(desk, contract)
    return replace(meter)
