"""Everything the minute's round works with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.mailbox import Mailbox
from pregao.aws.queues import AlertQueue, DeadLetters, FallbackQueue
from pregao.aws.tables.action_book import ActionBook
from pregao.aws.tables.delivery_book import DeliveryBook
from pregao.aws.tables.feed_book import FeedBook
from pregao.aws.tables.open_book import OpenBook
from pregao.aws.tables.suppressions import Suppressions
from pregao.aws.tables.unreached import UnreachedBook
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
from pregao.bootstrap.metrics import Tally
from pregao.domain.audit.chain import ACAO, ALERTAS, ENTREGA
from pregao.domain.feeds.feed import Feeds
from pregao.domain.feeds.health import feed_ages, feeds_health
from pregao.domain.feeds.silence import FeedRules
from pregao.flow.steps.channels import Channels
from pregao.flow.steps.feeds import Feeding
from pregao.flow.watch import Alerts, Note, Watch, Watched
from pregao.settings import Settings

tally = Tally("watch")


def count(done: Watched) -> None:
    """Count feeds that fell silent and what was queued again; none of them is not worth a byte."""
    for name, times in {"FeedSilent": done.feeds_silent, "Repaired": done.sent_again}.items():
        if times:
            tally.count(name, times)


@dataclass(frozen=True, slots=True)
class Gauges:
    """flow.feed_ports.Gauges as metrics; `feed` is an instrument and a timeframe of the configuration."""

    rules: FeedRules

    def feeds(self, feeds: Feeds, now: float) -> None:
        """Tell how long nothing came of each feed in session and of the bridges, and how many are silent."""
        ages = feed_ages(feeds, self.rules, now)
        tally.count("FeedsSilent", feeds_health(feeds, self.rules, now)[0])
        if ages.bridge is not None:
            tally.seconds("BridgeAge", ages.bridge)
        for (instrument, timeframe), age in ages.feeds.items():
            tally.seconds("FeedAge", age, feed=f"{instrument}-{timeframe}")

    def waiting(self, alerts: int) -> None:
        """Tell how many alerts are admitted and not finished."""
        tally.count("Waiting", alerts)


@cache
def watching(note: Note) -> Watch:
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
    loaded, rules = config(settings), feed_rules(config(settings))
    timers = ledger(settings, settings.entrega_table, ENTREGA, "fallback")
    told = ledger(settings, settings.alertas_table, ALERTAS, "feed")
    alerts = Alerts(
        open=OpenBook(dynamo, state),
        queue=AlertQueue(sqs, settings.alert_queue_url),
        dead=DeadLetters(sqs, settings.alert_graveyard_url),
        deliveries=DeliveryBook(dynamo, state, timers),
        fallback=FallbackQueue(sqs, settings.fallback_queue_url),
        actions=ActionBook(dynamo, state, ledger(settings, settings.acao_table, ACAO)),
    )
    channels = Channels(
        operators=operators(loaded),
        screens=screens(settings),
        pool=posting_pool(),
        mailbox=Mailbox(client("sesv2"), settings.mail_events),
        suppressions=Suppressions(dynamo, state),
        unreached=UnreachedBook(dynamo, state),
        mail_from=settings.mail_from,
    )
    feeds = Feeding(FeedBook(dynamo, state, told), rules, channels, pause, clock.now, Gauges(rules))
    return Watch(alerts, channels, feeds, day_book(settings), pause, clock.now, note)
