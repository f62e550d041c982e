"""Who may ask the emulator: it runs whatever code it is given, as whoever started it.

ministack takes the key "test", any account number and no signature at all for its root, answers under any
Host, lets every page of the web read its answers, and has a door of its own for reset and settings. Here its
root is one key, made at the start and checked by signature; a Host or an Origin that is not this machine's is
refused, and its own door asks for that key's secret.
"""

from __future__ import annotations

import functools
import hmac
import os
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from ministack import app
from ministack.core import iam_evaluator
from ministack.services import sts

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

HERE = {"127.0.0.1", "localhost"}
CONTAINER = "host.docker.internal"
"""This machine, as `sam local`'s containers call it."""
OWN_DOOR = ("/_ministack/", "/_localstack/")
HEALTH = "/_ministack/health"
SECRET = b"x-pregao-root"
INVOKE = "execute-api:Invoke"
CORS = b"access-control-"


def guard() -> None:
    """Put it in place; there is no public way in."""
    _one_root()
    app.app = functools.partial(_guarded, app.app, os.environ["AWS_SECRET_ACCESS_KEY"].encode())


def _one_root() -> None:
    """Know the root by its own key alone, and hold what it signs against its secret."""
    root = os.environ["AWS_ACCESS_KEY_ID"]
    told, enforced = iam_evaluator.resolve_caller_identity, iam_evaluator.enforce

    def is_root(key: str) -> bool:
        return hmac.compare_digest(key or "", root)

    def identity(key: str) -> Any:
        iam_evaluator._is_root_key = is_root
        try:
            return told(key)
        finally:
            iam_evaluator._is_root_key = _never

    def enforce(key: str, action: str, *args: Any, **kwargs: Any) -> Any:
        # A route says itself whether it wants a signature; without one nobody is asked what they may.
        return enforced(key, action, *args, **kwargs) if key or action != INVOKE else None

    iam_evaluator.enforce = enforce
    iam_evaluator.is_root_access_key = sts.is_root_access_key = is_root
    iam_evaluator._is_root_key = (
        _never  # asked before a signature is checked: ministack would not check root's
    )
    iam_evaluator.resolve_caller_identity = identity


def _never(_key: str) -> bool:
    return False


async def _guarded(inner: Any, secret: bytes, scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] not in ("http", "websocket"):
        await inner(scope, receive, send)
        return
    headers = dict(scope["headers"])
    if not _from_here(scope["type"], headers) or not _let_in(scope["path"], headers, secret):
        await _refuse(scope, receive, send)
        return

    async def sent(message: dict[str, Any]) -> None:
        if "headers" in message:
            message["headers"] = [one for one in message["headers"] if not one[0].lower().startswith(CORS)]
        await send(message)

    await inner(scope, receive, sent)


def _from_here(kind: str, headers: dict[bytes, bytes]) -> bool:
    """Tell whether Host, and Origin where a browser sends one, are this machine's."""
    # Whose page may open a socket, the stack's own authorizer decides, as in the account.
    origin = headers.get(b"origin") if kind == "http" else None
    hosts = [f"//{headers.get(b'host', b'').decode('latin-1')}"]
    return _named(hosts, {*HERE, CONTAINER}) and (origin is None or _named([origin.decode("latin-1")], HERE))


def _named(addresses: Iterable[str], allowed: set[str]) -> bool:
    try:
        return all(urlsplit(one).hostname in allowed for one in addresses)
    except ValueError:
        return False


def _let_in(path: str, headers: dict[bytes, bytes], secret: bytes) -> bool:
    if path == HEALTH or not path.startswith(OWN_DOOR):
        return True
    return hmac.compare_digest(headers.get(SECRET, b""), secret)


async def _refuse(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})  # before it was accepted: HTTP 403
        return
    await send({"type": "http.response.start", "status": 403, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
