"""Link v1: a JWT (HS256) in an e-mail that lets one operator decide on one alert until it expires."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert

AUDIENCE = "act"
"""The audience of links. Tokens that open sockets have none, so neither is accepted as the other."""

KEPT_S = 86_400
"""An alert can be looked at by its link for so long after its decision was due."""


@dataclass(frozen=True, slots=True)
class Link:
    """Whom and what a link names."""

    operator: str
    alert_id: str


def issue_link(link: Link, key: str, *, now: float, until: float) -> str:
    """Sign a link that expires at `until` (epoch seconds)."""
    import jwt  # here: a timer that finds a receipt signs nothing

    from pregao.wire.token_v1 import ISSUER

    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": link.operator,
        "alert": link.alert_id,
        "iat": int(now),
        "exp": int(until),
    }
    return jwt.encode(claims, key, algorithm="HS256")


def alert_url(public_url: str, key: str, clock: Callable[[], float], alert: Alert, operator: str) -> str:
    """Return the address at which an operator sees an alert and, in time, decides on it."""
    link = Link(operator, alert.id)
    return f"{public_url}/act/{issue_link(link, key, now=clock(), until=alert.decide_by + KEPT_S)}"


def read_link(token: str, keys: Iterable[str]) -> Link:
    """Return what a link names, signed with one of the keys; raises TokenRefused."""
    from pregao.wire.token_v1 import decoded

    claims = decoded(token, keys, ["exp", "iat", "sub", "iss", "aud", "alert"], AUDIENCE)
    return Link(str(claims["sub"]), str(claims["alert"]))
