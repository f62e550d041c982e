"""Link v1: a JWT (HS256) in an e-mail that lets one operator decide on one alert until it expires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import jwt

from pregao.wire.token_v1 import ISSUER, decoded

AUDIENCE = "act"
"""Sets it apart from the tokens that open sockets, which have none: neither is taken for the other."""


@dataclass(frozen=True, slots=True)
class Link:
    """Whom and what a link names."""

    operator: str
    alert_id: str


def issue_link(link: Link, key: str, *, now: float, until: float) -> str:
    """Sign a link that expires at `until` (epoch seconds)."""
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": link.operator,
        "alert": link.alert_id,
        "iat": int(now),
        "exp": int(until),
    }
    return jwt.encode(claims, key, algorithm="HS256")


def read_link(token: str, keys: Iterable[str]) -> Link:
    """Return what a link names, signed with one of the keys; raises TokenRefused."""
    claims = decoded(token, keys, ["exp", "iat", "sub", "iss", "aud", "alert"], AUDIENCE)
    return Link(str(claims["sub"]), str(claims["alert"]))
