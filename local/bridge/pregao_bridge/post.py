"""Signed posts, tried again with back-off while it makes sense."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import urllib3

from pregao_bridge.outcome import Outcome, Transient, of_answer
from pregao_bridge.signed import SignedHttp

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao_bridge.signed import Keys
    from pregao_bridge.skew import Skew


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
        credentials: Keys,
        *,
        retry: Retry = Retry(),
        sleep: Callable[[float], object] = time.sleep,
        draw: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
        skew: Skew | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`draw` returns a number in [0, 1), `clock` epoch seconds, `sleep` takes seconds.

        Once `stopped`, the post in flight ends and no other is begun.
        """
        self._url, self._retry = url, retry
        self._sleep, self._draw, self._clock, self._stopped = sleep, draw, clock, stopped
        self._http = SignedHttp(region, credentials, clock=clock, skew=skew)

    def post(self, body: bytes) -> Outcome:
        """Return Accepted, Refused, or after the last try Transient."""
        outcome, tried = self._once(body), 1
        while isinstance(outcome, Transient) and tried < self._retry.tries:
            self._sleep(self._wait(tried, outcome))
            if self._stopped():
                break
            outcome, tried = self._once(body), tried + 1
        return replace(outcome, tries=tried) if isinstance(outcome, Transient) else outcome

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _once(self, body: bytes) -> Outcome:
        try:
            answer = self._http.post(self._url, body)
        except urllib3.exceptions.HTTPError as error:
            return Transient(f"{type(error).__name__}: {error}")
        outcome = of_answer(answer.status, answer.body, answer.sent_at, answer.elapsed)
        if isinstance(outcome, Transient):
            return replace(outcome, retry_after=self._retry_after(answer.headers.get("Retry-After")))
        return outcome

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
