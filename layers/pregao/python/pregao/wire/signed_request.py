"""A request of an HTTP API's route with IAM authorization (payload format 2.0): body and signer."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

_NO_MORE: Mapping[str, str] = {}
_ASSUMED_ROLE = re.compile(r"(arn:[^:]+:sts::\d+:assumed-role/[^/]+)/.+")


class ForeignBridge(Exception):
    """A request in the name of a bridge that belongs to somebody else than its signer; answered with 403."""

    status = 403
    event = "foreign bridge"
    fault = "bridge_id"

    def __init__(self, bridge_id: str, signer: str, owner: str) -> None:
        super().__init__(
            f"bridge_id: '{bridge_id}' belongs to another identity than {signer}; give this bridge a name of"
            f" its own in bridge.toml; if its credential was replaced: pregao bridges forget {bridge_id}"
        )
        self.signer = signer
        self.owner = owner

    @property
    def logged(self) -> dict[str, Any]:
        """Return what our log says of it."""
        return {"signer": self.signer, "owner": self.owner}

    def answer(self) -> dict[str, Any]:
        """Return what the sender hears."""
        return {"error": "not your bridge_id", "fault": self.fault, "reasons": [str(self)]}


def body_of(event: Mapping[str, Any]) -> bytes:
    """Return the body as it was sent."""
    body = event.get("body") or ""
    return base64.b64decode(body) if event.get("isBase64Encoded") else body.encode()


def headers_of(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers by their names in small letters."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def signer_of(event: Mapping[str, Any]) -> str | None:
    """Return the ARN of the principal that signed: a user, or a role whoever assumed it.

    Not the access key: a user has two of them during a rotation. Not a role's session either: its name is
    another each time. None where the event tells of nobody, as in a local invocation; API Gateway calls no
    function of a route with IAM authorization without it.
    """
    context = event.get("requestContext") or {}
    arn = ((context.get("authorizer") or {}).get("iam") or {}).get("userArn")
    if not arn:
        return None
    role = _ASSUMED_ROLE.fullmatch(arn)
    return role[1] if role else str(arn)


def answer(status: int, body: Mapping[str, Any], headers: Mapping[str, str] = _NO_MORE) -> dict[str, Any]:
    """Return a response of JSON; `headers` are those beside its type."""
    return {
        "statusCode": status,
        "headers": {"content-type": "application/json", **headers},
        "body": json.dumps(body, separators=(",", ":")),
    }
