"""Asking APIs over HTTP, signed or not, and opening sockets."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.conformance.stand import STAGE
from tests.conformance.targets import Target

POOL = urllib3.PoolManager(retries=False, timeout=30)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Any
    body: bytes

    def json(self) -> Any:
        """Return the body, which is JSON."""
        return json.loads(self.body)


def ask(method: str, url: str, body: bytes = b"", headers: Any = None) -> Answer:
    """Ask with these headers and no others."""
    answer = POOL.request(method, url, body=body or None, headers=headers or {})
    return Answer(answer.status, answer.headers, answer.data)


def ask_signed(region: str, keys: Any, method: str, url: str, body: bytes = b"") -> Answer:
    """Ask with SigV4; `keys` are access key, secret key and, where there is one, a session token."""
    return ask(method, url, body, signature(region, keys, method, url, body))


def signature(region: str, keys: Any, method: str, url: str, body: bytes = b"") -> dict[str, str]:
    """Return the headers that sign a request to API Gateway."""
    request = AWSRequest(method, url, data=body, headers={"content-type": "application/json"})
    SigV4Auth(Credentials(*keys), "execute-api", region).add_auth(request)
    return dict(request.headers)


def sockets_url(target: Target) -> str:
    """Return where the stand's WebSocket API is reached by http."""
    return target.url_of(target.stand.outputs["SocketApi"], STAGE)


def opened(target: Target, subprotocols: Any = None, **query: Any) -> ClientConnection:
    """Open a socket; dicts in the query are sent as JSON. Raises InvalidStatus where it is refused."""
    told = {name: json.dumps(one) if isinstance(one, dict) else one for name, one in query.items()}
    url = sockets_url(target).replace("http", "ws", 1) + ("?" + urlencode(told) if told else "")
    return connect(url, subprotocols=subprotocols, open_timeout=30, close_timeout=5, proxy=None)


def refused(target: Target, **query: Any) -> int:
    """Return the HTTP status with which a socket is refused; fails where it is opened."""
    try:
        opened(target, **query).close()
    except InvalidStatus as answer:
        return int(answer.response.status_code)
    raise AssertionError("let in")


def connection_url(target: Target, connection: str) -> str:
    """Return a connection's address in the management API."""
    return f"{sockets_url(target)}/%40connections/{quote(connection, safe='')}"
