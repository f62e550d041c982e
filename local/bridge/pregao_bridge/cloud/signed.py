"""Signed posts to the cloud: the keys, the clocks' difference, one post, and its tries."""

from __future__ import annotations

import gzip
import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import EnvProvider, SharedCredentialProvider
from botocore.exceptions import BotoCoreError

from pregao_bridge.batch import post_id, post_of
from pregao_bridge.clocks import Skew
from pregao_bridge.cloud.limit import Limit, limited_pool
from pregao_bridge.outcome import Outcome, Transient, of_answer, of_feeds
from pregao_bridge.pace import Backoff, repeat

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from botocore.credentials import Credentials, ReadOnlyCredentials


class KeysError(Exception):
    """No keys; `place` is where they were looked for."""

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


class BridgeKeys:
    """Keys that may be renewed while the bridge runs: the file is read again when it has changed.

    botocore's two providers are taken by themselves; a whole Session would read its models and ask the
    network for roles that no desk has.
    """

    def __init__(self, profile: str | None, environ: Mapping[str, str] = os.environ) -> None:
        """Read the keys. Raises KeysError when there are none."""
        named = environ.get("AWS_SHARED_CREDENTIALS_FILE")
        self._file = Path(named) if named else Path.home() / ".aws" / "credentials"
        self._profile = profile
        self.place = f"{self._file} [{profile}]" if profile else "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY"
        self._provider: Any = (
            SharedCredentialProvider(str(self._file), profile) if profile else EnvProvider(dict(environ))
        )
        self._seen = self._stamp()
        self._keys = self._read()

    @property
    def access_key(self) -> str:
        """Return the access key's id, which is no secret."""
        return str(self.get_frozen_credentials().access_key)

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Return the keys of this moment; the old ones while a new file holds none."""
        stamp = self._stamp()
        if stamp != self._seen:
            with suppress(KeysError):  # being written; the old ones until it is whole
                self._keys, self._seen = self._read(), stamp
        return self._keys.get_frozen_credentials()

    def _stamp(self) -> int | None:
        try:
            return self._file.stat().st_mtime_ns if self._profile else None
        except OSError:
            return None

    def _read(self) -> Credentials:
        try:
            found = self._provider.load()
        except BotoCoreError as error:
            raise KeysError(f"{self.place}: {error}") from error
        if found is None:
            raise KeysError(self.place)
        return found


TAKES, SEVERAL, PACKING = "pregao-takes", "candle-post-v1", "gzip"
OLDER = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE}
)
"""How an older cloud answers what it does not know."""
CONNECTIONS = 4
"""Posts of candles on their way at once; one more is history."""
SERVICE = "execute-api"
VERSION = version("pregao-bridge")
PACKED = {"Content-Type": "application/octet-stream", "Content-Encoding": "gzip"}
"""Of JSON an HTTP API makes text on the way, which ends what is packed; bytes it hands over as they are."""
PACKED_AT = 3
"""zlib's level: a quarter of the size in a fifth of the time that one fifth takes."""
PACKS_FROM = 1400
"""A shorter body is one packet as it is."""
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
        connect_s: float = 5,
        read_s: float = 35,
    ) -> None:
        """`clock` in epoch seconds; `read_s`: API Gateway answers or gives up within 30 s.

        Both are for each wait, and their sum for the whole of it.
        """
        self._region, self._keys, self._clock = region, keys, clock
        self.skew = skew or Skew()
        timeout = urllib3.Timeout(connect=connect_s, read=read_s)
        self._pool = limited_pool(maxsize=CONNECTIONS + 1, timeout=timeout, retries=False)
        self._whole_s = connect_s + read_s

    def post(self, url: str, body: bytes, *, packed: bool = False) -> Answer:
        """Post once, as it is or `packed` by gzip. Raises urllib3's HTTPError when no answer came."""
        named = {"X-Correlation-Id": post_id(body)}
        if packed:
            body = gzip.compress(body, PACKED_AT, mtime=0)
            named |= PACKED
        headers = self._signed(url, body, named)
        sent_at = self._clock()
        with Limit(self._whole_s) as limit:
            answer = self._pool.request("POST", url, body=body, headers=headers, redirect=False)
        limit.check()
        received_at = self._clock()
        self.skew.hear(answer.headers.get("Date"), sent_at, received_at)
        return Answer(answer.status, answer.data, answer.headers, sent_at, received_at - sent_at)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _signed(self, url: str, body: bytes, named: Mapping[str, str]) -> dict[str, str]:
        """Sign anew at each try: a signature lives five minutes and credentials may have been renewed."""
        request = AWSRequest("POST", url, data=body, headers=HEADERS | dict(named))
        SigV4Auth(self._keys.get_frozen_credentials(), SERVICE, self._region).add_auth(request)
        return dict(request.headers.items())


