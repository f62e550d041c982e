"""One signed POST over a kept-alive connection."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Protocol

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from pregao_bridge.batch import post_id
from pregao_bridge.skew import Skew

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from botocore.credentials import ReadOnlyCredentials

SERVICE = "execute-api"
VERSION = version("pregao-bridge")
HEADERS = {"Content-Type": "application/json", "User-Agent": f"pregao-bridge/{VERSION}"}


class Keys(Protocol):
    """Where the keys come from: botocore's Credentials, or a file that may change."""

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return access key, secret and token of this moment."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `sent_at` in epoch seconds, `elapsed` seconds until it was here."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    sent_at: float
    elapsed: float


class SignedHttp:
    """Posts to API Gateway signed with SigV4, and hears from each answer how far the clocks are apart."""

    def __init__(
        self,
        region: str,
        keys: Keys,
        *,
        clock: Callable[[], float] = time.time,
        skew: Skew | None = None,
        read_s: float = 35,
    ) -> None:
        """`clock` in epoch seconds; `read_s`: API Gateway answers or gives up within 30 s."""
        self._region, self._keys, self._clock = region, keys, clock
        self.skew = skew or Skew()
        timeout = urllib3.Timeout(connect=5, read=read_s)
        self._pool = urllib3.PoolManager(maxsize=4, timeout=timeout, retries=False)

    def post(self, url: str, body: bytes) -> Answer:
        """Post once. Raises urllib3's HTTPError when no answer came."""
        headers = self._signed(url, body)
        sent_at = self._clock()
        answer = self._pool.request("POST", url, body=body, headers=headers, redirect=False)
        received_at = self._clock()
        self.skew.hear(answer.headers.get("Date"), sent_at, received_at)
        return Answer(answer.status, answer.data, answer.headers, sent_at, received_at - sent_at)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _signed(self, url: str, body: bytes) -> dict[str, str]:
        """Sign anew at each try: a signature lives five minutes and credentials may have been renewed."""
        headers = HEADERS | {"X-Correlation-Id": post_id(body)}
        request = AWSRequest("POST", url, data=body, headers=headers)
        SigV4Auth(self._keys.get_frozen_credentials(), SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())
