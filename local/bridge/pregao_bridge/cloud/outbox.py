"""What the feeds have to post, several in one post, over a few connections at once.

The loop that owns the feeds never waits for an answer: it begins posts, sends them off when it has been
round, and is woken by answers. A feed has one post on its way at most (`feed.publisher`), so its candles stay
in order; which feeds go together decides nothing else.
"""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from pregao_bridge.batch import MAX_POST_BYTES
from pregao_bridge.cloud.signed import CONNECTIONS, Retry
from pregao_bridge.outcome import Outcome, Refused, Transient
from pregao_bridge.pace import Backoff

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

RETRY = Retry()
PER_POST = 25
"""Feeds in one post: more that close together go side by side, and the first do not wait for the last."""
SINGLY = 300
"""So many batches go by themselves after a post of several failed whole: one of its feeds may be the cause.

That feed then fails alone, and the others are judged: three candles of a hundred feeds.
"""


class Poster(Protocol):
    """Posts to the cloud; see signed.HttpPoster."""

    @property
    def takes_several(self) -> bool:
        """Whether the cloud takes several feeds in one post."""
        ...

    def post(self, body: bytes) -> Outcome:
        """Post one batch, with its tries."""
        ...

    def post_several(self, bodies: Sequence[bytes]) -> list[Outcome] | Outcome:
        """Post several once; an outcome for each, or the whole post's."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class _Letter:
    """A batch on its way, and who waits for what becomes of it."""

    body: bytes
    outcome: Future[Outcome] = field(default_factory=Future)


class Outbox:
    """Takes batches from one thread, posts them from others; `answered` is set with each outcome."""

    def __init__(
        self,
        poster: Poster,
        *,
        retry: Retry = RETRY,
        sleep: Callable[[float], object] = time.sleep,
        draw: Callable[[], float] = random.random,
        stopped: Callable[[], bool] = lambda: False,
        connections: int = CONNECTIONS,
        per_post: int = PER_POST,
        answered: threading.Event | None = None,
    ) -> None:
        """`retry` is for posts of several feeds; `draw` and `stopped` as signed.HttpPoster has them."""
        self._poster, self._retry, self._sleep = poster, retry, sleep
        self._draw, self._stopped = draw, stopped
        self._connections, self._per_post, self._most = connections, per_post, per_post
        self._pile: list[_Letter] = []
        self._threads = ThreadPoolExecutor(connections, thread_name_prefix="post")
        self._out: set[_Letter] = set()
        self._singly = 0
        self.answered = answered or threading.Event()

    def free(self) -> bool:
        """Tell whether nothing is on its way."""
        return all(one.outcome.done() for one in self._out)

    def begin(self, body: bytes) -> Future[Outcome]:
        """Take a batch and return what will become of it; a pile that fills a post is sent off at once."""
        letter = _Letter(body)
        self._pile.append(letter)
        self._out = {one for one in self._out if not one.outcome.done()} | {letter}
        if len(self._pile) >= self._per_post:
            self.send_off()
        return letter.outcome

    def send_off(self) -> None:
        """Post what was begun, those together that fit into one post."""
        pile, self._pile = self._pile, []
        for some in self._sorted(pile):
            try:
                self._threads.submit(self._deliver, some)
            except RuntimeError as error:  # the machine gives no thread: as if the cloud were away
                self._tell(some, Transient(str(error), tries=0))

    @property
    def _joins(self) -> bool:
        """Whether several feeds go in one post."""
        return self._poster.takes_several and not self._singly

    def _sorted(self, pile: list[_Letter]) -> list[list[_Letter]]:
        if self._joins:
            return list(_fitting(pile, self._most))
        return [some for at in range(self._connections) if (some := pile[at :: self._connections])]

    def _deliver(self, some: Sequence[_Letter]) -> None:
        try:
            self._post(list(some))
        except Exception as error:  # noqa: BLE001 a feed that is never answered would never post again
            self._tell(some, Transient(f"{type(error).__name__}: {error}"))

    def _post(self, left: list[_Letter]) -> None:
        tried = False
        while left:
            if len(left) > 1 and self._joins and not tried:
                left, tried = self._together(left), True
            else:
                left = self._first(left)

    def _together(self, left: list[_Letter]) -> list[_Letter]:
        """Post them in one, again those that are not settled; returns what is to be posted singly."""
        waits, all_of_them = Backoff(self._draw), len(left)
        for tried in range(1, self._retry.tries + 1):
            found = self._poster.post_several([one.body for one in left])
            if isinstance(found, Refused) and not found.by_signature:
                self._too_large_for(found, len(left))
                return left  # nobody knows for which of them, or the cloud is an older one
            again = self._settle(left, found if isinstance(found, list) else [found] * len(left))
            left = [one for one, _ in again]
            if not again or not self._goes_on(tried, again[0][1], waits):
                if isinstance(found, Transient) and _failed(found) and len(left) > 1:
                    self._singly = SINGLY
                for one, outcome in again:
                    alone = outcome.alone or len(left) < all_of_them
                    self._tell([one], replace(outcome, tries=tried, alone=alone))
                return []
        return left

    def _settle(
        self, left: Sequence[_Letter], outcomes: Sequence[Outcome]
    ) -> list[tuple[_Letter, Transient]]:
        """Tell what is settled; returns what is to be tried again, and why."""
        again = []
        for one, outcome in zip(left, outcomes, strict=True):
            if isinstance(outcome, Transient):
                again.append((one, outcome))
            else:
                self._tell([one], outcome)
        return again

    def _goes_on(self, tried: int, outcome: Transient, waits: Backoff) -> bool:
        """Wait before another try; False where there is none."""
        if tried == self._retry.tries or self._stopped():
            return False
        asked_s = outcome.retry_after
        wait_s = waits.next((self._retry.base_s, self._retry.cap_s)) if asked_s is None else asked_s
        self._sleep(min(wait_s, self._retry.longest_s))
        return not self._stopped()

    def _first(self, left: list[_Letter]) -> list[_Letter]:
        """Post the first by itself; returns the others.

        None where the cloud is away: they need not try it, too; or where the bridge is to end.
        """
        outcome = self._poster.post(left[0].body)
        if isinstance(outcome, Transient):
            self._tell(left, outcome)
            return []
        self._singly = max(0, self._singly - 1)
        self._tell(left[:1], outcome)
        if self._stopped():
            self._tell(left[1:], Transient("stopped", tries=0))
            return []
        return left[1:]

    def _too_large_for(self, refused: Refused, feeds: int) -> None:
        if refused.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:  # something on the way takes less
            self._most = max(1, feeds // 2)

    def _tell(self, some: Sequence[_Letter], outcome: Outcome) -> None:
        for one in some:
            if not one.outcome.done():
                one.outcome.set_result(outcome)
        self.answered.set()


def _failed(outcome: Transient) -> bool:
    """Tell whether the cloud tried and could not: where it is not reached, or throttles, no feed is why."""
    return outcome.status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _fitting(pile: Sequence[_Letter], most: int) -> Iterator[list[_Letter]]:
    """Yield the letters, as many together as one post takes."""
    some, size = list[_Letter](), 0
    for one in pile:
        if some and (len(some) == most or size + len(one.body) + 64 > MAX_POST_BYTES):
            yield some
            some, size = [], 0
        some.append(one)
        size += len(one.body) + 1
    if some:
        yield some
