"""One request to a service outside AWS, and what its end says of whether it was taken."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, MaxRetryError, NewConnectionError, SSLError

from pregao.flow.ports.refusals import ChannelBusy, ChannelSilent

CONNECT_S, READ_S = 2.0, 4.0
"""How long a connection and an answer are waited for. These services answer within a second."""
LARGEST_ANSWER = 64 * 1024
NOT_REACHED = (ConnectTimeoutError, NewConnectionError, SSLError)
"""Nothing was sent: no connection, or one that is not to the service."""

logging.getLogger("urllib3.connection").setLevel(logging.CRITICAL + 1)
"""Of an answer whose headers it cannot read it warns with the whole address, which may hold a token."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service said; `body` is cut at LARGEST_ANSWER."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(num_pools=8, timeout=urllib3.Timeout(connect=CONNECT_S, read=READ_S))


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Post once, without a redirect and without a second try.

    Raises ChannelBusy where nothing was sent, ChannelSilent where the answer did not come. Neither names the
    address, which may hold a secret.
    """
    try:
        said = _pool().request(
            "POST",
            url,
            body=body,
            headers=dict(headers),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            return Answer(said.status, said.headers, said.read(LARGEST_ANSWER))
        finally:
            said.drain_conn() if said.length_remaining == 0 else said.close()
    except HTTPError as error:
        reason = error.reason if isinstance(error, MaxRetryError) else error
        if isinstance(reason, NOT_REACHED):
            raise ChannelBusy("not_reached") from None
        raise ChannelSilent(type(reason).__name__) from None


def patience(headers: Mapping[str, str]) -> float:
    """Return the seconds that an answer asks to wait (`Retry-After`), 0 where it says none or a date."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0.0
