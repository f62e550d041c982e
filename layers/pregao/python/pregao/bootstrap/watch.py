"""Everything the minute's round works with."""

from __future__ import annotations

from functools import partial

from pregao import clock, cold
from pregao.aws.clients import LateClient, client
from pregao.aws.counts import FeedGauges, count_watched
from pregao.aws.mailbox import Mailbox
from pregao.aws.metrics import Tally
from pregao.aws.queues import AlertQueue, DeadLetters, FallbackQueue
from pregao.aws.tables.alerts.open_book import OpenBook
from pregao.aws.tables.market.feed_book import FeedBook
from pregao.aws.tables.market.health_item import HealthItem
from pregao.bootstrap.books import actions, alert_log, deliveries, reminders, suppressions, unreached
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
from pregao.domain.audit.chain import ALERTAS
from pregao.flow.steps.channels import Channels
from pregao.flow.steps.feeds import Feeding
from pregao.flow.watch import Alerts, Note, Watch
from pregao.settings import Settings

tally = Tally("watch")
count = partial(count_watched, tally)


@cold.once
def watching(note: Note) -> Watch:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table",
        "connections_table",
        "acao_table",
        "alertas_table",
        "alert_queue_url",
        "alert_dead_letters_url",
        "entrega_table",
        "fallback_queue_url",
        "mail_from",
        "mail_events",
    )
    dynamo, sqs, state = client("dynamodb"), LateClient("sqs"), settings.admission_table
    loaded, rules = config(settings), feed_rules(config(settings))
    feed_chains = ledger(settings, settings.alertas_table, ALERTAS, "feed")
    alerts = Alerts(
        open=OpenBook(dynamo, state, loaded.scale.shards),
        queue=AlertQueue(sqs, settings.alert_queue_url),
        dead=DeadLetters(sqs, settings.alert_dead_letters_url),
        deliveries=deliveries(settings, "fallback"),
        fallback=FallbackQueue(sqs, settings.fallback_queue_url),
        actions=actions(settings),
        log=alert_log(settings),
        reminders=reminders(settings),
    )
    pool = posting_pool()
    channels = Channels(
        operators=operators(loaded),
        screens=screens(settings, pool),
        pool=pool,
        mailbox=Mailbox(LateClient("sesv2"), settings.mail_events),
        suppressions=suppressions(settings),
        unreached=unreached(settings),
        mail_from=settings.mail_from,
    )
    feed_book, gauges = FeedBook(dynamo, state, feed_chains, loaded.scale.shards), FeedGauges(tally, rules)
    feeds = Feeding(feed_book, rules, channels, pause, clock.now, gauges, HealthItem(dynamo, state))
    each = loaded.desk.decision == "each"
    return Watch(alerts, channels, feeds, day_book(settings), pause, clock.now, note, each)
