"""Everything the WebSocket's authorizer works with."""

from __future__ import annotations

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.metrics import counter
from pregao.aws.secret import SigningKeys
from pregao.bootstrap.common import config
from pregao.flow.authorize import Authorize
from pregao.settings import Settings

count_refused = counter("authorize")


@cold.once
def authorizing() -> Authorize:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("token_secret_arn")
    loaded = config(settings)
    roles = {one.id: one.role for one in loaded.operators}
    keys = SigningKeys(client("secretsmanager"), settings.token_secret_arn, clock.now)
    return Authorize(keys, roles, loaded.security.allowed())
