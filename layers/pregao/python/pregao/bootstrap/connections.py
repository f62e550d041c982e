"""Everything the WebSocket's routes work with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.tables.action_book import ActionBook
from pregao.aws.tables.alert_log import Feed
from pregao.aws.tables.delivery_book import DeliveryBook
from pregao.bootstrap.common import config, ledger, operators, pause, posting_pool, screens
from pregao.bootstrap.metrics import Tally, counter
from pregao.domain.audit.chain import ACAO, ENTREGA
from pregao.flow.connections import Caller, Connections, Heard, hear
from pregao.flow.steps.in_time import TimeLeft
from pregao.settings import Settings

count_refused, tally = counter("connections"), Tally("connections")


@dataclass(frozen=True, slots=True)
class Sockets:
    """Opens, hears and closes one socket."""

    deps: Connections

    def opened(self, caller: Caller) -> None:
        """Remember a socket that the authorizer let in."""
        self.deps.screens.opened(caller.connection_id, caller.operator, self.deps.clock())

    def closed(self, connection_id: str) -> None:
        """Forget a socket."""
        self.deps.screens.closed(connection_id)

    def hear(self, body: str | None, caller: Caller, time: TimeLeft) -> Heard:
        """Answer one frame on its own socket and count what it tells; returns what it was."""
        heard = hear(body, caller, self.deps, time)
        _, _, code = heard.what.partition("error ")
        if code:
            count_refused(code)
        if heard.shown_ms is not None:
            tally.milliseconds("DetectedToScreen", heard.shown_ms)
        return heard


@cache
def connections() -> Sockets:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "connections_table", "entrega_table", "acao_table")
    desk = operators(config(settings))
    dynamo, state = client("dynamodb"), settings.admission_table
    late = ledger(settings, settings.entrega_table, ENTREGA, "fallback")  # receipts after the timer's
    return Sockets(
        Connections(
            operators=desk,
            screens=screens(settings),
            deliveries=DeliveryBook(dynamo, state, late),
            actions=ActionBook(dynamo, state, ledger(settings, settings.acao_table, ACAO)),
            feed=Feed(dynamo, state),
            pool=posting_pool(),
            pause=pause,
            clock=clock.now,
        )
    )
