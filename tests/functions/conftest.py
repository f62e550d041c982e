"""Handlers as template.yaml deploys them (CodeUri, Handler, environment), on moto's tables and queues."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import boto3
import pytest
from moto.apigatewaymanagementapi.models import apigatewaymanagementapi_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sqs.models import sqs_backends

from local.stack.template import FUNCTION, of_type
from pregao.aws.screens import Screens
from pregao.bootstrap import (
    act,
    archive,
    authorize,
    bulletin,
    calibrate,
    common,
    compliance,
    connections,
    deliver,
    desk,
    detect,
    fallback,
    feedback,
    heartbeat,
    status,
    ticker,
    watch,
)
from pregao.bootstrap import (
    quote as quotes,
)
from pregao.config.reader import load as load_config
from pregao.domain.delivery.operators import Interest
from tests.cloud import AUDIT, REGION, STATE, World, create_tables, moto_world, read_back, template
from tests.fakes import NOW
from tests.grants import USED, covers, grants, overheard, place
from tests.mocked import mocked_aws

ROOT = Path(__file__).resolve().parents[2]
GATEWAY = "https://f6g7h8i9j0.execute-api.us-east-1.amazonaws.com/alertas"
SENDER = "pregao@mesa.example"
ANA, BRUNO = (one.audit_id for one in load_config(ROOT / "config").operators)
BUILT_ONCE = (
    act.acting,
    archive.archiving,
    authorize.authorizing,
    bulletin.bulletins,
    calibrate.calibrating,
    compliance.compliance,
    connections.connections,
    deliver.delivering,
    desk.answering,
    detect.detecting,
    fallback.falling_back,
    feedback.hearing,
    heartbeat.listening,
    quotes.quoting,
    status.status,
    ticker.ticking,
    watch.watching,
    common.config,
)


def functions() -> dict[str, dict[str, Any]]:
    """The template's functions by the name of their folder."""
    return {Path(one["CodeUri"]).name: one for one in of_type(template(), FUNCTION).values()}


def timeout_of(function: str) -> float:
    """The seconds after which Lambda kills a function."""
    shared = template()["Globals"]["Function"].get("Timeout", 3)
    return float(functions()[function].get("Timeout", shared))


def sample(function: str) -> dict[str, Any]:
    """The sample event beside a handler."""
    return json.loads((ROOT / "functions" / function / "event.json").read_text(encoding="utf-8"))


@dataclass
class Context:
    """What Lambda hands over beside the event, as far as Powertools asks."""

    function_name: str = "pregao"
    function_version: str = "$LATEST"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:pregao"
    aws_request_id: str = "3f9c2f1e-0000-4000-8000-000000000000"
    timeout_s: float = 30.0

    def get_remaining_time_in_millis(self) -> int:
        """The function's whole Timeout, or what a test's timer leaves of it that kills it as Lambda would."""
        killed_in, _ = signal.getitimer(signal.ITIMER_REAL)
        return int((killed_in or self.timeout_s) * 1000)


