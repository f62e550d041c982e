"""What several functions are built from. Each part is imported when a function asks for it.

No function asks for all of them, and each would wait for the others' imports at its cold start.
"""

from __future__ import annotations

import os
import random
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Any

from pregao import clock
from pregao.aws.clients import client

if TYPE_CHECKING:
    from pregao.aws.screens import Screens
    from pregao.aws.tables.audit.day_book import DayBook
    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.config.loaded import Config
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.feeds.silence import FeedRules
    from pregao.flow.steps.bridge_identity import BridgeIdentities
    from pregao.flow.steps.in_time import TimeLeft
    from pregao.settings import Settings

POSTS_AT_ONCE = 32


@cache
def config(settings: Settings) -> Config:
    """Read the configuration once per process."""
    from pregao.config.compiled import load

    return load(settings.config_dir, env=os.environ)


def operators(loaded: Config) -> tuple[Operator, ...]:
    """Return the desk as the domain knows it."""
    return tuple(one.operator() for one in loaded.operators)


def settled_s(loaded: Config) -> int:
    """Return the seconds from its delivery after which an alert's timers count as lost."""
    from pregao.domain.delivery.escalation import Retry, settled_within

    rules = loaded.delivery
    retry = Retry(rules.email_tries, rules.email_backoff_s, rules.email_give_up_s)
    return settled_within((one.steps for one in operators(loaded)), rules.receipt_grace_s, retry)


def operators_alone(settings: Settings) -> tuple[Operator, ...]:
    """Return the desk for who asks for nothing else of the configuration."""
    from pregao.config.compiled import load_operators

    return load_operators(settings.config_dir, env=os.environ)


def feed_rules(loaded: Config) -> FeedRules:
    """Return which feeds are expected, and when their candles are late."""
    from pregao.domain.feeds.silence import FeedRules

    feeds = loaded.feeds
    return FeedRules(
        loaded.traded(),
        feeds.late_after_candles,
        {one.key: one.late_s for one in feeds.expect},
        frozenset(one.key for one in feeds.ignore),
    )


def time_left(context: Any) -> TimeLeft:
    """Return how long the invocation with this Lambda context may still run."""
    from pregao.flow.steps.in_time import TimeLeft

    return TimeLeft(lambda: context.get_remaining_time_in_millis() / 1000)


def bridge_identities(settings: Settings) -> BridgeIdentities:
    """Return whom the bridges' names belong to, as far as this process has found out."""
    from pregao.aws.tables.market.bridge_book import BridgeBook
    from pregao.flow.steps.bridge_identity import BridgeIdentities

    book = BridgeBook(client("dynamodb"), settings.admission_table)
    return BridgeIdentities(book, ThreadPoolExecutor(1, thread_name_prefix="bridge"), clock.now)


def pause(attempt: int) -> None:
    """Wait before another optimistic attempt: full jitter, 20 ms doubling up to half a second."""
    time.sleep(random.uniform(0, min(0.5, 0.02 * 2**attempt)))  # noqa: S311 jitter, no cryptography


def posting_pool() -> Executor:
    """Return the threads that post to screens."""
    return ThreadPoolExecutor(POSTS_AT_ONCE, thread_name_prefix="screen")


def screens(settings: Settings, pool: Executor | None = None) -> Screens:
    """Return the open WebSockets, read side by side where there is a `pool`."""
    from pregao.aws.screens import Screens

    gateway = client("apigatewaymanagementapi")
    return Screens(client("dynamodb"), gateway, settings.connections_table, pool=pool)


def day_book(settings: Settings) -> DayBook:
    """Return the audit tables' chains, day by day."""
    from pregao.aws.tables.audit.day_book import DayBook
    from pregao.domain.audit.chain import ACAO, ALERTAS, ENTREGA

    tables = {ALERTAS: settings.alertas_table, ENTREGA: settings.entrega_table, ACAO: settings.acao_table}
    return DayBook(client("dynamodb"), settings.admission_table, tables)


def ledger(settings: Settings, audit_table: str, name: str, lane: str = "") -> Ledger:
    """Return the chains of one audit table, those of a lane where one is named."""
    from pregao.aws.tables.audit.ledger import Ledger

    return Ledger(client("dynamodb"), settings.admission_table, audit_table, name, lane)
