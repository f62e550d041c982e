"""Everything the minute's round works with."""

from __future__ import annotations

from functools import cache

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from pregao import clock
from pregao.aws.action_book import ActionBook
from pregao.aws.clients import client
from pregao.aws.delivery_book import DeliveryBook
from pregao.aws.feed_book import FeedBook
from pregao.aws.mailbox import Mailbox
from pregao.aws.open_book import OpenBook
from pregao.aws.queues import AlertQueue, DeadLetters, FallbackQueue
from pregao.aws.suppressions import Suppressions
from pregao.bootstrap.common import (
    config,
    day_book,
    feed_rules,
    ledger,
    operators,
    pause,
    posting_pool,
    screens,
)
from pregao.bootstrap.refusals import NAMESPACE
from pregao.domain.audit import ACAO, ALERTAS, ENTREGA
from pregao.flow.watch import Watch
from pregao.settings import Settings


def count_silent(feeds: int) -> None:
    """Count feeds that fell silent as Pregao / FeedSilent, for the alarm; none is not worth a line."""
    if feeds:
        with single_metric(
            name="FeedSilent", unit=MetricUnit.Count, value=feeds, namespace=NAMESPACE
        ) as metric:
            metric.service = "watch"


@cache
def watching() -> Watch:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table",
        "connections_table",
        "acao_table",
        "alertas_table",
        "alert_queue_url",
        "alert_graveyard_url",
        "entrega_table",
        "fallback_queue_url",
        "mail_from",
        "mail_events",
    )
    dynamo, sqs, state = client("dynamodb"), client("sqs"), settings.admission_table
    return Watch(
        operators=operators(config(settings)),
        open=OpenBook(dynamo, state),
        queue=AlertQueue(sqs, settings.alert_queue_url),
        dead=DeadLetters(sqs, settings.alert_graveyard_url),
        deliveries=DeliveryBook(dynamo, state, ledger(settings, settings.entrega_table, ENTREGA, "fallback")),
        fallback=FallbackQueue(sqs, settings.fallback_queue_url),
        actions=ActionBook(dynamo, state, ledger(settings, settings.acao_table, ACAO)),
        screens=screens(settings),
        mailbox=Mailbox(client("sesv2"), settings.mail_events),
        suppressions=Suppressions(dynamo, state),
        mail_from=settings.mail_from,
        pool=posting_pool(),
        days=day_book(settings),
        feeds=FeedBook(dynamo, state, ledger(settings, settings.alertas_table, ALERTAS, "feed")),
        feed_rules=feed_rules(config(settings)),
        pause=pause,
        clock=clock.now,
    )
