"""Token v1: a JWT (HS256) that names an operator, their role and its own end."""

from __future__ import annotations

from dataclasses import dataclass

import jwt

ISSUER = "pregao"
SUBPROTOCOL = "pregao.v1"


class TokenRefused(Exception):
    """The token is missing, forged, expired or not ours."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token names."""

    operator: str
    role: str


def issue(identity: Identity, key: str, *, now: float, life_s: int) -> str:
    """Sign a token that expires `life_s` seconds after `now` (epoch seconds)."""
    claims = {
        "iss": ISSUER,
        "sub": identity.operator,
        "role": identity.role,
        "iat": int(now),
        "exp": int(now) + life_s,
    }
    return jwt.encode(claims, key, algorithm="HS256")


def read(token: str, key: str) -> Identity:
    """Return whom the token names; raises TokenRefused."""
    required = {"require": ["exp", "iat", "sub", "iss"]}
    try:
        claims = jwt.decode(token, key, algorithms=["HS256"], issuer=ISSUER, options=required)  # type: ignore[arg-type]
    except jwt.InvalidTokenError as error:
        raise TokenRefused(str(error)) from error
    return Identity(str(claims["sub"]), str(claims.get("role", "")))