@dataclass(frozen=True, slots=True)
class Retry:
    """`tries` in all; the waits between them double from `base_s` to `cap_s` seconds (`pace.Backoff`).

    A Retry-After of the answer is waited out instead, at most `longest_s` seconds.
    """

    tries: int = 5
    base_s: float = 0.2
    cap_s: float = 10.0
    longest_s: float = 60.0


class HttpPoster:
    """Posts to one URL, signed with SigV4 for API Gateway.

    What the cloud takes beside plain single batches it says with every answer of its own (TAKES): nothing
    else is sent before it said so, and of two versions of the cloud that answer in turn the last one counts.
    Where it refuses all the same what an older one does not know, the batches go again, single and plain.
    """

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
        self._takes: frozenset[str] = frozenset()

    @property
    def takes_several(self) -> bool:
        """Whether the cloud takes several feeds in one post."""
        return SEVERAL in self._takes

    def post(self, body: bytes) -> Outcome:
        """Return Accepted, Refused, or after the last try Transient."""
        waits, bounds = Backoff(self._draw), (self._retry.base_s, self._retry.cap_s)

        def wait_after(outcome: Outcome) -> float | None:
            if not isinstance(outcome, Transient):
                return None
            asked_s = outcome.retry_after
            return waits.next(bounds) if asked_s is None else min(asked_s, self._retry.longest_s)

        outcome, tried = repeat(
            lambda: self._once(body), wait_after, self._retry.tries, self._sleep, self._stopped
        )
        return replace(outcome, tries=tried) if isinstance(outcome, Transient) else outcome

    def post_several(self, bodies: Sequence[bytes]) -> list[Outcome] | Outcome:
        """Post the batches of several feeds in one, once; an outcome for each, or the whole post's."""
        body = post_of(bodies)
        answer = self._answer(body)
        if isinstance(answer, Transient):
            return replace(answer, post=post_id(body))
        found = of_feeds(answer.status, answer.body, len(bodies), answer.sent_at, answer.elapsed)
        if isinstance(found, list):
            return [replace(one, post=post_id(body)) for one in found]
        return replace(self._asked_to_wait(found, answer), post=post_id(body))

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _once(self, body: bytes) -> Outcome:
        answer = self._answer(body)
        if isinstance(answer, Transient):
            return answer
        outcome = of_answer(answer.status, answer.body, answer.sent_at, answer.elapsed)
        return self._asked_to_wait(outcome, answer)

    def _answer(self, body: bytes) -> Answer | Transient:
        """Post once, packed where the cloud takes that, and again as it is where it then does not."""
        packed = PACKING in self._takes and len(body) >= PACKS_FROM
        try:
            answer = self._hear(self._http.post(self._url, body, packed=packed))
            if packed and answer.status in OLDER and PACKING not in self._takes:
                answer = self._hear(self._http.post(self._url, body))
        except urllib3.exceptions.HTTPError as error:
            return Transient(f"{type(error).__name__}: {error}")
        return answer

    def _hear(self, answer: Answer) -> Answer:
        """Learn what the cloud takes where its function may have answered, and not what is before it."""
        if answer.status < 300 or answer.status in OLDER:
            said = answer.headers.get(TAKES, "")
            self._takes = frozenset(one.strip() for one in said.split(","))
        return answer

    def _asked_to_wait(self, outcome: Outcome, answer: Answer) -> Outcome:
        if isinstance(outcome, Transient):
            return replace(outcome, retry_after=self._retry_after(answer.headers.get("Retry-After")))
        return outcome

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
