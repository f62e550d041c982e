"""How long a request may take in all: urllib3 bounds each wait, so an answer byte by byte has no end."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection


class Limit:
    """Ends the request of this thread after some seconds, wherever it is then; `over` tells that it did."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._connection: HTTPConnection | None = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Limit:
        _THIS_THREAD.limit = self
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        _THIS_THREAD.limit = None

    def check(self) -> None:
        """Raise urllib3's TimeoutError where it is over."""
        if self.over:
            raise urllib3.exceptions.TimeoutError("the answer did not come to an end")

    def begins(self, connection: HTTPConnection) -> None:
        """Hear on which connection the request is about to be sent."""
        self._connection = connection
        self.check()

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
        _begins(self)
        super().request(*args, **named)


class _Encrypted(HTTPSConnection):
    def request(self, *args: Any, **named: Any) -> None:
        _begins(self)
        super().request(*args, **named)


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _EncryptedPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Encrypted


def limited_pool(**named: Any) -> urllib3.PoolManager:
    """Return a pool whose requests end with the `Limit` in which they are made."""
    pool = urllib3.PoolManager(**named)
    pool.pool_classes_by_scheme = {"http": _PlainPool, "https": _EncryptedPool}
    return pool


def _begins(connection: HTTPConnection) -> None:
    limit: Limit | None = getattr(_THIS_THREAD, "limit", None)
    if limit is not None:
        limit.begins(connection)
