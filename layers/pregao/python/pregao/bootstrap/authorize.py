"""Everything the WebSocket's authorizer works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from pregao.aws.clients import client
from pregao.aws.secret import read_secret
from pregao.bootstrap.common import config
from pregao.settings import Settings
from pregao.wire.token_v1 import Identity, TokenRefused, read


@dataclass(frozen=True, slots=True)
class Authorize:
    """Knows the signing key and the roles the desk's people have today."""

    key: str
    roles: Mapping[str, str]

    def __call__(self, token: str | None) -> Identity:
        """Return who the token names, with the role the configuration gives; raises TokenRefused."""
        if not token:
            raise TokenRefused("no token")
        named = read(token, self.key)
        if named.operator not in self.roles:
            raise TokenRefused(f"operator {named.operator} is not on the desk")
        return Identity(named.operator, self.roles[named.operator])


@cache
def authorizing() -> Authorize:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("token_secret_arn")
    roles = {one.id: one.role for one in config(settings).operators}
    return Authorize(read_secret(client("secretsmanager"), settings.token_secret_arn), roles)
