"""The stack's tables and clients over moto, in process; key schemas as template.yaml declares them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from moto.core import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends

from local.stack.template import of_type, read
from pregao.aws.tables.alerts.action_book import ActionBook
from pregao.aws.tables.alerts.admission_book import AdmissionBook
from pregao.aws.tables.alerts.alert_log import AlertLog
from pregao.aws.tables.alerts.level_book import LevelBook
from pregao.aws.tables.alerts.open_book import OpenBook
from pregao.aws.tables.audit.day_book import DayBook
from pregao.aws.tables.audit.ledger import Ledger
from pregao.aws.tables.delivery.delivery_book import DeliveryBook
from pregao.aws.tables.delivery.feedback_book import FeedbackBook
from pregao.aws.tables.delivery.reminder_book import ReminderBook
from pregao.aws.tables.delivery.suppressions import Suppressions
from pregao.aws.tables.market.bridge_book import BridgeBook
from pregao.aws.tables.market.bulletin_book import BulletinBook
from pregao.aws.tables.market.calibration_book import CalibrationBook
from pregao.aws.tables.market.feed_book import FeedBook
from pregao.aws.tables.market.feed_marks import FeedMarks
from pregao.aws.tables.market.outcome_book import LedgerBook, OutcomeBook
from pregao.aws.tables.market.scores_book import ScoresBook
from pregao.domain.audit.chain import ACAO, ALERTAS, ENTREGA, TABLES, Record
from tests.fakes import (
    FakeActionBook,
    FakeAdmissionBook,
    FakeAlertLog,
    FakeBridgeBook,
    FakeBulletinBook,
    FakeCalibrationBook,
    FakeDayBook,
    FakeDeliveryBook,
    FakeFeedbackBook,
    FakeFeedBook,
    FakeLedgerBook,
    FakeLevelBook,
    FakeOpenBook,
    FakeOutcomeBook,
    FakeReminderBook,
    FakeScoresBook,
    FakeSuppressions,
    Store,
)
from tests.mocked import mocked_aws

REGION = "us-east-1"
STATE = {"admission": "AdmissionTable", "connections": "ConnectionsTable", "candles": "CandlesTable"}
AUDIT = {"alertas": ALERTAS, "entrega": ENTREGA, "acao": ACAO}
TABLE = ("KeySchema", "AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes")
ROOT = Path(__file__).resolve().parents[1]


@cache
def template() -> dict[str, Any]:
    """template.yaml as data."""
    return read(ROOT / "template.yaml")


@dataclass(frozen=True)
class World:
    """The books over one store; `records` reads an audit table back, chain by chain in order."""

    admission: Any
    delivery: Any
    actions: Any
    alert_log: Any
    open: Any
    days: Any
    feedback: Any
    suppressions: Any
    bulletins: Any
    calibrations: Any
    scores: Any
    feeds: Any
    bridges: Any
    outcomes: Any
    ledgers: Any
    levels: Any
    reminders: Any
    records: Callable[[str], Sequence[Record]]
    claims: Callable[[], int]


def fake_world(shards: int = 1, store: Store | None = None) -> World:
    """The fakes, over a store of their own where none is given."""
    store = store or Store()
    return World(
        FakeAdmissionBook(store, shards),
        FakeDeliveryBook(store),
        FakeActionBook(store),
        FakeAlertLog(store),
        FakeOpenBook(store),
        FakeDayBook(store),
        FakeFeedbackBook(store),
        FakeSuppressions(store),
        FakeBulletinBook(store),
        FakeCalibrationBook(store),
        FakeScoresBook(store),
        FakeFeedBook(store),
        FakeBridgeBook(store),
        FakeOutcomeBook(store),
        FakeLedgerBook(store),
        FakeLevelBook(store),
        FakeReminderBook(store),
        lambda table: store.records[AUDIT[table]],
        lambda: len(store.claims),
    )


def moto_world(dynamo: Any, shards: int = 1) -> World:
    """The real adapters."""

    def ledger(name: str, lane: str = "") -> Ledger:
        return Ledger(dynamo, STATE["admission"], AUDIT[name], AUDIT[name], lane)

    def claims() -> int:
        items = dynamo.scan(TableName=STATE["admission"])["Items"]
        return len([item for item in items if item["sk"]["S"] == "CLAIM"])

    state = STATE["admission"]
    return World(
        AdmissionBook(dynamo, state, ledger("alertas"), shards),
        DeliveryBook(dynamo, state, ledger("entrega"), shards),
        ActionBook(dynamo, state, ledger("acao")),
        AlertLog(dynamo, state),
        OpenBook(dynamo, state, shards),
        DayBook(dynamo, state, {table: table for table in TABLES}),
        FeedbackBook(dynamo, state, ledger("entrega")),
        Suppressions(dynamo, state),
        BulletinBook(dynamo, state),
        CalibrationBook(dynamo, state),
        ScoresBook(dynamo, state),
        FeedBook(dynamo, state, ledger("alertas", "feed"), shards),
        BridgeBook(dynamo, state),
        OutcomeBook(dynamo, state, ledger("alertas", "outcome")),
        LedgerBook(dynamo, state),
        LevelBook(dynamo, state, ledger("acao", "level"), FeedMarks(dynamo, state, shards)),
        ReminderBook(dynamo, state, ledger("acao")),
        lambda table: read_back(dynamo, table),
        claims,
    )


@contextmanager
def moto_dynamo() -> Iterator[Any]:
    """A client with all five tables, which refuses reserved words in expressions as DynamoDB does."""
    with mocked_aws():
        dynamo = _dynamo()
        create_tables(dynamo)
        yield dynamo


@cache
def _dynamo() -> Any:
    dynamo = boto3.client("dynamodb", region_name=REGION)
    dynamo.meta.events.register("provide-client-params.dynamodb", _no_reserved_words)
    return dynamo


def create_tables(dynamo: Any) -> None:
    """Create the tables with the keys and indices of template.yaml, or copy those made before."""
    backend = dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]
    if not _EMPTY:
        _declare(dynamo)
        _EMPTY.update(backend.tables)
    backend.tables.update(deepcopy(_EMPTY))  # making them takes moto long


_EMPTY: dict[str, Any] = {}
"""The tables by name, as moto keeps them."""


def _declare(dynamo: Any) -> None:
    for logical, properties in of_type(template(), "AWS::DynamoDB::Table").items():
        declared = properties.get("TableName", {}).get("Fn::Sub", logical)
        dynamo.create_table(
            TableName=declared.removeprefix("${TablePrefix}"),
            **{name: properties[name] for name in TABLE if name in properties},
        )


def read_back(dynamo: Any, table: str) -> list[dict[str, Any]]:
    """Every record as DynamoDB gives it (numbers as Decimal), sorted by chain and number."""
    pages = dynamo.get_paginator("scan").paginate(TableName=AUDIT[table])
    plain = TypeDeserializer()
    items = [
        {key: plain.deserialize(value) for key, value in item.items()}
        for page in pages
        for item in page["Items"]
    ]
    return sorted(items, key=lambda item: (item["chain"], item["seq"]))


# --- moto does not check condition expressions for reserved words; DynamoDB does ---

LANGUAGE = {"SET", "ADD", "DELETE", "REMOVE", "AND", "OR", "NOT", "SIZE", "BETWEEN", "IN"}


@cache
def _reserved() -> frozenset[str]:
    listed = files("moto.dynamodb.parsing").joinpath("reserved_keywords.txt").read_text()
    return frozenset(word.strip().upper() for word in listed.split()) - LANGUAGE


def _no_reserved_words(params: Any, **_: Any) -> None:
    for name, text in _expressions(params):
        words = set(re.findall(r"(?<![:#\w])[A-Za-z_]\w*", text.upper()))
        assert not words & _reserved(), f"{name} {text!r} uses reserved words {words & _reserved()}"


def _expressions(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key.endswith("Expression") and isinstance(inner, str):
                yield key, inner
            else:
                yield from _expressions(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _expressions(inner)
