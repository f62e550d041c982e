"""Token v1: a JWT (HS256) that names an operator or an officer, their role and its own end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jwt

ISSUER = "pregao"
SUBPROTOCOL = "pregao.v1"
COMPLIANCE = "compliance"
"""Officers' role and their tokens' audience. The desk's tokens have none: neither is taken for the other."""


class Cause(StrEnum):
    """Why somebody is not let in."""

    NO_TOKEN = "no_token"  # noqa: S105 a word, no secret
    EXPIRED = "expired"
    FORGED = "forged"
    NOT_ON_DESK = "not_on_desk"
    NO_OFFICER = "no_officer"
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


def issue_officer(officer: str, key: str, *, now: float, life_s: int) -> str:
    """Sign a token that opens the compliance page until `life_s` seconds after `now` (epoch seconds)."""
    claims = {
        "iss": ISSUER,
        "aud": COMPLIANCE,
        "sub": officer,
        "role": COMPLIANCE,
        "iat": int(now),
        "exp": int(now) + life_s,
    }
    return jwt.encode(claims, key, algorithm="HS256")


def read_officer(token: str, keys: Iterable[str]) -> str:
    """Return the id of the officer whom the token names, signed with one of the keys; raises TokenRefused."""
    claims = decoded(token, keys, ["exp", "iat", "sub", "iss", "aud"], COMPLIANCE)
    return str(claims["sub"])


def read(token: str, keys: Iterable[str]) -> Identity:
    """Return whom the token names, signed with one of the keys; raises TokenRefused."""
    claims = decoded(token, keys, ["exp", "iat", "sub", "iss"])
    return Identity(str(claims["sub"]), str(claims.get("role", "")))


def decoded(
    token: str, keys: Iterable[str], required: Sequence[str], audience: str | None = None
) -> dict[str, Any]:
    """Return the claims of what one of the keys has signed; raises TokenRefused."""
    options: Any = {"require": list(required)}
    refused: jwt.InvalidTokenError = jwt.InvalidSignatureError("there is no key")
    for key in keys:
        try:
            return dict(
                jwt.decode(
                    token, key, algorithms=["HS256"], issuer=ISSUER, audience=audience, options=options
                )
            )
        except jwt.InvalidSignatureError as error:
            refused = error
        except jwt.InvalidTokenError as error:
            raise refusal(error) from error
        except UnicodeEncodeError as error:
            raise TokenRefused(Cause.FORGED, "letters that no token has") from error
    raise refusal(refused) from refused
