"""The key that signs operators' tokens and links, and the one before it, which still verifies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
AGAIN_S = 60.0
"""Shortest time between two reads, so forged tokens do not cause more calls to Secrets Manager."""


def read_secret(client: Any, arn: str, stage: str = CURRENT) -> str:
    """Return the secret's text from Secrets Manager."""
    return str(client.get_secret_value(SecretId=arn, VersionStage=stage)["SecretString"])


class SigningKeys:
    """The keys as they stand; `clock` gives epoch seconds.

    A rotation logs nobody out: what the key before signed is still good. A process lives for hours, so where
    a signature fits neither key the secret is read again: it may have been rotated since.
    """

    def __init__(self, client: Any, arn: str, clock: Callable[[], float]) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self.current = read_secret(client, arn)
        self._read_at = clock()
        self._previous: list[str] | None = None

    def __iter__(self) -> Iterator[str]:
        """Give the keys that may have signed, the likeliest first; further ones are read when asked for."""
        yield self.current
        if self._previous is None:
            self._previous = self._before()
        yield from self._previous
        if self._clock() - self._read_at >= AGAIN_S:
            self.current, self._previous = read_secret(self._client, self._arn), self._before()
            self._read_at = self._clock()
            yield self.current
            yield from self._previous

    def _before(self) -> list[str]:
        try:
            return [read_secret(self._client, self._arn, PREVIOUS)]
        except self._client.exceptions.ResourceNotFoundException:
            return []  # never rotated
