"""What became of a post: three values, no exceptions."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TRY_LATER = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
SIGNATURE = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""What comes of an answer that is not the cloud's: something in between may say anything."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Judged: the verdict of each alert ({"id", "verdict"}) and the newest candle's open, epoch seconds UTC.

    `posted_at` is when the request that was answered left, epoch seconds; `elapsed` seconds until its answer.
    `post` is the id of the post in which the batch went, where it went with others.
    """

    accepted: int
    alerts: tuple[Mapping[str, object], ...]
    newest: int
    posted_at: float
    elapsed: float
    post: str | None = None


@dataclass(frozen=True, slots=True)
class FaultyCandle:
    """A candle that the cloud will not judge: its row in the posted window, its open if it had one, why."""

    index: int
    time: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing of the batch was judged, and the same again would be refused again.

    Without its `candles` the rest of the batch would be taken; a refusal without `candles` has its reason
    elsewhere: in the symbol, the clock, the signature.
    """

    status: int
    reasons: tuple[str, ...]
    candles: tuple[FaultyCandle, ...] = ()
    post: str | None = None

    @property
    def by_signature(self) -> bool:
        """Whether the credentials are refused rather than the candles."""
        return self.status in SIGNATURE


@dataclass(frozen=True, slots=True)
class Transient:
    """Unanswered for now, after `tries` tries; the same again later may do. `retry_after` in seconds.

    `alone`: the cloud answered, and took other feeds of the same post. `status`: the answer's, 0 for none.
    """

    cause: str
    tries: int = 1
    retry_after: float | None = None
    post: str | None = None
    alone: bool = False
    status: int = 0


Outcome = Accepted | Refused | Transient


def of_answer(status: int, body: bytes, posted_at: float, elapsed: float) -> Outcome:
    """Classify an answer by its code."""
    if 200 <= status < 300:
        return _accepted(status, body, posted_at, elapsed)
    if status in TRY_LATER or status >= 500:
        return Transient(f"HTTP {status}", status=status)
    return Refused(status, _reasons(status, body), _candles(body))


def of_feeds(
    status: int, body: bytes, feeds: int, posted_at: float, elapsed: float
) -> list[Outcome] | Outcome:
    """Classify the answer to a post of several feeds: one outcome for each, or one for the whole post."""
    try:
        told = [(int(one["status"]), json.dumps(one).encode()) for one in json.loads(body)["feeds"]]
    except UNREADABLE:
        told = []
    if len(told) != feeds:
        whole = of_answer(status, body, posted_at, elapsed)
        return Transient(f"HTTP {status} without answers") if isinstance(whole, Accepted) else whole
    outcomes = [of_answer(code, said, posted_at, elapsed) for code, said in told]
    alone = not all(isinstance(one, Transient) for one in outcomes)
    return [replace(one, alone=alone) if isinstance(one, Transient) else one for one in outcomes]


def _accepted(status: int, body: bytes, posted_at: float, elapsed: float) -> Accepted | Transient:
    """Read the receipt; a 2xx without one came from something in between, to be tried again."""
    try:
        said = json.loads(body)
        alerts = tuple(said["alerts"])
        return Accepted(int(said["accepted"]), alerts, int(said["newest"]), posted_at, elapsed)
    except UNREADABLE:
        return Transient(f"HTTP {status} without a receipt: {body[:80]!r}")


def _reasons(status: int, body: bytes) -> tuple[str, ...]:
    try:
        said = json.loads(body)
        reasons = said.get("reasons") or [said.get("error") or said["message"]]
        return tuple(str(reason) for reason in reasons)
    except UNREADABLE:
        return (body[:200].decode("utf-8", "replace") or HTTPStatus(status).phrase,)


def _candles(body: bytes) -> tuple[FaultyCandle, ...]:
    try:
        named = json.loads(body).get("candles") or ()
        return tuple(FaultyCandle(int(one["index"]), one["time"], str(one["reason"])) for one in named)
    except UNREADABLE:
        return ()
