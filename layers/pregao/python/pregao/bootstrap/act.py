"""Everything GET and POST /act/{token}, and the console's POST /api/alerts/{id}/decision, work with."""

from __future__ import annotations

from functools import cache

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.metrics import counter
from pregao.aws.secret import SigningKeys
from pregao.bootstrap.books import actions, alert_log
from pregao.bootstrap.common import config, operators, pause, posting_pool, screens
from pregao.flow.act import LinkPages
from pregao.flow.authorize import Authorize
from pregao.flow.steps.decide import Deciding
from pregao.settings import Settings

count_refused = counter("act")


@cache
def acting() -> LinkPages:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "connections_table", "acao_table", "token_secret_arn")
    loaded = config(settings)
    deps = Deciding(
        operators=operators(loaded),
        alert_log=alert_log(settings),
        actions=actions(settings),
        screens=screens(settings),
        pool=posting_pool(),
        pause=pause,
        clock=clock.now,
    )
    keys = SigningKeys(client("secretsmanager"), settings.token_secret_arn, clock.now)
    roles = {one.id: one.role for one in loaded.operators}
    authorize = Authorize(keys, roles, loaded.security.allowed())
    return LinkPages(keys, deps, authorize, loaded.zone_of)
