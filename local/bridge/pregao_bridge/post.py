"""Signed posts over a kept-alive connection, tried again with back-off while it makes sense."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from pregao_bridge.outcome import Outcome, Transient, of_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.credentials import Credentials

SERVICE = "execute-api"


@dataclass(frozen=True, slots=True)
class Retry:
    """`tries` in all; before try n a wait drawn from [0, min(cap_s, base_s * 2**n)] (full jitter).

    A Retry-After of the answer is waited out instead, at most `longest_s` seconds.
    """

    tries: int = 5
    base_s: float = 0.2
    cap_s: float = 10.0
    longest_s: float = 60.0


class HttpPoster:
    """Posts to one URL, signed with SigV4 for API Gateway."""

    def __init__(
        self,
        url: str,
        region: str,
        credentials: Credentials,
        *,
        retry: Retry = Retry(),
        sleep: Callable[[float], None] = time.sleep,
        draw: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`draw` returns a number in [0, 1), `clock` epoch seconds, `sleep` takes seconds."""
        self._url, self._region, self._credentials = url, region, credentials
        self._retry, self._sleep, self._draw, self._clock = retry, sleep, draw, clock
        timeout = urllib3.Timeout(connect=5, read=35)  # API Gateway answers or gives up within 30 s
        self._pool = urllib3.PoolManager(maxsize=4, timeout=timeout, retries=False)

    def post(self, body: bytes) -> Outcome:
        """Return Accepted, Refused, or after the last try Transient."""
        outcome = self._once(body)
        for tried in range(1, self._retry.tries):
            if not isinstance(outcome, Transient):
                return outcome
            self._sleep(self._wait(tried, outcome))
            outcome = self._once(body)
        return replace(outcome, tries=self._retry.tries) if isinstance(outcome, Transient) else outcome

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _once(self, body: bytes) -> Outcome:
        headers = self._signed(body)
        posted_at = self._clock()
        try:
            answer = self._pool.request("POST", self._url, body=body, headers=headers, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            return Transient(f"{type(error).__name__}: {error}")
        outcome = of_answer(answer.status, answer.data, posted_at, self._clock() - posted_at)
        if isinstance(outcome, Transient):
            return replace(outcome, retry_after=self._retry_after(answer.headers.get("Retry-After")))
        return outcome

    def _signed(self, body: bytes) -> dict[str, str]:
        """Sign anew at each try: a signature lives five minutes and credentials may have been renewed."""
        request = AWSRequest("POST", self._url, data=body, headers={"Content-Type": "application/json"})
        SigV4Auth(self._credentials.get_frozen_credentials(), SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())

    def _wait(self, tried: int, outcome: Transient) -> float:
        if outcome.retry_after is not None:
            return min(outcome.retry_after, self._retry.longest_s)
        return self._draw() * min(self._retry.cap_s, self._retry.base_s * 2.0**tried)

    def _retry_after(self, value: str | None) -> float | None:
        """Read seconds or an HTTP date; None for anything else."""
        if value is None:
            return None
        try:
            return float(value) if value.strip().isdigit() else self._until(value)
        except ValueError:
            return None

    def _until(self, date: str) -> float:
        return max(0.0, parsedate_to_datetime(date).timestamp() - self._clock())
