"""Who may open a socket or ask the API: an operator of today's desk with a valid token, from its pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pregao.domain.delivery.origin import Origin, parse_origin
from pregao.wire.token_v1 import Cause, Identity, TokenRefused, read


@dataclass(frozen=True, slots=True)
class Authorize:
    """Knows the signing keys, the roles the desk's people have today, and where their pages come from.

    Without `origins` a page may come from anywhere. Clients other than browsers send no Origin header; for
    them only the token is checked.
    """

    keys: Iterable[str]
    roles: Mapping[str, str]
    origins: frozenset[Origin] = frozenset()

    def __call__(self, token: str | None, origin: str | None = None) -> Identity:
        """Return who the token names, with the role the configuration gives; raises TokenRefused."""
        if origin is not None and self.origins and parse_origin(origin) not in self.origins:
            raise TokenRefused(Cause.ORIGIN, "the page's origin is not among security.origins")
        if not token:
            raise TokenRefused(Cause.NO_TOKEN, "no token")
        named = read(token, self.keys)
        if named.operator not in self.roles:
            raise TokenRefused(Cause.NOT_ON_DESK, f"operator {named.operator} is not on the desk")
        return Identity(named.operator, self.roles[named.operator])