@dataclass
class Stack:
    """The deployed system: resources by their name in the template, functions by their folder's."""

    monkeypatch: pytest.MonkeyPatch
    resources: Mapping[str, str]
    dynamo: Any
    sqs: Any
    s3: Any
    key: str
    books: World
    _loaded: dict[str, Any] = field(default_factory=dict)

    def call(self, function: str, event: Mapping[str, Any], **env: str) -> Any:
        """Invoke a function with the environment that the template gives it, and nothing else of ours."""
        for name in [name for name in os.environ if name.startswith("PREGAO_")]:
            self.monkeypatch.delenv(name)
        variables = self._environment(function) | {"PREGAO_CONFIG_DIR": str(ROOT / "config")} | env
        for name, value in variables.items():
            self.monkeypatch.setenv(name, value)
        with self._by_its_role(function):
            return self._handler(function)(event, self.context(function))

    def context(self, function: str) -> Context:
        """What Lambda hands to an invocation beside its event."""
        return Context(function, timeout_s=timeout_of(function))

    def at(self, epoch_s: float) -> Stack:
        """Set the functions' clock: freezegun leaves alone what Powertools calls."""
        self.monkeypatch.setattr("pregao.clock.time", SimpleNamespace(time=lambda: epoch_s))
        return self

    def records(self, table: str) -> list[dict[str, Any]]:
        """An audit table's records, in order."""
        return read_back(self.dynamo, table)

    def state(self) -> dict[tuple[str, str], Any]:
        """Every item of the state table by its key."""
        items = self.dynamo.scan(TableName=STATE["admission"])["Items"]
        return {(one["pk"]["S"], one["sk"]["S"]): one for one in items}

    def messages(self, queue: str) -> list[str]:
        """Take out what lies in a queue."""
        bodies = []
        while found := self.sqs.receive_message(QueueUrl=self.resources[queue], MaxNumberOfMessages=10).get(
            "Messages"
        ):
            bodies += [message["Body"] for message in found]
        return bodies

    def frames(self, connection_id: str) -> list[dict[str, Any]]:
        """What was posted to a socket."""
        backend = apigatewaymanagementapi_backends[DEFAULT_ACCOUNT_ID][REGION]
        named = quote(connection_id, safe="")  # moto keeps the id as it stands in the path
        text, frames = backend.connections[named].data.decode(), []
        while text:
            frame, end = json.JSONDecoder().raw_decode(text)
            frames.append(frame)
            text = text[end:]
        return frames

    def mails(self) -> list[Any]:
        """What SES sent."""
        return ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages

    def watch(self, connection_id: str, operator: str, interest: Interest | None = None) -> None:
        """An open screen that has subscribed."""
        screens = Screens(self.dynamo, None, self.resources["ConnectionsTable"])
        screens.opened(connection_id, operator, 0.0)
        screens.subscribe(connection_id, interest or Interest())

    @contextmanager
    def _by_its_role(self, function: str) -> Iterator[None]:
        """Hold what the function asks of AWS against the role that template.yaml gives it."""
        granted = grants(functions()[function])
        with overheard(self._logical, (self.dynamo, self.sqs, self.s3)) as asked:
            try:
                yield
            finally:
                USED[function] |= asked
                denied = {one for one in asked if not any(covers(grant, one) for grant in granted)}
                assert not denied, f"{function} asks for what its role does not grant: {sorted(denied)}"

    @cached_property
    def _logical(self) -> dict[str, str]:
        """Logical ids by physical name."""
        dropped = sample("bulletin")["Records"][0]["s3"]["bucket"]["name"]
        bucket = of_type(template(), "AWS::S3::Bucket")["BulletinBucket"]["BucketName"]
        named = {physical: logical.split(".")[0] for logical, physical in self.resources.items()}
        return named | {dropped: place(bucket)}

    def _environment(self, function: str) -> dict[str, str]:
        given = template()["Globals"]["Function"]["Environment"]["Variables"]
        given = given | functions()[function].get("Environment", {}).get("Variables", {})
        return {name: self._value(value) for name, value in given.items()}

    def _value(self, value: Any) -> str:
        if not isinstance(value, dict):
            return str(value)
        if "Fn::Sub" in value:
            return GATEWAY
        return self.resources[value["Ref"] if "Ref" in value else ".".join(value["Fn::GetAtt"])]

    def _handler(self, function: str) -> Any:
        if function not in self._loaded:
            self._loaded[function] = load(function)
        return self._loaded[function]


def load(function: str) -> Any:
    """Load a handler by its path, under a name of its own: all modules are called `handler`."""
    declared = functions()[function]
    module, name = declared.get("Handler", template()["Globals"]["Function"]["Handler"]).split(".")
    spec = importlib.util.spec_from_file_location(
        f"handler_of_{function}", ROOT / declared["CodeUri"] / f"{module}.py"
    )
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    loaded.logger.registered_handler.setStream(Stdout())
    return getattr(loaded, name)


class Stdout:
    """Whatever standard output is when somebody writes: a logger outlives the test that made it."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What judges all the others comes last."""
    items.sort(key=lambda item: item.name == "test_every_right_of_a_role_is_used")


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A freshly deployed system."""
    with deployed(monkeypatch) as stack:
        yield stack


@contextmanager
def deployed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """A freshly deployed system, for whoever runs without pytest too.

    Its functions' clock stands at NOW until somebody sets it: around midnight UTC they make other calls.
    """
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mocked_aws():
        for built in BUILT_ONCE:
            built.cache_clear()
        dynamo, sqs, s3, kms = map(_client, ("dynamodb", "sqs", "s3", "kms"))
        create_tables(dynamo)
        queues = {name: _queue(name) for name in of_type(template(), "AWS::SQS::Queue")}
        key = "s" * 64
        secret = _client("secretsmanager").create_secret(Name="token", SecretString=key)["ARN"]
        channels = _client("secretsmanager").create_secret(Name="channels", SecretString="{}")["ARN"]
        _client("sesv2").create_email_identity(EmailIdentity=SENDER)
        s3.create_bucket(Bucket="audit")
        digest_key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        resources = {
            "AuditBucket": "audit",
            "DigestKey.Arn": digest_key,
            "AdmissionTable": STATE["admission"],
            "ConnectionsTable": STATE["connections"],
            "CandlesTable": STATE["candles"],
            "AlertasAuditTable": AUDIT["alertas"],
            "EntregaAuditTable": AUDIT["entrega"],
            "AcaoOperadorAuditTable": AUDIT["acao"],
            "TokenSecret": secret,
            "TokenSecret.Id": secret,  # CloudFormation calls the ARN so
            "ChannelsSecret.Id": channels,
            "AWS::StackName": "pregao",
            "MailFrom": SENDER,
            "MailEvents": "pregao-mail",
            "AllowReplay": "true",
            "LoopbackPush": "true",
            "ConsoleUrl": "",
            **queues,
        }
        yield Stack(monkeypatch, resources, dynamo, sqs, s3, key, moto_world(dynamo)).at(NOW)


def _queue(name: str) -> str:
    """Create a queue and return its URL; by moto's own way in, for the client's takes ten times as long."""
    sqs_backends[DEFAULT_ACCOUNT_ID][REGION].create_queue(name, {})
    return f"https://sqs.{REGION}.amazonaws.com/{DEFAULT_ACCOUNT_ID}/{name}"


@cache
def _client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)
