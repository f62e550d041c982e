"""Everything /act/{token}, the console's late decisions, /api/levels and /api/push work with."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.metrics import counter
from pregao.aws.secret import SigningKeys
from pregao.aws.tables.alerts.level_book import LevelBook
from pregao.aws.tables.delivery.devices import Devices
from pregao.aws.tables.delivery.troubles import Troubles
from pregao.aws.tables.market.feed_marks import FeedMarks
from pregao.bootstrap.books import actions, alert_log
from pregao.bootstrap.common import config, ledger, operators, pause, posting_pool, screens
from pregao.domain.audit.chain import ACAO
from pregao.domain.audit.records import LEVEL
from pregao.flow.act import LinkPages
from pregao.flow.authorize import Authorize
from pregao.flow.levels import Levels
from pregao.flow.phones import Phones
from pregao.flow.steps.decide import Deciding
from pregao.settings import Settings

if TYPE_CHECKING:
    from pregao.config.loaded import Config

count_refused = counter("act")


@cold.once
def acting() -> LinkPages:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "connections_table", "acao_table", "token_secret_arn")
    loaded, pool = config(settings), posting_pool()
    deps = Deciding(
        operators=operators(loaded),
        alert_log=alert_log(settings),
        actions=actions(settings),
        screens=screens(settings, pool),
        pool=pool,
        pause=pause,
        clock=clock.now,
        each=loaded.desk.decision == "each",
    )
    keys = _keys(settings)
    devices = Devices(client("dynamodb"), settings.admission_table)
    return LinkPages(keys, deps, _authorize(loaded, keys), loaded.zone_of, devices)


@cold.once
def levels() -> Levels:
    """Build what the operators' price levels work with; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "acao_table", "token_secret_arn")
    loaded = config(settings)
    chains = ledger(settings, settings.acao_table, ACAO, LEVEL)
    dynamo, state = client("dynamodb"), settings.admission_table
    book = LevelBook(dynamo, state, chains, FeedMarks(dynamo, state, loaded.scale.shards))
    authorize = _authorize(loaded, _keys(settings))
    return Levels(loaded, operators(loaded), authorize, book, pause, clock.now, count_refused)


@cold.once
def phones() -> Phones:
    """Build what an operator's devices work with; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "token_secret_arn")
    loaded = config(settings)
    devices = Devices(client("dynamodb"), settings.admission_table)
    troubles = Troubles(client("dynamodb"), settings.admission_table)
    authorize = _authorize(loaded, _keys(settings))
    parts = operators(loaded), authorize, devices, clock.now, count_refused, troubles
    return Phones(*parts, loopback=settings.loopback_push)


@cache
def _keys(settings: Settings) -> SigningKeys:
    return SigningKeys(client("secretsmanager"), settings.token_secret_arn, clock.now)


def _authorize(loaded: Config, keys: SigningKeys) -> Authorize:
    roles = {one.id: one.role for one in loaded.operators}
    return Authorize(keys, roles, loaded.security.allowed())
