"""One request to a service outside AWS, and what its end says of whether it was taken."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as TooLate

from pregao.flow.ports.refusals import ChannelBusy, ChannelSilent

CONNECT_S, READ_S = 2.0, 4.0
"""How long a connection and each part of an answer are waited for. These services answer within a second."""
WHOLE_S = 8.0
"""How long a request may take in all: of an answer that comes byte by byte each part is in time."""
IDLE_S = 10.0
"""A connection that was not used for so long is not used again.

Lambda drops idle ones without a word. A note sent on such a one has no answer: it would count as unknown and
not be sent again.
"""
LARGEST_ANSWER = 64 * 1024
TOO_SLOW = "too_slow"
Result = TypeVar("Result")

logging.getLogger("urllib3.connection").setLevel(logging.CRITICAL + 1)
"""Of an answer whose headers it cannot read it warns with the whole address, which may hold a token."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said; `body` is cut at LARGEST_ANSWER."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Limit:
    """Ends the request of this thread after some seconds, wherever it is then.

    `over` tells that it did, `begun` that a part of the request may have been sent.
    """

    def __init__(self, seconds: float) -> None:
        self.over, self.begun = False, False
        self._connection: HTTPConnection | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Limit:
        _THIS_THREAD.limit = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _THIS_THREAD.limit = None

    def begins(self, connection: HTTPConnection) -> None:
        """Hear on which connection the request is about to be sent; raises where it is too late for that."""
        self._connection = connection
        if self.over:
            raise TooLate(TOO_SLOW)
        self.begun = True

    def _end(self) -> None:
        self.over = True
        sock = self._connection.sock if self._connection else None
        if sock is not None:
            with suppress(OSError):
                # Not its own `shutdown`: TLS would go on reading what is no longer encrypted.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


_THIS_THREAD = threading.local()


class _Plain(HTTPConnection):
    def request(self, *args: Any, **named: Any) -> None:
        if self.is_closed:
            self.connect()
        _THIS_THREAD.limit.begins(self)
        super().request(*args, **named)


class _Encrypted(HTTPSConnection):
    def request(self, *args: Any, **named: Any) -> None:
        _THIS_THREAD.limit.begins(self)
        super().request(*args, **named)


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Encrypted


class _Connections:
    """Open connections to the services."""

    def __init__(self) -> None:
        self._pool = urllib3.PoolManager(
            num_pools=8, timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S), retries=False
        )
        self._pool.pool_classes_by_scheme = {"http": _PlainPool, "https": _EncryptedPool}
        self._pool.pools.dispose_func = urllib3.HTTPConnectionPool.close
        self._lock, self._used_at = threading.Lock(), dict[str, float]()

    def fresh(self, url: str) -> urllib3.PoolManager:
        """Return the pool, without connections to this address's service that were idle for too long."""
        service, now = f"{urllib3.util.parse_url(url)._replace(path=None, query=None)}", time.monotonic()
        with self._lock:
            if now - self._used_at.get(service, now) >= IDLE_S:
                self._pool.clear()
                self._used_at.clear()
            self._used_at[service] = now
        return self._pool


@cache
def _connections() -> _Connections:
    return _Connections()


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post once, without a redirect and without a second try; it takes WHOLE_S from the connection on.

    Raises ChannelBusy where nothing was sent, ChannelSilent where the answer did not come. Neither names the
    address, which may hold a secret.
    """
    with _Limit(WHOLE_S) as limit:
        try:
            answer = _posted(url, body, headers)
        except HTTPError as error:
            if not limit.begun:
                raise ChannelBusy("not_reached") from None
            raise ChannelSilent(TOO_SLOW if limit.over else type(error).__name__) from None
    if limit.over:  # what had come until then reads like an answer
        raise ChannelSilent(TOO_SLOW)
    return answer


def _posted(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    said = (
        _connections()
        .fresh(url)
        .request("POST", url, body=body, headers=dict(headers), redirect=False, preload_content=False)
    )
    try:
        return Answer(said.status, said.headers, said.read(LARGEST_ANSWER))
    finally:
        said.drain_conn() if said.length_remaining == 0 else said.close()


def in_time(ask: Callable[[], Result]) -> Result:
    """Return what a call gives that has no limit of its own; raises ChannelSilent after WHOLE_S.

    The call is left behind on a thread of its own, which ends when it does.
    """
    future = Future[Result]()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:  # noqa: BLE001 raised by whoever waits
            future.set_exception(error)

    threading.Thread(target=run, name="phone", daemon=True).start()
    try:
        return future.result(WHOLE_S)
    except TimeoutError:
        raise ChannelSilent(TOO_SLOW) from None


def patience(headers: Mapping[str, str]) -> float:
    """Return the seconds that an answer asks to wait (`Retry-After`), 0 where it says none or a date."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0.0
