"""Everything the alert queue's consumer works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.queues import FallbackQueue
from pregao.aws.tables.delivery_book import DeliveryBook
from pregao.bootstrap.common import config, ledger, operators, pause, posting_pool, screens
from pregao.bootstrap.metrics import Tally
from pregao.domain.audit.chain import ENTREGA
from pregao.flow.deliver import Delivered, Delivery, deliver
from pregao.flow.steps.in_time import TimeLeft
from pregao.settings import Settings
from pregao.wire.alert_v1 import load_alert
from pregao.wire.socket_v1 import alert_frame

tally = Tally("deliver")


@dataclass(frozen=True, slots=True)
class Deliver:
    """Reads a message, delivers its alert."""

    deps: Delivery

    def __call__(self, body: str, about: Callable[[str], None], time: TimeLeft) -> Delivered:
        """Deliver one message; `about` hears the alert's id first. Raises to have it come again."""
        alert = load_alert(body)
        about(alert.id)
        done = deliver(alert, self.deps, time)
        if not done.repeated:
            _count(done)
        return done


def _count(done: Delivered) -> None:
    tally.count("Concerned", sum(done.operators.values()))
    for outcome, times in done.operators.items():
        tally.count("Delivered", times, outcome=outcome)
    if done.posted_ms is not None:
        tally.milliseconds("DetectedToPosted", done.posted_ms)


@cache
def delivering() -> Deliver:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "connections_table", "entrega_table", "fallback_queue_url")
    loaded = config(settings)

    def book(lane: str = "") -> DeliveryBook:
        chain = ledger(settings, settings.entrega_table, ENTREGA, lane)
        return DeliveryBook(client("dynamodb"), settings.admission_table, chain)

    return Deliver(
        Delivery(
            operators=operators(loaded),
            screens=screens(settings),
            book=book(),
            outcomes=book("outcome"),
            fallback=FallbackQueue(client("sqs"), settings.fallback_queue_url),
            frame=alert_frame,
            pool=posting_pool(),
            pause=pause,
            clock=clock.now,
            receipt_grace_s=loaded.delivery.receipt_grace_s,
        )
    )
