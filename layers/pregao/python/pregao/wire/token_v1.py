"""Token v1: a JWT (HS256) that names an operator, their role and its own end."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import jwt

ISSUER = "pregao"
SUBPROTOCOL = "pregao.v1"


class Cause(StrEnum):
    """Why somebody is not let in."""

    NO_TOKEN = "no_token"  # noqa: S105 a word, no secret
    EXPIRED = "expired"
    FORGED = "forged"
    NOT_ON_DESK = "not_on_desk"
    ORIGIN = "origin"


class TokenRefused(Exception):
    """Somebody is not let in; `cause` is for counting, the message for the log."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause


def refusal(error: jwt.InvalidTokenError) -> TokenRefused:
    """Return what PyJWT found wrong as a refusal: expired where that is all, else forged."""
    expired = isinstance(error, jwt.ExpiredSignatureError)
    return TokenRefused(Cause.EXPIRED if expired else Cause.FORGED, str(error))


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
        raise refusal(error) from error
    return Identity(str(claims["sub"]), str(claims.get("role", "")))
