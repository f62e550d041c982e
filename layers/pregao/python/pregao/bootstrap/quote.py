"""Everything POST /quotes works with."""

from __future__ import annotations

from pregao import clock, cold
from pregao.aws.metrics import counter
from pregao.bootstrap.common import bridge_identities, config, posting_pool, screens
from pregao.flow.quote import Quoting
from pregao.settings import Settings

count_refused = counter("quote")


@cold.once
def quoting() -> Quoting:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "connections_table")
    pool = posting_pool()
    return Quoting(
        config(settings),
        settings.allow_replay,
        bridge_identities(settings),
        screens(settings, pool),
        pool,
        clock.now,
    )
